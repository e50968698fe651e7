#pragma once

#include "core/engine/tuners/training_loss.h"
#include "core/export.h"

namespace DSTN_EXPORT dstn {

/// The training loss's second derivatives along the vectors that a power series of the Hessian makes of one
/// start v, at less cost than TrainingLoss.
///
/// On a mini-batch of N examples a linear layer's gradient is δᵀ x with the layer's inputs x [N, in] and the
/// derivatives δ [N, out] with respect to its outputs, and a product with the Hessian is δ̇ᵀ x + δᵀ ẋ, decay
/// apart. So along such a series its part of a vector stays
///
///     P = c V + Aᵀ x + δᵀ Z,   V = v's part, c a number, A [N, out], Z [N, in],
///
/// and c, A and Z are all that is kept of it. Of the six products of the layer's size that a Hessian product
/// takes, the two of δ̇ᵀ x + δᵀ ẋ are never made, and x Pᵀ and δ P are products of N × N matrices:
///
///     x Pᵀ = c (x Vᵀ) + (x xᵀ) A + (x Zᵀ) δ,   δ P = c (δ V) + (δ Aᵀ) x + (δ δᵀ) Z.
///
/// Two of the layer's size are left, and for the network's first layer none. It is exact. It serves layers
/// with N (in + out) < in · out and at most one decay; all others have their tensors as they are.
///
/// A vector here is a list of tensors, its coordinates: sums and multiples of vectors are those of their
/// coordinates, inner products are not.
class FactoredLoss {
  public:
    /// @param v in the order of Network::general()
    FactoredLoss(Problem& problem, const KeptBatch& kept, const std::vector<Tensor>& v);

    /// v's coordinates.
    std::vector<Tensor> start() const;
    /// Those of H p.
    std::vector<Tensor> hessianProduct(const std::vector<Tensor>& p) const;
    /// p · ∂²L_T/∂w∂λ, [H].
    Tensor mixedProduct(const std::vector<Tensor>& p) const;
    /// Products of a layer's size that one pass for second derivatives takes, each layer weighted by its
    /// multiplications: 6 where none is in factors, and where there are layers other than linear ones, whose
    /// share is not known here. A layer in factors takes 2 N in out + 3 N² (in + out) multiplications, the
    /// network's first N² out.
    double products() const;
    /// The vector with these coordinates, in the order of Network::general().
    std::vector<Tensor> vector(const std::vector<Tensor>& p) const;

  private:
    /// A layer in factors; constants but for the first three.
    struct Factored {
        Tensor input;           ///< x with its graph
        Tensor output;          ///< y with its graph
        Tensor delta;           ///< δ with its graph
        Tensor inputDerivative; ///< ∂L/∂x with its graph; undefined: x is the network's input, and Z is none
        Tensor decay;           ///< with its graph; undefined: none
        Tensor weight = {}, start = {};               ///< W, V
        Tensor product = {};                          ///< x Wᵀ
        Tensor x = {}, d = {};                        ///< x and δ
        Tensor inputGram = {}, deltaGram = {};        ///< x xᵀ, δ δᵀ
        Tensor startProduct = {}, startGradient = {}; ///< x Vᵀ, δ V
        bool carries() const { return inputDerivative.defined(); }
    };
    /// A weight's place: the factored layer of this number, or none.
    struct Place {
        std::optional<std::size_t> layer;
        Tensor weight, gradient; ///< of one that is kept as it is; the gradient with its graph
    };
    struct Roots {
        std::vector<Tensor> of, along;
    };
    /// Where back-propagation starts for derivatives along p.
    Roots roots(const std::vector<Tensor>& p) const;

    std::vector<Factored> layers_;
    std::vector<Place> places_;
    std::vector<Tensor> start_; ///< v of the weights that are kept as they are, undefined otherwise
    Tensor lambda_;
};

} // namespace dstn
