#pragma once

#include "core/experiment/experiment_text.h"
#include "core/export.h"
#include "core/spec/data_spec.h"
#include "core/spec/field.h"
#include "core/spec/parts.h"

#include <iterator>
#include <utility>

namespace DSTN_EXPORT dstn {

// The options of data sources and augmentations.

template <class Indices>
inline constexpr bool sourceOptionsOf = false;
template <std::size_t... index>
inline constexpr Option<DataSource> sourceOptionsOf<std::index_sequence<index...>>[] = {
    {sourceTypes[index].source, sourceTypes[index].id}...};
inline constexpr auto& sourceOptions = sourceOptionsOf<std::make_index_sequence<std::size(sourceTypes)>>;
inline constexpr Option<SplitKind> splitOptions[] = {{SplitKind::automatic, "auto"},
                                                     {SplitKind::given, "given"},
                                                     {SplitKind::stratified, "stratified"},
                                                     {SplitKind::random, "random"},
                                                     {SplitKind::tail, "tail"}};
inline constexpr Option<FolderKind> folderOptions[] = {
    {FolderKind::automatic, "auto"}, {FolderKind::parts, "parts"}, {FolderKind::classes, "classes"}};
inline constexpr Option<ChannelOrder> layoutOptions[] = {
    {ChannelOrder::automatic, "auto"}, {ChannelOrder::last, "NHWC"}, {ChannelOrder::first, "NCHW"}};
inline constexpr Option<Normalize> normalizeOptions[] = {
    {Normalize::unit, "unit"}, {Normalize::standardize, "standardize"}, {Normalize::none, "none"}};
inline constexpr Option<TaskKind> taskOptions[] = {{TaskKind::automatic, "auto"},
                                                   {TaskKind::classification, "classification"},
                                                   {TaskKind::regression, "regression"}};
inline constexpr Option<Header> headerOptions[] = {
    {Header::automatic, "auto"}, {Header::present, "true"}, {Header::absent, "false"}};
inline constexpr Option<DecimalMark> decimalOptions[] = {
    {DecimalMark::automatic, "auto"}, {DecimalMark::point, "point"}, {DecimalMark::comma, "comma"}};
inline constexpr Option<OnMissing> onMissingOptions[] = {
    {OnMissing::refuse, "refuse"}, {OnMissing::drop, "drop"}, {OnMissing::mean, "mean"}};
inline constexpr Option<TextLevel> levelOptions[] = {{TextLevel::word, "word"},
                                                     {TextLevel::character, "character"}};
inline constexpr std::int64_t largestSynthetic = 100'000'000;
inline constexpr double largestNoise = 1e6;
inline constexpr TextRule pathRule{
    .words = "a path without control characters", .pattern = "^[^\\x00-\\x1f\\x7f]*$", .fits = isPath};

inline constexpr TextRule delimiterRule{
    .words = "auto, comma, semicolon, tab, space, or one character",
    .pattern = "^(auto|comma|semicolon|tab|space|\\t|[^0-9A-Za-z\"+.\\x00-\\x1f\\x7f-])$",
    .fits = isDelimiter};
inline constexpr TextRule thousandsRule{.words = "one character that is not a digit, or nothing",
                                        .pattern = "^[^0-9A-Za-z\"+\\x00-\\x1f\\x7f-]?$",
                                        .fits = isThousandsMark};

template <class V>
void fieldsOf(V& v, DataSpec& data) {
    v.tag({"source", "Where the examples come from.", true}, data.source, sourceOptions);
    const SourceTraits& traits = traitsOf(data.source);
    const bool synthetic =
        data.source == DataSource::syntheticRegression || data.source == DataSource::syntheticClassification;
    const bool text = data.source == DataSource::text;
    if (traits.path != PathKind::none)
        v.text({"path", traits.pathMeaning, !traits.knownPlace}, data.path, pathRule);
    if (synthetic) {
        v.integer({"examples", "Number of examples to generate, over all parts."}, data.examples,
                  {.min = 4, .max = largestSynthetic});
        v.integer({"features", "Number of input features."}, data.features, {.min = 1, .max = largestOption});
        if (data.source == DataSource::syntheticClassification)
            v.integer({"classes", "Number of classes."}, data.classes, {.min = 2, .max = 10'000});
        v.number({"noise", data.source == DataSource::syntheticRegression
                               ? "Standard deviation of the noise on the target."
                               : "Standard deviation of a class around its centre."},
                 data.noise, {.min = 0, .max = largestNoise});
    }
    v.number({"validation", "Share of the training examples held out for validation."}, data.validation,
             {.min = 0, .max = 1, .minOpen = true, .maxOpen = true});
    if (!traits.ownTest)
        v.number(
            {"test", "Share held out for testing, before validation; only for data without a test part."},
            data.test, {.min = 0, .max = 1, .maxOpen = true});
    if (text) {
        v.integer({"limit", "Largest number of training tokens, from the start, before the split; 0: all."},
                  data.limit, {});
        v.choice({"level", "Whether a token is a word or a character."}, data.level, levelOptions);
        v.integer({"vocabulary", "Largest number of different tokens; the most frequent are kept; 0: all."},
                  data.vocabulary, {});
        v.integer({"min_count", "Tokens that occur less often in the training part become <unk>."},
                  data.minCount, {.min = 1});
        v.integer({"sequence", "Steps of truncated back-propagation through time."}, data.sequence,
                  {.min = 1, .max = largestOption});
        return;
    }
    v.choice({"split",
              "The validation part. given: the data's own; stratified: drawn by the seed, of each class its "
              "share; random: drawn by the seed; tail: the last examples; auto: given where there is one, "
              "else stratified for classes, else random."},
             data.split, splitOptions);
    v.choice({"normalize",
              "unit: pixels over 255, columns to [0, 1]; standardize: mean 0 and standard deviation 1 over "
              "the training part; none: unchanged."},
             data.normalize, normalizeOptions);
    v.integer(
        {"limit", data.source == DataSource::imageFolder
                      ? "Largest number of training images, before the split: the first of each class, "
                        "in proportion, and at least one; 0: all."
                      : "Largest number of training examples, from the start, before the split; 0: all."},
        data.limit, {});
    if (data.source == DataSource::imageFolder) {
        v.integer({"channels", "3: colour, grey images are repeated; 1: grey, colours become luminance."},
                  data.channels, {.min = 1, .max = 3});
        v.integer({"image_size", "Side of the square to which images are cropped and resized; 0: unchanged."},
                  data.imageSize, {.min = 0, .max = 4096});
        v.choice({"folders", "What the folders are: parts of the data, such as train and val, or classes."},
                 data.folders, folderOptions);
    }
    if (data.source == DataSource::numpy) {
        v.text({"inputs", "The array of inputs; empty: x_train, x or X."}, data.inputs,
               {.words = "an array's name"});
        v.text({"target", "The array of targets; empty: y_train or y."}, data.target,
               {.words = "an array's name"});
        v.text({"validation_inputs", "The inputs of the data's own validation part; empty: by its name."},
               data.validationInputs, {.words = "an array's name"});
        v.text({"validation_target", "The targets of the data's own validation part; empty: by its name."},
               data.validationTarget, {.words = "an array's name"});
        v.text({"test_inputs", "The inputs of the data's own test part; empty: by its name."},
               data.testInputs, {.words = "an array's name"});
        v.text({"test_target", "The targets of the data's own test part; empty: by its name."},
               data.testTarget, {.words = "an array's name"});
        v.choice(
            {"layout", "Where the channels of images of four dimensions are: last (NHWC) or first (NCHW)."},
            data.layout, layoutOptions);
        v.choice({"task", "Whether the targets are classes or numbers."}, data.task, taskOptions);
    }
    if (data.source != DataSource::csv) return;
    v.text({"delimiter", "What separates the columns: auto, comma, semicolon, tab, space, or a character."},
           data.delimiter, delimiterRule);
    v.choice({"header", "Whether the first line names the columns."}, data.header, headerOptions);
    v.choice({"decimal", "How decimals are written: 1.5 or 1,5."}, data.decimal, decimalOptions);
    v.text({"thousands", "What separates groups of three digits, such as , or a space; empty: nothing."},
           data.thousands, thousandsRule);
    v.texts({"missing", "The words that stand for a missing value; an empty cell always does."}, data.missing,
            {.words = "a word"});
    v.choice({"on_missing",
              "What to do about missing values: refuse the file, drop the rows that have one, or "
              "use the mean of the column over the training part."},
             data.onMissing, onMissingOptions);
    v.texts({"ignore", "Columns to leave out, by name or index."}, data.ignore,
            {.words = "a column's name or index"});
    v.text({"target",
            "The target column: its name, or its index from 0, negative from the end; empty: the last."},
           data.target, {.words = "a column's name or index", .orInteger = true});
    v.choice({"task", "Whether the target column holds classes or numbers."}, data.task, taskOptions);
}

inline constexpr TunableKind holesKind{
    .range = {.min = 0, .max = largestHoles}, .whole = true, .usual = {.initial = 1, .min = 0.0, .max = 5.0}};
inline constexpr TunableKind lengthKind{.range = {.min = 0, .max = largestOption},
                                        .whole = true,
                                        .usual = {.initial = 4, .min = 2.0, .max = 24.0}};

template <class V>
void fieldsOf(V& v, CutoutSpec& cutout) {
    v.tunable({"holes", "Squares cut out of each image, a whole number."}, cutout.holes, holesKind);
    v.tunable({"length", "Side of a square in pixels, a whole number."}, cutout.length, lengthKind);
}

inline constexpr TunableKind flipKind{
    .range = {.min = 0, .max = 1}, .noun = "probability", .usual = {.initial = 0.25, .min = 0.0, .max = 1.0}};
inline constexpr TunableKind colorKind{.range = {.min = 0, .max = 10},
                                       .usual = {.initial = 0.1, .min = 0.0, .max = 1.0}};
inline constexpr TunableKind hueKind{.range = {.min = 0, .max = 0.5},
                                     .usual = {.initial = 0.02, .min = 0.0, .max = 0.5}};
inline constexpr TunableKind rotationKind{.range = {.min = 0, .max = 180},
                                          .usual = {.initial = 5, .min = 0.0, .max = 45.0}};
inline constexpr TunableKind translationKind{.range = {.min = 0, .max = 1},
                                             .usual = {.initial = 0.05, .min = 0.0, .max = 0.5}};
inline constexpr TunableKind scaleKind{.range = {.min = 0, .max = 10},
                                       .usual = {.initial = 0.05, .min = 0.0, .max = 1.0}};
inline constexpr TunableKind shearKind{.range = {.min = 0, .max = 80},
                                       .usual = {.initial = 5, .min = 0.0, .max = 45.0}};
inline constexpr TunableKind noiseKind{.range = {.min = 0, .max = 10},
                                       .usual = {.initial = 0.02, .min = 0.0, .max = 0.5}};
inline constexpr TunableKind alphaKind{.range = {.min = 0, .max = 1000},
                                       .usual = {.initial = 0.1, .min = 0.0, .max = 4.0}};
inline constexpr TunableKind smoothingKind{.range = {.min = 0, .max = 1, .maxOpen = true},
                                           .differentiable = true,
                                           .usual = {.initial = 0.05, .min = 0.0, .max = 0.5}};

template <class V>
void fieldsOf(V& v, HorizontalFlipSpec& flip) {
    v.tunable({"probability", "Probability of mirroring an image left to right."}, flip.probability,
              flipKind);
}

inline constexpr std::string_view factorMeaning =
    "s, where the factor of each image is uniform between 1 - s, at least 0, and 1 + s.";

template <class V>
void fieldsOf(V& v, BrightnessSpec& brightness) {
    v.tunable({"strength", factorMeaning}, brightness.strength, colorKind);
}
template <class V>
void fieldsOf(V& v, ContrastSpec& contrast) {
    v.tunable({"strength", factorMeaning}, contrast.strength, colorKind);
}
template <class V>
void fieldsOf(V& v, SaturationSpec& saturation) {
    v.tunable({"strength", factorMeaning}, saturation.strength, colorKind);
}
template <class V>
void fieldsOf(V& v, HueSpec& hue) {
    v.tunable({"turns", "Largest hue shift either way, as a share of the colour circle, at most 0.5."},
              hue.strength, hueKind);
}
template <class V>
void fieldsOf(V& v, RotationSpec& rotation) {
    v.tunable({"degrees", "Largest rotation either way, in degrees."}, rotation.strength, rotationKind);
}
template <class V>
void fieldsOf(V& v, TranslationSpec& translation) {
    v.tunable({"fraction", "Largest shift either way, as a share of the width and height."},
              translation.strength, translationKind);
}
template <class V>
void fieldsOf(V& v, ScaleSpec& scale) {
    v.tunable({"strength", "s, where each image is enlarged by a factor from 1 / (1 + s) to 1 + s."},
              scale.strength, scaleKind);
}
template <class V>
void fieldsOf(V& v, ShearSpec& shear) {
    v.tunable({"degrees", "Largest shear either way, in degrees, along both sides."}, shear.strength,
              shearKind);
}
template <class V>
void fieldsOf(V& v, NoiseSpec& noise) {
    v.tunable({"deviation", "Standard deviation of the noise on each pixel; black is 0 and white 1."},
              noise.strength, noiseKind);
}
template <class V>
void fieldsOf(V& v, MixupSpec& mixup) {
    v.tunable({"alpha", "Shares are drawn from Beta(alpha, alpha); 0: no mixing."}, mixup.alpha, alphaKind);
}

/// The names of Augmentation's alternatives, in their order.
inline constexpr std::string_view augmentationTypes[] = {
    "cutout",   "horizontal_flip", "brightness", "contrast", "saturation", "hue",
    "rotation", "translation",     "scale",      "shear",    "noise",      "mixup"};

} // namespace dstn
