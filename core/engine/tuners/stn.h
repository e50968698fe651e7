#pragma once

#include "core/engine/tuners/delta_stn.h"
#include "core/export.h"

namespace DSTN_EXPORT dstn {

/// Self-Tuning Networks (MacKay et al. 2019): the Δ-STN's predecessor, without its three
/// improvements.
///
/// The response is not centred, W(λ) = W₀ + diag(U λ) R, b(λ) = b₀ + (C λ) ⊙ r, and one loss
/// E_ε L_T(λ + ε, w(λ + ε)) trains w₀ and Θ together, without linearisation. The validation step follows
/// ∇ { L_V(f(x; w(λ + ε))) − τ Σ log(σ √(2πe)) }, ε = σ ⊙ n.
class Stn : public DeltaStn {
  public:
    Stn(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers);
};

} // namespace dstn
