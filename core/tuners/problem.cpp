#include "core/tuners/problem.h"

namespace dstn {

Tensor Objective::loss(const Tensor& outputs, const Tensor& targets) const {
    if (!classification) return at::mse_loss(outputs, targets);
    return at::cross_entropy_loss(outputs.flatten(0, -2), targets.flatten());
}

Tensor Objective::correct(const Tensor& outputs, const Tensor& targets) const {
    return classification ? outputs.detach().argmax(-1).eq(targets).sum() : Tensor();
}

Tensor Problem::augment(const Tensor& inputs, const Tensor& values, at::Generator& generator) const {
    Tensor result = inputs;
    const auto number = [&](const Setting& setting) {
        const Tensor natural = setting.tuned() ? values.select(1, setting.index)
                                               : at::full({1}, setting.value, inputs.options());
        return floorDiscrete(natural).expand({inputs.size(0)});
    };
    for (const CutoutSetting& setting : cutouts)
        result = cutout(result, number(setting.holes), number(setting.length), setting.maxHoles, generator);
    return result;
}

} // namespace dstn
