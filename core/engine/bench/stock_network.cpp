#include "core/engine/bench/stock_network.h"

#include "core/engine/torch.h"

namespace dstn {

namespace {

namespace nn = torch::nn;

/// relu(branch(x) + shortcut(x)), the shortcut the identity where it is empty.
struct StockResidual : nn::Module {
    StockResidual(nn::Sequential branchModules, nn::Sequential shortcutModules)
        : branch(register_module("branch", std::move(branchModules))),
          shortcut(register_module("shortcut", std::move(shortcutModules))) {}
    Tensor forward(const Tensor& x) {
        return at::relu(branch->forward(x) + (shortcut->is_empty() ? x : shortcut->forward(x)));
    }
    nn::Sequential branch, shortcut;
};

/// Adds a part's module to a network; false where there is none.
class StockBuilder {
  public:
    StockBuilder(const Experiment& experiment, nn::Sequential& network)
        : experiment_(experiment), network_(network) {}

    bool add(const Part& part, const Shape& input) {
        shape_ = input;
        return std::visit([this](const auto& p) { return this->make(p); }, part);
    }

  private:
    double value(const Tunable& tunable) const {
        for (const Hyperparameter& h : experiment_.hyperparameters)
            if (h.name == tunable.hyperparameter) return h.initial;
        return tunable.value;
    }
    template <typename M>
    bool put(M&& module) {
        network_->push_back(std::forward<M>(module));
        return true;
    }

    bool make(const LinearPart& p) {
        return put(nn::Linear(nn::LinearOptions(shape_.back(), p.out).bias(p.bias)));
    }
    bool make(const Conv2dPart& p) {
        return put(nn::Conv2d(nn::Conv2dOptions(shape_[0], p.out, p.kernel)
                                  .stride(p.stride)
                                  .padding(p.padding)
                                  .dilation(p.dilation)
                                  .groups(p.groups)
                                  .bias(p.bias)));
    }
    bool make(const ReluPart&) { return put(nn::ReLU()); }
    bool make(const GeluPart&) { return put(nn::GELU()); }
    bool make(const TanhPart&) { return put(nn::Tanh()); }
    bool make(const MaxPool2dPart& p) {
        return put(nn::MaxPool2d(
            nn::MaxPool2dOptions(p.kernel).stride(p.stride == 0 ? p.kernel : p.stride).padding(p.padding)));
    }
    bool make(const AvgPool2dPart& p) {
        return put(nn::AvgPool2d(
            nn::AvgPool2dOptions(p.kernel).stride(p.stride == 0 ? p.kernel : p.stride).padding(p.padding)));
    }
    bool make(const GlobalAvgPool2dPart&) {
        return put(nn::AdaptiveAvgPool2d(nn::AdaptiveAvgPool2dOptions({1, 1}))) && put(nn::Flatten());
    }
    bool make(const FlattenPart&) { return put(nn::Flatten()); }
    bool make(const DropoutPart& p) { return put(nn::Dropout(value(p.rate))); }
    bool make(const Dropout2dPart& p) { return put(nn::Dropout2d(value(p.rate))); }
    bool make(const BatchNormPart& p) {
        if (shape_.size() == 1)
            return put(nn::BatchNorm1d(nn::BatchNormOptions(shape_[0]).momentum(p.momentum).eps(p.epsilon)));
        return put(nn::BatchNorm2d(nn::BatchNormOptions(shape_[0]).momentum(p.momentum).eps(p.epsilon)));
    }
    bool make(const LayerNormPart& p) {
        const Shape together = shape_.size() == 2 ? Shape{shape_[1]} : shape_;
        return put(nn::LayerNorm(nn::LayerNormOptions(together).eps(p.epsilon)));
    }
    bool make(const ResidualBlockPart& p) {
        const Block block = membersOf(p, shape_[0]);
        const auto sequence = [&](const std::vector<Block::Member>& members) {
            nn::Sequential modules;
            StockBuilder builder(experiment_, modules);
            Model model;
            for (const Block::Member& member : members) model.parts.push_back(member.part);
            const ModelReport report = inspectModel(model, shape_, 0);
            for (std::size_t i = 0; i < members.size(); ++i)
                builder.add(model.parts[i], i == 0 ? shape_ : report.parts[i - 1].output);
            return modules;
        };
        return put(std::make_shared<StockResidual>(sequence(block.branch), sequence(block.shortcut)));
    }
    /// The parts of language models: their carried states and penalties fit no sequence of modules.
    bool make(const auto&) { return false; }

    const Experiment& experiment_;
    nn::Sequential& network_;
    Shape shape_;
};

} // namespace

std::optional<nn::Sequential> stockNetwork(const Experiment& experiment, const Shape& input) {
    const std::vector<Part>& parts = experiment.model.parts;
    const ModelReport report = inspectModel(experiment.model, input, 0);
    nn::Sequential network;
    StockBuilder builder(experiment, network);
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (i >= report.parts.size() || !builder.add(parts[i], i == 0 ? input : report.parts[i - 1].output))
            return {};
    return network;
}

} // namespace dstn
