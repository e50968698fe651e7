#include "ui/setup/model_templates.h"

#include "core/experiment/part_fields.h"
#include "ui/forms/tunable_places.h"

namespace dstn::ui {

/// Units of the linear layer between SimpleCNN's convolutions and its output.
static constexpr std::int64_t simpleCnnHidden = 1568;

static std::int64_t outputsOf(const Model& model) {
    for (auto part = model.parts.rbegin(); part != model.parts.rend(); ++part)
        if (const auto* linear = std::get_if<LinearPart>(&*part)) return linear->out;
    return 1;
}

void applyTemplate(Experiment& experiment, const ModelTemplate& which, const std::optional<DataInfo>& data) {
    using Kind = ModelTemplate::Kind;
    const Experiment before = experiment;
    const std::int64_t outputs = data ? data->outputs : outputsOf(before.model);
    const bool image =
        data ? data->input.size() == 3
             : !before.model.parts.empty() && !std::holds_alternative<LinearPart>(before.model.parts.front());

    std::vector<Part> parts;
    std::vector<std::string> rates;
    int count = 0;
    const auto drop = [&](bool channels, std::string name) {
        if (!which.dropout || which.kind == Kind::linear) return;
        rates.push_back(name);
        if (channels)
            parts.emplace_back(Dropout2dPart{.rate = {.hyperparameter = std::move(name)}});
        else
            parts.emplace_back(DropoutPart{.rate = {.hyperparameter = std::move(name)}});
    };
    const auto lock = [&](std::string name) {
        if (!which.dropout) return;
        rates.push_back(name);
        parts.emplace_back(LockedDropoutPart{.rate = {.hyperparameter = std::move(name)}});
    };
    const auto numbered = [&count] { return "dropout" + std::to_string(count++); };

    if (which.kind == Kind::lstm) {
        parts.emplace_back(EmbeddingPart{.width = which.widths.back()});
        lock("input_dropout");
        for (std::size_t layer = 0; layer < which.widths.size(); ++layer) {
            const bool last = layer + 1 == which.widths.size();
            parts.emplace_back(LstmPart{.hidden = which.widths[layer]});
            lock(last ? "output_dropout" : "hidden_dropout" + std::to_string(layer));
        }
        parts.emplace_back(TiedLinearPart{});
    } else if (which.kind == Kind::simpleCnn) {
        for (const std::int64_t width : which.widths) {
            drop(true, numbered());
            parts.emplace_back(Conv2dPart{.out = width, .kernel = 5, .padding = 2});
            parts.emplace_back(ReluPart{});
            parts.emplace_back(MaxPool2dPart{});
        }
        drop(true, numbered());
        parts.emplace_back(FlattenPart{});
        parts.emplace_back(LinearPart{.out = simpleCnnHidden});
        parts.emplace_back(ReluPart{});
        drop(false, "dropout_fc");
    } else {
        if (image) parts.emplace_back(FlattenPart{});
        if (which.kind == Kind::mlp)
            for (const std::int64_t width : which.widths) {
                drop(false, numbered());
                parts.emplace_back(LinearPart{.out = width});
                parts.emplace_back(ReluPart{});
            }
        if (which.kind == Kind::mlp) drop(false, numbered());
    }
    if (which.kind != Kind::lstm) parts.emplace_back(LinearPart{.out = outputs});

    experiment.model.parts = std::move(parts);
    for (const std::string& rate : rates) declareHyperparameter(experiment, rate, rateKind);
    removeUnused(experiment, before);
}

} // namespace dstn::ui
