#include "core/models/network.h"

#include "core/error.h"
#include "core/response/dropout.h"
#include "core/response/elementwise.h"
#include "core/response/normalization.h"
#include "core/response/pooling.h"

#include <utility>

namespace dstn {

namespace {

template <typename... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

kernels::PoolShape poolShape(const auto& part) {
    return {part.kernel, part.stride == 0 ? part.kernel : part.stride, part.padding};
}

/// How many parts after `place` the affine layer there can take into itself, and as what.
std::pair<Tail, std::size_t> findTail(const std::vector<Part>& parts, std::size_t place) {
    if (place + 1 >= parts.size() || !std::holds_alternative<ReluPart>(parts[place + 1])) return {{}, 0};
    if (place + 2 < parts.size())
        if (const auto* pool = std::get_if<MaxPool2dPart>(&parts[place + 2]))
            return {{.relu = true, .pool = poolShape(*pool)}, 2};
    return {{.relu = true, .pool = {}}, 1};
}

} // namespace

std::vector<Tensor> tensors(const NamedTensors& named) {
    std::vector<Tensor> result;
    for (const auto& [name, tensor] : named) result.push_back(tensor);
    return result;
}

Network::Network(const Model& model, const Options& options) {
    const ModelReport report = inspectModel(model, options.input, options.hyperparameters);
    if (!report.ok) {
        const std::size_t last = report.parts.empty() ? 0 : report.parts.size() - 1;
        throw Error(ErrorKind::usage,
                    "model.parts[" + std::to_string(last) + "]: " +
                        (report.parts.empty() ? "the model has no parts" : report.parts[last].mistake));
    }
    at::Generator generator = at::detail::createCPUGenerator(options.seed);
    const std::int64_t h = options.hyperparameters;
    const auto resolve = [&](const std::vector<Tunable>& tunables) {
        std::vector<Setting> settings;
        for (const Tunable& tunable : tunables) settings.push_back(options.resolve(tunable));
        return settings;
    };

    Shape shape = options.input;
    for (std::size_t place = 0; place < model.parts.size(); ++place) {
        const auto [tail, taken] =
            options.fuse ? findTail(model.parts, place) : std::pair<Tail, std::size_t>{{}, 0};
        const auto affine = [&](std::unique_ptr<Affine> layer, const std::vector<Tunable>& own) {
            layer->setTail(tail);
            if (!own.empty()) layer->addDecay(resolve(own));
            if (!options.weightDecay.empty()) layer->addDecay(resolve(options.weightDecay));
            return std::pair<std::unique_ptr<Layer>, std::size_t>{std::move(layer), taken};
        };
        const auto single = [](std::unique_ptr<Layer> layer) {
            return std::pair<std::unique_ptr<Layer>, std::size_t>{std::move(layer), 0};
        };
        auto [layer, swallowed] = std::visit(
            Overloaded{
                [&](const LinearPart& part) {
                    return affine(std::make_unique<Linear>(part, shape[0], h, generator), part.weightDecay);
                },
                [&](const Conv2dPart& part) {
                    return affine(std::make_unique<Conv2d>(part, shape[0], h, generator), part.weightDecay);
                },
                [&](const ReluPart&) { return single(std::make_unique<Relu>()); },
                [&](const GeluPart&) { return single(std::make_unique<Gelu>()); },
                [&](const TanhPart&) { return single(std::make_unique<Tanh>()); },
                [&](const MaxPool2dPart& part) {
                    return single(std::make_unique<MaxPool2d>(poolShape(part)));
                },
                [&](const AvgPool2dPart& part) {
                    return single(std::make_unique<AvgPool2d>(poolShape(part)));
                },
                [&](const FlattenPart&) { return single(std::make_unique<Flatten>()); },
                [&](const DropoutPart& part) {
                    return single(
                        std::make_unique<Dropout>(options.resolve(part.rate), Dropout::Unit::element));
                },
                [&](const Dropout2dPart& part) {
                    return single(
                        std::make_unique<Dropout>(options.resolve(part.rate), Dropout::Unit::channel));
                },
                [&](const BatchNormPart& part) {
                    return single(
                        std::make_unique<BatchNorm>(shape[0], part.momentum, part.epsilon, h, generator));
                },
                [&](const LayerNormPart& part) {
                    return single(std::make_unique<LayerNorm>(shape, part.epsilon));
                },
            },
            model.parts[place]);
        const auto collect = [&](const NamedTensors& from, NamedTensors& into) {
            for (const auto& [name, tensor] : from) {
                // In place, so that the layer's handle sees the conversion.
                const at::NoGradGuard guard;
                Tensor handle = tensor;
                handle.set_data(tensor.to(options.device, options.dtype));
                into.emplace_back(std::to_string(place) + "." + name, handle);
            }
        };
        collect(layer->general(), general_);
        collect(layer->response(), response_);
        collect(layer->buffers(), buffers_);
        layers_.push_back(std::move(layer));
        place += swallowed;
        shape = report.parts[place].output;
    }
    for (auto& [name, tensor] : general_) tensor.requires_grad_(true);
    for (auto& [name, tensor] : response_) tensor.requires_grad_(true);
}

Tensor Network::forward(Tensor x, Pass& pass) {
    for (const auto& layer : layers_) x = layer->forward(x, pass);
    return x;
}

Dual Network::forward(Dual x, Pass& pass) {
    for (const auto& layer : layers_) x = layer->forward(x, pass);
    return x;
}

Tensor Network::penalty(Pass& pass) {
    Tensor total;
    for (const auto& layer : layers_) {
        const Tensor term = layer->penalty(pass);
        if (term.defined()) total = total.defined() ? total + term : term;
    }
    return total;
}

} // namespace dstn
