#pragma once

#include "core/engine/tuners/problem.h"
#include "core/export.h"

#include <optional>

namespace DSTN_EXPORT dstn {

/// A training mini-batch with the randomness of its step, kept to recompute the step's loss.
class KeptBatch {
  public:
    /// Shares the batch's tensors, copies its recurrent states and the generator as it stands.
    KeptBatch(const Batch& batch, const at::Generator& generator);

    /// Valid while this exists.
    Batch batch() const;
    /// A generator that draws what the step drew.
    at::Generator generator() const { return generator_.clone(); }

    /// Under their own names; load() restores them. Throws Error{archive} where one is missing.
    NamedTensors state() const;
    static KeptBatch load(const NamedTensors& state, at::Device device);

  private:
    KeptBatch() = default;
    Tensor inputs_, targets_;
    std::optional<Carry> before_;
    at::Generator generator_;
};

/// L_T(λ, w₀) on one mini-batch with one draw of masks and augmentation, as a function that is differentiated
/// twice by w₀, and once by λ and once by w₀.
///
/// The gradient g = ∇_w L_T is made once, with its graph; every product with second derivatives is one pass
/// back through that graph (Pearlmutter 1994): six products of a layer's size. Batch normalisation is that of
/// the batch.
class TrainingLoss {
  public:
    struct Options {
        bool trackStatistics = false; ///< this is a training step's own pass: running statistics follow
        Carry* after = nullptr;       ///< receives the recurrent states at the batch's end
    };
    /// Draws from `generator`. The weights must not change while this exists.
    TrainingLoss(Problem& problem, const Batch& batch, at::Generator generator, Options options);
    TrainingLoss(Problem& problem, const KeptBatch& kept)
        : TrainingLoss(problem, kept.batch(), kept.generator(), Options()) {}

    const Tensor& value() const { return value_; }     ///< scalar, without a graph
    const Tensor& outputs() const { return outputs_; } ///< of the network, without a graph
    /// g, in the order of Network::general(), without a graph.
    std::vector<Tensor> gradient() const;

    struct Products {
        std::vector<Tensor> hessian; ///< H p, H = ∂²L_T/∂w∂w
        Tensor mixed;                ///< p · ∂²L_T/∂w∂λ, [H]
    };
    /// @param p in the order of Network::general()
    Products products(const std::vector<Tensor>& p) const;
    std::vector<Tensor> hessianProduct(const std::vector<Tensor>& p) const;
    Tensor mixedProduct(const std::vector<Tensor>& p) const;
    /// H p + ∂²L_T/∂w∂λ_h: how g changes as w moves along p and λ along its coordinate h.
    std::vector<Tensor> change(const std::vector<Tensor>& p, std::int64_t h) const;

  private:
    /// Derivatives of ⟨g, p⟩ + (∂L_T/∂λ)_h by `inputs`; zeros where there are none. h < 0: without the second
    /// term.
    std::vector<Tensor> back(const std::vector<Tensor>& p, std::int64_t h,
                             const std::vector<Tensor>& inputs) const;

    std::vector<Tensor> weights_;
    Tensor lambda_;
    Tensor value_, outputs_;
    std::vector<Tensor> gradient_; ///< with graph; undefined where L_T does not depend on a weight
    Tensor byLambda_;              ///< ∂L_T/∂λ with graph; undefined where it does not depend on λ
};

/// L_T(λ, w₀) with the graph that TrainingLoss differentiates.
struct GraphedLoss {
    Tensor loss, outputs;
};
/// @param noted where linear layers record their products and treat their weights as constants; null: they do
/// not
GraphedLoss graphedLoss(Problem& problem, const Batch& batch, at::Generator generator,
                        TrainingLoss::Options options, std::vector<NotedProduct>* noted = nullptr);

/// ∇_w L_V(w₀) of a validation mini-batch, dropout and augmentation off.
struct ValidationGradient {
    Tensor loss; ///< scalar, without a graph
    std::vector<Tensor> gradient;
};
ValidationGradient validationGradient(Problem& problem, const Batch& batch);

// Vectors in the space of all weights.

/// ⟨a, b⟩, a scalar on the device.
Tensor dot(const std::vector<Tensor>& a, const std::vector<Tensor>& b);
/// a ← a + factor · b, in place.
void addTo(std::vector<Tensor>& a, const std::vector<Tensor>& b, double factor);
std::vector<Tensor> scaled(const std::vector<Tensor>& a, double factor);
std::vector<Tensor> zerosLike(const std::vector<Tensor>& a);

/// The tensor of this name. Throws Error{archive} if there is none, or its shape differs from `like`.
const Tensor& savedTensor(const NamedTensors& state, const std::string& name, const Tensor& like = {});
/// The tensors whose names begin with `prefix`, under the rest of their names.
NamedTensors withPrefix(const NamedTensors& state, const std::string& prefix);

} // namespace dstn
