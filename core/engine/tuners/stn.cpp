#include "core/engine/tuners/stn.h"

namespace dstn {

static TunerSpec withoutImprovements(const TunerSpec& spec) {
    TunerSpec stn = spec;
    stn.options.emplace<DeltaStnOptions>(DeltaStnOptions{.centered = false, .separate = false});
    stn.linearize = stn.sharePrimal = false;
    return stn;
}

Stn::Stn(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers)
    : DeltaStn(problem, withoutImprovements(spec), optimizers) {}

template <>
std::unique_ptr<Tuner> tunerOf<StnOptions>(Problem& problem, const TunerSpec& spec,
                                           const OptimizersSpec& optimizers) {
    return std::make_unique<Stn>(problem, spec, optimizers);
}

} // namespace dstn
