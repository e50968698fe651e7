#pragma once

#include "core/experiment/experiment.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace dstn::ui {

/// A network written down in one line.
struct ModelTemplate {
    enum class Kind {
        linear,    ///< one linear layer
        mlp,       ///< linear layers of `widths` with ReLU between
        simpleCnn, ///< convolutions of `widths` channels, 5×5, each with ReLU and 2×2 max pooling, then a
                   ///< hidden linear layer
        lstm ///< for text: an embedding as wide as the last layer, LSTM layers of `widths` units, and an
             ///< output with the embedding's own vectors
    };
    Kind kind = Kind::mlp;
    std::vector<std::int64_t> widths; ///< of the hidden layers; not used by `linear`
    bool dropout = true;              ///< with a tuned rate before each layer; not used by `linear`
};

/// Replaces the model by the template, with as many outputs as the data has (nothing known: as many as now).
/// Declares the rates "dropout0", …, "dropout_fc" (lstm: "input_dropout", "hidden_dropout0", …,
/// "output_dropout"), and takes away hyperparameters that only the old model
/// used.
void applyTemplate(Experiment& experiment, const ModelTemplate& which, const std::optional<DataInfo>& data);

} // namespace dstn::ui
