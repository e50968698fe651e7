#include "core/models/network.h"

#include "core/error.h"
#include "core/response/activation_penalty.h"
#include "core/response/dropout.h"
#include "core/response/elementwise.h"
#include "core/response/embedding.h"
#include "core/response/lstm.h"
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

Network::Network(const Model& model, const Options& options)
    : options_(at::TensorOptions(options.dtype).device(options.device)) {
    const ModelReport report =
        inspectModel(model, options.input, options.hyperparameters, options.vocabulary);
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
    std::shared_ptr<Embedding> embedding;
    for (std::size_t place = 0; place < model.parts.size(); ++place) {
        const auto [tail, taken] =
            options.fuse ? findTail(model.parts, place) : std::pair<Tail, std::size_t>{{}, 0};
        using Made = std::pair<std::shared_ptr<Layer>, std::size_t>;
        const auto affine = [&](std::shared_ptr<Affine> layer, const std::vector<Tunable>& own) {
            layer->setTail(tail);
            if (!own.empty()) layer->addDecay(resolve(own));
            if (!options.weightDecay.empty()) layer->addDecay(resolve(options.weightDecay));
            return Made{std::move(layer), taken};
        };
        const auto single = [](std::shared_ptr<Layer> layer) { return Made{std::move(layer), 0}; };
        const auto decays = [&](auto& layer, const std::vector<Tunable>& own) {
            for (const std::vector<Tunable>* each : {&own, &options.weightDecay})
                for (const Setting& setting : resolve(*each)) layer.addDecay(setting);
        };
        const auto put = [&](const std::string& name, const std::shared_ptr<Layer>& layer) {
            const auto collect = [&](const NamedTensors& from, NamedTensors& into) {
                for (const auto& [key, tensor] : from) {
                    // In place, so that the layer's handle sees the conversion.
                    const at::NoGradGuard guard;
                    Tensor handle = tensor;
                    handle.set_data(tensor.to(options.device, options.dtype));
                    into.emplace_back(name + "." + key, handle);
                }
            };
            collect(layer->general(), general_);
            collect(layer->response(), response_);
            collect(layer->buffers(), buffers_);
            layers_.push_back(layer);
        };
        auto [layer, swallowed] = std::visit(
            Overloaded{
                [&](const LinearPart& part) {
                    return affine(std::make_shared<Linear>(part, shape.back(), h, generator), part.weightDecay);
                },
                [&](const Conv2dPart& part) {
                    return affine(std::make_shared<Conv2d>(part, shape[0], h, generator), part.weightDecay);
                },
                [&](const ReluPart&) { return single(std::make_shared<Relu>()); },
                [&](const GeluPart&) { return single(std::make_shared<Gelu>()); },
                [&](const TanhPart&) { return single(std::make_shared<Tanh>()); },
                [&](const MaxPool2dPart& part) {
                    return single(std::make_shared<MaxPool2d>(poolShape(part)));
                },
                [&](const AvgPool2dPart& part) {
                    return single(std::make_shared<AvgPool2d>(poolShape(part)));
                },
                [&](const FlattenPart&) { return single(std::make_shared<Flatten>()); },
                [&](const DropoutPart& part) {
                    return single(
                        std::make_shared<Dropout>(options.resolve(part.rate), Dropout::Unit::element));
                },
                [&](const Dropout2dPart& part) {
                    return single(
                        std::make_shared<Dropout>(options.resolve(part.rate), Dropout::Unit::channel));
                },
                [&](const BatchNormPart& part) {
                    return single(
                        std::make_shared<BatchNorm>(shape[0], part.momentum, part.epsilon, h, generator));
                },
                [&](const LockedDropoutPart& part) {
                    return single(
                        std::make_shared<Dropout>(options.resolve(part.rate), Dropout::Unit::locked));
                },
                [&](const EmbeddingPart& part) {
                    embedding = std::make_shared<Embedding>(part, options.vocabulary,
                                                            options.resolve(part.rate), h, generator);
                    decays(*embedding, part.weightDecay);
                    return single(embedding);
                },
                [&](const LstmPart& part) {
                    std::int64_t in = shape.back();
                    for (std::int64_t i = 0;; ++i) {
                        auto lstm = std::make_shared<Lstm>(in, part.hidden, options.resolve(part.dropConnect),
                                                           recurrent_.size(), h, generator);
                        recurrent_.push_back(part.hidden);
                        decays(*lstm, part.weightDecay);
                        if (i + 1 == part.layers) return single(std::move(lstm));
                        put(std::to_string(place) + ".below" + std::to_string(i), lstm);
                        put("", std::make_shared<Dropout>(options.resolve(part.rate), Dropout::Unit::locked));
                        in = part.hidden;
                    }
                },
                [&](const TiedLinearPart&) {
                    return single(std::make_shared<TiedLinear>(embedding, h, generator));
                },
                [&](const ActivationRegularizationPart& part) {
                    return single(std::make_shared<ActivationPenalty>(options.resolve(part.strength),
                                                                      ActivationPenalty::Kind::magnitude));
                },
                [&](const TemporalActivationRegularizationPart& part) {
                    return single(std::make_shared<ActivationPenalty>(options.resolve(part.strength),
                                                                      ActivationPenalty::Kind::changeInTime));
                },
                [&](const LayerNormPart& part) {
                    return single(std::make_shared<LayerNorm>(shape, part.epsilon));
                },
            },
            model.parts[place]);
        put(std::to_string(place), layer);
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

Tensor Network::linearized(const Tensor& x, Pass& pass) {
    Dual dual{x, {}};
    for (std::size_t i = 0; i + 1 < layers_.size(); ++i) dual = layers_[i]->forward(dual, pass);
    return layers_.back()->linearized(dual, pass);
}

Carry Network::start(std::int64_t batch) const {
    Carry carry;
    for (const std::int64_t hidden : recurrent_)
        for (int state = 0; state < 2; ++state) carry.states.push_back(at::zeros({batch, hidden}, options_));
    return carry;
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
