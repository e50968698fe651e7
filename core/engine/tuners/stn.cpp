#include "core/engine/tuners/stn.h"

#include <utility>

namespace dstn {

static TunerSpec withoutImprovements(TunerSpec spec) {
    spec.centered = spec.separate = spec.linearize = spec.sharePrimal = false;
    return spec;
}

Stn::Stn(Problem& problem, TunerSpec spec, const OptimizersSpec& optimizers)
    : DeltaStn(problem, withoutImprovements(std::move(spec)), optimizers) {}

} // namespace dstn
