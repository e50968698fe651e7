#include "core/engine/tuners/tuner.h"

#include "core/engine/kernels/dispatch.h"
#include "core/error.h"
#include "core/spec/tuner_rows.h"

#include <cmath>

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
    return std::visit(
        [&]<class Options>(const Options&) -> std::unique_ptr<Tuner> {
            if constexpr (tunerRow<Options>.searches())
                throw Error(ErrorKind::usage, "tuner.type: there is no tuner \"" +
                                                  std::string(traitsOf(spec).id) + "\" in this build.");
            else
                return tunerOf<Options>(problem, spec, optimizers);
        },
        spec.options);
}

} // namespace dstn
