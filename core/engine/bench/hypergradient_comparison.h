#pragma once

#include "core/engine/training/training.h"
#include "core/export.h"
#include "core/run/hypergradients.h"

namespace DSTN_EXPORT dstn {

/// The hypergradients of every method at a run's checkpoint, on the same examples:
///
///     delta-stn, stn, hypernetwork   through the response, at Δ = 0: the saved one if the run is of this
///                                    method, otherwise one fitted by training steps at constant λ
///     implicit-cg, implicit-neumann  − p · ∂²L_T/∂w∂λ with (H + γ I) p = ∇_w L_V at the run's weights, and
///     t1-t2                          the same with p = α ∇_w L_V
///     unrolled, reference            through K further training steps, and through many
///
/// with the options that the experiment's tuner has for them, or their defaults. Training steps begin at the
/// optimiser's state of the checkpoint and are the same for all methods.
/// Throws Error{usage} where nothing is tuned, Error{archive} where the checkpoint is not one of such a run,
/// Error{device} where the reference's weights do not fit into memory. A method that is not available here
/// gives the reason in its note.
HypergradientReport compareHypergradients(const Experiment& experiment, const Dataset& dataset,
                                          at::Device device, const Checkpoint& checkpoint,
                                          const HypergradientOptions& options);

} // namespace dstn
