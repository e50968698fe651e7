#include "core/engine/layers/network.h"

#include "core/engine/layers/autocast.h"
#include "core/engine/layers/embedding.h"
#include "core/engine/layers/lstm.h"
#include "core/engine/layers/normalization.h"
#include "core/engine/layers/pooling.h"
#include "core/engine/layers/residual.h"
#include "core/error.h"

#include <utility>

namespace dstn {

namespace {

template <typename... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

/// How many parts after `place` the affine layer or batch norm there can take into itself, and as what.
std::pair<Tail, std::size_t> findTail(const std::vector<Part>& parts, std::size_t place) {
    if (place + 1 >= parts.size() || !std::holds_alternative<ReluPart>(parts[place + 1])) return {{}, 0};
    if (place + 2 < parts.size())
        if (const auto* pool = std::get_if<MaxPool2dPart>(&parts[place + 2]))
            return {{.relu = true, .pool = poolShape(*pool)}, 2};
    return {{.relu = true, .pool = {}}, 1};
}

/// Makes layers of parts, drawing their weights in the parts' order.
class Builder {
  public:
    explicit Builder(const Network::Options& options)
        : options_(options), generator_(at::detail::createCPUGenerator(options.seed)) {}

    /// @param members the parts with their layers' names; a part that another takes into itself has none
    std::vector<NamedLayer> sequence(const std::vector<Block::Member>& members, const Shape& input) {
        Model model;
        for (const Block::Member& member : members) model.parts.push_back(member.part);
        const ModelReport report = inspectModel(model, input, options_.hyperparameters, options_.vocabulary);
        std::vector<NamedLayer> layers;
        for (std::size_t place = 0; place < members.size(); ++place) {
            const Shape& shape = place == 0 ? input : report.parts[place - 1].output;
            const auto [tail, taken] =
                options_.fuse ? findTail(model.parts, place) : std::pair<Tail, std::size_t>{{}, 0};
            auto [layer, swallowed] = make(model.parts[place], shape, tail, taken);
            layers.push_back({members[place].name, std::move(layer)});
            place += swallowed;
        }
        return layers;
    }

    /// Hidden units of the recurrent layers made so far.
    const std::vector<std::int64_t>& recurrent() const { return recurrent_; }

  private:
    using Made = std::pair<std::shared_ptr<Layer>, std::size_t>; // and how many parts it takes into itself

    std::vector<Setting> resolve(const std::vector<Tunable>& tunables) const {
        std::vector<Setting> settings;
        for (const Tunable& tunable : tunables) settings.push_back(options_.resolve(tunable));
        return settings;
    }

    Made make(const Part& part, const Shape& shape, const Tail& tail, std::size_t taken) {
        const std::int64_t h = options_.hyperparameters;
        const auto affine = [&](std::shared_ptr<Affine> layer, const std::vector<Tunable>& own) {
            layer->setTail(tail);
            if (!own.empty()) layer->addDecay(resolve(own));
            if (!options_.weightDecay.empty()) layer->addDecay(resolve(options_.weightDecay));
            return Made{std::move(layer), taken};
        };
        const auto single = [](std::shared_ptr<Layer> layer) { return Made{std::move(layer), 0}; };
        const auto decays = [&](auto& to, const std::vector<Tunable>& own) {
            for (const std::vector<Tunable>* each : {&own, &options_.weightDecay})
                for (const Setting& setting : resolve(*each)) to.addDecay(setting);
        };
        return std::visit(
            Overloaded{
                [&](const LinearPart& p) {
                    return affine(std::make_shared<Linear>(p, shape.back(), h, generator_), p.weightDecay);
                },
                [&](const Conv2dPart& p) {
                    return affine(std::make_shared<Conv2d>(p, shape[0], h, generator_), p.weightDecay);
                },
                [&](const EmbeddingPart& p) {
                    embedding_ = std::make_shared<Embedding>(p, options_.vocabulary, options_.resolve(p.rate),
                                                             h, generator_);
                    decays(*embedding_, p.weightDecay);
                    return single(embedding_);
                },
                [&](const LstmPart& p) {
                    auto layer =
                        std::make_shared<Lstm>(shape.back(), p.hidden, options_.resolve(p.dropConnect),
                                               recurrent_.size(), h, generator_);
                    recurrent_.push_back(p.hidden);
                    decays(*layer, p.weightDecay);
                    return single(std::move(layer));
                },
                [&](const TiedLinearPart&) {
                    return single(std::make_shared<TiedLinear>(embedding_, h, generator_));
                },
                [&](const BatchNormPart& p) {
                    auto layer = std::make_shared<BatchNorm>(shape[0], p.momentum, p.epsilon, h, generator_);
                    layer->setTail(tail);
                    for (const Setting& decay : resolve(p.weightDecay)) layer->setDecay(decay);
                    return Made{std::move(layer), taken};
                },
                [&](const LayerNormPart& p) {
                    auto layer = std::make_shared<LayerNorm>(shape, p.epsilon, h, generator_);
                    for (const Setting& decay : resolve(p.weightDecay)) layer->setDecay(decay);
                    return single(std::move(layer));
                },
                [&](const ResidualBlockPart& p) {
                    const Block block = membersOf(p, shape[0]);
                    std::vector<NamedLayer> branch = sequence(block.branch, shape);
                    return single(
                        std::make_shared<Residual>(std::move(branch), sequence(block.shortcut, shape)));
                },
                [&](const auto& p) {
                    return single(layerOf(p, {.input = shape,
                                              .hyperparameters = h,
                                              .generator = generator_,
                                              .resolve = options_.resolve}));
                },
            },
            part);
    }

    const Network::Options& options_;
    at::Generator generator_;
    std::shared_ptr<Embedding> embedding_;
    std::vector<std::int64_t> recurrent_;
};

/// The parts with their layers' names. Several layers of an LSTM are parts of their own, with dropout
/// between.
std::vector<Block::Member> membersOf(const Model& model) {
    std::vector<Block::Member> members;
    for (std::size_t place = 0; place < model.parts.size(); ++place) {
        const std::string name = std::to_string(place);
        const auto* lstm = std::get_if<LstmPart>(&model.parts[place]);
        if (lstm == nullptr || lstm->layers == 1) {
            members.push_back({name, model.parts[place]});
            continue;
        }
        for (std::int64_t i = 0; i < lstm->layers; ++i) {
            LstmPart layer = *lstm;
            layer.layers = 1;
            if (i > 0)
                members.push_back({name + ".dropout" + std::to_string(i), LockedDropoutPart{lstm->rate}});
            members.push_back({name + "." + std::to_string(i), layer});
        }
    }
    return members;
}

} // namespace

std::vector<Tensor> tensors(const NamedTensors& named) {
    std::vector<Tensor> result;
    for (const auto& [name, tensor] : named) result.push_back(tensor);
    return result;
}

Network::Network(const Model& model, const Options& options)
    : options_(at::TensorOptions(options.dtype).device(options.device)), autocast_(options.autocast) {
    const ModelReport report =
        inspectModel(model, options.input, options.hyperparameters, options.vocabulary);
    if (!report.ok) {
        const std::size_t last = report.parts.empty() ? 0 : report.parts.size() - 1;
        throw Error(ErrorKind::usage,
                    "model.parts[" + std::to_string(last) + "]: " +
                        (report.parts.empty() ? "the model has no parts" : report.parts[last].mistake));
    }
    Builder builder(options);
    layers_ = builder.sequence(membersOf(model), options.input);
    recurrent_ = builder.recurrent();
    for (const auto& [place, layer] : layers_) {
        const auto collect = [&](const NamedTensors& from, NamedTensors& into) {
            for (const auto& [name, tensor] : from) {
                // In place, so that the layer's handle sees the conversion.
                const at::NoGradGuard guard;
                Tensor handle = tensor;
                handle.set_data(tensor.to(options.device, options.dtype));
                into.emplace_back(place + "." + name, handle);
            }
        };
        collect(layer->general(), general_);
        collect(layer->response(), response_);
        collect(layer->buffers(), buffers_);
    }
    for (auto& [name, tensor] : general_) tensor.requires_grad_(true);
    for (auto& [name, tensor] : response_) tensor.requires_grad_(true);
}

Tensor Network::forward(Tensor x, Pass& pass) {
    const AutocastScope scope(autocast_, options_.device());
    for (const auto& [name, layer] : layers_) x = layer->forward(x, pass);
    return inFull(x);
}

Dual Network::forward(Dual x, Pass& pass) {
    const AutocastScope scope(autocast_, options_.device());
    for (const auto& [name, layer] : layers_) x = layer->forward(x, pass);
    return {inFull(x.primal), inFull(x.tangent)};
}

Tensor Network::inFull(const Tensor& x) const {
    return x.defined() && x.is_floating_point() ? x.to(c10::typeMetaToScalarType(options_.dtype())) : x;
}

Tensor Network::linearized(const Tensor& x, Pass& pass) {
    const AutocastScope scope(autocast_, options_.device());
    Dual dual{x, {}};
    for (std::size_t i = 0; i + 1 < layers_.size(); ++i) dual = layers_[i].layer->forward(dual, pass);
    return inFull(layers_.back().layer->linearized(dual, pass));
}

Weights Network::moved(const Tensor& delta) const {
    Weights weights;
    auto own = general_.begin();
    for (const auto& [name, layer] : layers_)
        for (const auto& [key, tensor] : layer->moved(delta))
            weights.emplace((own++)->second.unsafeGetTensorImpl(), tensor);
    return weights;
}

Carry Network::start(std::int64_t batch) const {
    Carry carry;
    for (const std::int64_t hidden : recurrent_)
        for (int state = 0; state < 2; ++state) carry.states.push_back(at::zeros({batch, hidden}, options_));
    return carry;
}

Tensor Network::penalty(Pass& pass) {
    Tensor total;
    for (const auto& [name, layer] : layers_) {
        const Tensor term = layer->penalty(pass);
        if (term.defined()) total = total.defined() ? total + term : term;
    }
    return total;
}

} // namespace dstn
