#include "core/engine/tuners/tuner.h"

#include "core/engine/kernels/dispatch.h"
#include "core/engine/tuners/delta_stn.h"
#include "core/engine/tuners/fixed.h"
#include "core/engine/tuners/hypernetwork.h"
#include "core/engine/tuners/implicit.h"
#include "core/engine/tuners/replay.h"
#include "core/engine/tuners/stn.h"
#include "core/engine/tuners/unrolled.h"
#include "core/error.h"

#include <cmath>
#include <functional>
#include <map>

namespace dstn {

Optimizers::Optimizers(const OptimizersSpec& spec, const Problem& problem)
    : general(spec.general, tensors(problem.network.general())),
      response(spec.response, tensors(problem.network.response())),
      hyperparameters(spec.hyperparameters, {problem.space.lambda()}),
      scales(spec.scales, {problem.space.rawScale()}) {}

Tensor Tuner::lossWithPenalty(const Tensor& outputs, const Targets& targets, Pass& pass) const {
    return problem_.penalizedLoss(outputs, targets, pass);
}

Tensor checked(const Tensor& loss, const char* quantity) {
    if (valueAtHand(loss))
        if (const double value = loss.item<double>(); !std::isfinite(value))
            throw Error(ErrorKind::numeric, notFiniteClause(value, quantity));
    return loss.detach();
}

std::string notFiniteClause(double value, const char* quantity) {
    return std::string("the ") + quantity + " is " + (std::isnan(value) ? "not a number (NaN)" : "infinite");
}

std::unique_ptr<Tuner> makeTuner(Problem& problem, const TunerSpec& spec, const OptimizersSpec& optimizers) {
    using Factory = std::function<std::unique_ptr<Tuner>()>;
    const std::map<std::string, Factory> factories{
        {"delta-stn", [&] { return std::make_unique<DeltaStn>(problem, spec, optimizers); }},
        {"stn", [&] { return std::make_unique<Stn>(problem, spec, optimizers); }},
        {"hypernetwork", [&] { return std::make_unique<Hypernetwork>(problem, spec, optimizers); }},
        {"implicit", [&] { return std::make_unique<Implicit>(problem, spec, optimizers); }},
        {"unrolled", [&] { return std::make_unique<Unrolled>(problem, spec, optimizers); }},
        {"replay", [&] { return std::make_unique<Replay>(problem, spec, optimizers); }},
        {"fixed", [&] { return std::make_unique<Fixed>(problem, spec, optimizers); }},
    };
    const auto found = factories.find(spec.type);
    if (found == factories.end())
        throw Error(ErrorKind::usage, "tuner.type: there is no tuner \"" + spec.type + "\" in this build.");
    return found->second();
}

} // namespace dstn
