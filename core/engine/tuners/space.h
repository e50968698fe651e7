#pragma once

#include "core/engine/torch.h"
#include "core/export.h"
#include "core/spec/hyperparameter.h"

#include <set>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The tuned hyperparameters as tensors: λ and the raw perturbation scales, both [H] and unconstrained;
/// σ = softplus(raw).
class Space {
  public:
    /// Takes those of `all` with `tune`, in their order.
    /// @param perBatch names of those that have one value for a whole mini-batch
    Space(const std::vector<Hyperparameter>& all, at::ScalarType dtype, at::Device device,
          const std::set<std::string>& perBatch = {});

    std::int64_t size() const { return static_cast<std::int64_t>(tuned_.size()); }
    const std::vector<Hyperparameter>& tuned() const { return tuned_; }

    const Tensor& lambda() const { return lambda_; }
    const Tensor& rawScale() const { return rawScale_; }
    Tensor sigma() const;

    /// ε = σ ⊙ n, [batch, H], differentiable in the raw scales.
    Tensor perturbation(const Tensor& noise) const { return sigma() * noise; }
    /// n ~ N(0, I) [batch, H]; one row for all unless perExample, and one number for all of those that have
    /// one value for a whole mini-batch.
    Tensor noise(std::int64_t batch, bool perExample, at::Generator& generator) const;
    /// Natural values of unconstrained ones, [..., H] → [..., H]; not differentiated.
    Tensor natural(const Tensor& unconstrained) const;
    /// The same, differentiable.
    Tensor differentiableNatural(const Tensor& unconstrained) const;
    /// Σ log(σ √(2πe)): the entropy of the perturbation.
    Tensor entropy() const;

    std::vector<double> unconstrained() const; ///< λ
    std::vector<double> naturalValues() const; ///< of λ
    std::vector<double> sigmas() const;
    /// Moves one coordinate of λ to a natural value.
    void set(std::int64_t index, double natural);

  private:
    std::vector<Hyperparameter> tuned_;
    Tensor lambda_, rawScale_;
    Tensor perBatch_;                               ///< [H] bool; undefined: none is
    Tensor lower_, upper_;                          // bounds of the inner transform
    Tensor isLower_, isUpper_, isInterval_, isLog_; // [H] bool; undefined: none is
};

} // namespace dstn
