#pragma once

#include "core/export.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace DSTN_EXPORT dstn {

enum class SeriesUnit { loss, fraction, perSecond }; ///< a fraction, in [0, 1], is shown in percent
enum class SeriesBetter { lower, higher };
enum class SeriesSplit { train, validation, test };
enum class SeriesCadence { step, epoch };         ///< one point per step, or one per epoch
enum class SeriesPlot { loss, accuracy, itsOwn }; ///< beside which others it is drawn

/// Every metric that a run can report, one row each: identifier, then the members of SeriesInfo. Names are
/// the archive's and never change. Everything else follows from here: enumerator, archive and export columns,
/// best values, titles, plots. A new metric is one row and the line in the engine that samples it.
#define DSTN_SERIES_TABLE(ROW)                                                                               \
    /* of the mini-batch: L_T(λ, w₀), its accuracy, L_T(λ + ε, y_lin), L_V(f(x; w(Δ))) */              \
    ROW(trainLoss, .name = "train/loss", .title = "Training loss, mini-batches",                             \
        .label = "train, mini-batch", .color = 0)                                                            \
    ROW(trainAccuracy, .name = "train/accuracy", .title = "Training accuracy, mini-batches",                 \
        .label = "train, mini-batch", .unit = SeriesUnit::fraction, .better = SeriesBetter::higher,          \
        .plot = SeriesPlot::accuracy, .color = 0)                                                            \
    ROW(responseLoss, .name = "response/loss", .title = "Response loss, mini-batches",                       \
        .label = "response, mini-batch", .color = 3, .shown = false)                                         \
    ROW(validationStepLoss, .name = "validation_step/loss", .title = "Validation loss, mini-batches",        \
        .label = "validation, mini-batch", .split = SeriesSplit::validation, .color = 4, .shown = false)     \
    /* of the epoch: means over its mini-batches, then whole splits at w₀ */                               \
    ROW(epochTrainLoss, .name = "epoch/train_loss", .title = "Training loss", .label = "train, epoch",       \
        .cadence = SeriesCadence::epoch, .color = 5, .compared = true,                                       \
        .perplexity = "epoch/train_perplexity", .perplexityTitle = "Training perplexity")                    \
    ROW(epochTrainAccuracy, .name = "epoch/train_accuracy", .title = "Training accuracy",                    \
        .label = "train, epoch", .unit = SeriesUnit::fraction, .better = SeriesBetter::higher,               \
        .cadence = SeriesCadence::epoch, .plot = SeriesPlot::accuracy, .color = 5)                           \
    ROW(epochValidationLoss, .name = "epoch/validation_loss", .title = "Validation loss",                    \
        .label = "validation", .split = SeriesSplit::validation, .cadence = SeriesCadence::epoch,            \
        .color = 1, .compared = true, .perplexity = "epoch/validation_perplexity",                           \
        .perplexityTitle = "Validation perplexity")                                                          \
    ROW(epochValidationAccuracy, .name = "epoch/validation_accuracy", .title = "Validation accuracy",        \
        .label = "validation", .unit = SeriesUnit::fraction, .better = SeriesBetter::higher,                 \
        .split = SeriesSplit::validation, .cadence = SeriesCadence::epoch, .plot = SeriesPlot::accuracy,     \
        .color = 1, .compared = true)                                                                        \
    ROW(epochTestLoss, .name = "epoch/test_loss", .title = "Test loss", .label = "test",                     \
        .split = SeriesSplit::test, .cadence = SeriesCadence::epoch, .color = 2, .shown = false,             \
        .perplexity = "epoch/test_perplexity", .perplexityTitle = "Test perplexity")                         \
    ROW(epochTestAccuracy, .name = "epoch/test_accuracy", .title = "Test accuracy", .label = "test",         \
        .unit = SeriesUnit::fraction, .better = SeriesBetter::higher, .split = SeriesSplit::test,            \
        .cadence = SeriesCadence::epoch, .plot = SeriesPlot::accuracy, .color = 2, .shown = false)           \
    ROW(throughput, .name = "examples_per_second", .title = "Examples per second",                           \
        .textTitle = "Tokens per second", .unit = SeriesUnit::perSecond, .better = SeriesBetter::higher,     \
        .plot = SeriesPlot::itsOwn, .color = 6)

enum class Series : std::int32_t {
#define DSTN_ROW(id, ...) id,
    DSTN_SERIES_TABLE(DSTN_ROW)
#undef DSTN_ROW
};

/// A row of the table.
struct SeriesInfo {
    Series series = {};
    std::string_view name;           ///< in archives and exports
    std::string_view title;          ///< for display on its own
    std::string_view textTitle = {}; ///< the same for texts, whose examples are tokens; empty: no difference
    std::string_view label = {};     ///< among the curves of its plot; of a plot of its own: the title
    SeriesUnit unit = SeriesUnit::loss;
    SeriesBetter better = SeriesBetter::lower;
    SeriesSplit split = SeriesSplit::train;
    SeriesCadence cadence = SeriesCadence::step;
    SeriesPlot plot = SeriesPlot::loss;
    int color = 0;         ///< of the palette
    bool shown = true;     ///< while its run is watched, unless a person hides it
    bool compared = false; ///< where runs are compared, unless a person hides it
    /// Of a cross-entropy, e^loss for language models: computed where it is shown, never stored. Empty: none.
    std::string_view perplexity = {}, perplexityTitle = {};
};

inline constexpr auto seriesTable = std::to_array<SeriesInfo>({
#define DSTN_ROW(id, ...) {.series = Series::id, __VA_ARGS__},
    DSTN_SERIES_TABLE(DSTN_ROW)
#undef DSTN_ROW
});

constexpr const SeriesInfo& infoOf(Series series) { return seriesTable[static_cast<std::size_t>(series)]; }
constexpr std::string_view seriesName(Series series) { return infoOf(series).name; }
/// The row of this name; null where there is none.
const SeriesInfo* findSeries(std::string_view name);

/// "hyperparameter/NAME", the values of a hyperparameter, natural.
std::string hyperparameterSeries(std::string_view hyperparameter);
/// "scale/NAME", its σ, unconstrained.
std::string scaleSeries(std::string_view hyperparameter);
/// NAME of "hyperparameter/NAME"; nothing for other series.
std::optional<std::string> hyperparameterOf(std::string_view series);
/// NAME of "scale/NAME"; nothing for other series.
std::optional<std::string> hyperparameterOfScale(std::string_view series);

/// The series of a run, by name: the whole table, a hyperparameter's values each, the scales of those that
/// have one.
std::vector<std::string> seriesOfRun(const std::vector<std::string>& hyperparameters,
                                     const std::vector<std::string>& withScale);

} // namespace dstn
