#pragma once

#include "core/engine/batches/augmentation_pipeline.h"
#include "core/engine/batches/device_data.h"
#include "core/engine/layers/network.h"
#include "core/engine/tuners/space.h"
#include "core/export.h"

namespace DSTN_EXPORT dstn {

/// The loss of both levels, and the share of correct answers: cross-entropy for classification, the mean
/// squared error over batch and outputs for regression.
struct Objective {
    bool classification = true;
    Tensor loss(const Tensor& outputs, const Tensor& targets) const;
    /// The training loss. For classes, with mixup's second target t' and share m, and label smoothing ε over
    /// K classes (Szegedy et al. 2016), of an example's cross-entropies ℓ(k) = −log softmax(outputs)_k: (1 −
    /// ε) (m ℓ(t) + (1 − m) ℓ(t')) + (ε / K) Σ_k ℓ(k), averaged over the batch; the plain loss without
    /// either. For regression the targets are mixed already.
    /// @param outputs [batch, K], or of a text [batch, steps, K]
    /// @param smoothing ε, [batch] or [1]; undefined: none
    Tensor loss(const Tensor& outputs, const Targets& targets, const Tensor& smoothing) const;
    /// The number of correct answers, int64 scalar; undefined for regression.
    Tensor correct(const Tensor& outputs, const Tensor& targets) const;
};

/// The problem that a tuner solves: a network, its hyperparameters, and the training and validation losses.
struct Problem {
    Network network;
    Space space;
    Objective objective;
    AugmentationPipeline augmentation;
    Setting labelSmoothing = {}; ///< ε of the training loss
    /// ε for each example, [batch] or [1]; undefined where there is none.
    Tensor smoothing(const Pass& pass, const Tensor& like) const;
    /// The training loss on the outputs, its label smoothing by the pass's values, plus the penalties where
    /// there are any.
    Tensor penalizedLoss(const Tensor& outputs, const Targets& targets, Pass& pass);
};

} // namespace dstn
