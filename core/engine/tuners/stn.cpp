#include "core/engine/tuners/stn.h"

#include <utility>

namespace dstn {

static TunerSpec withoutImprovements(TunerSpec spec) {
    spec.options = DeltaStnOptions{.centered = false, .separate = false};
    spec.linearize = spec.sharePrimal = false;
    return spec;
}

Stn::Stn(Problem& problem, TunerSpec spec, const OptimizersSpec& optimizers)
    : DeltaStn(problem, withoutImprovements(std::move(spec)), optimizers) {}

template <>
std::unique_ptr<Tuner> tunerOf<StnOptions>(Problem& problem, const TunerSpec& spec,
                                           const OptimizersSpec& optimizers) {
    return std::make_unique<Stn>(problem, spec, optimizers);
}

} // namespace dstn
