#pragma once

#include "core/export.h"
#include "core/spec/hyperparameter.h"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace DSTN_EXPORT dstn {

enum class DataSource {
    fashionMnist,
    idx,
    cifar10,
    cifar100,
    imageFolder,
    csv,
    numpy,
    text,
    syntheticRegression,
    syntheticClassification
};
/// What data.path names.
enum class PathKind { none, folder, file, either };

/// The properties of a data source. A source is added by an enumerator and a row here, its options in
/// core/experiment/data_fields.h, and a reader (core/data/dataset.cpp).
struct SourceTraits {
    DataSource source;
    PathKind path = PathKind::none;
    std::string_view id;   ///< as in an experiment: "fashion-mnist"
    std::string_view name; ///< as in a list of runs; empty: that of its file or folder
    std::string_view pathMeaning = {};
    std::string_view files = {}; ///< file filter for the dialog: "Texts (*.txt)"; empty: any
    bool knownPlace = false;     ///< without a path it is where Debian's package puts it
    bool ownTest = false;        ///< always has a test part
};

/// In the order of the enumerators, which is that of the choices on screen.
inline constexpr SourceTraits sourceTypes[] = {
    {.source = DataSource::fashionMnist,
     .path = PathKind::folder,
     .id = "fashion-mnist",
     .name = "Fashion-MNIST",
     .pathMeaning =
         "Folder of the IDX files; empty: where Debian's package dataset-fashion-mnist installs them.",
     .knownPlace = true,
     .ownTest = true},
    {.source = DataSource::idx,
     .path = PathKind::folder,
     .id = "idx",
     .name = "",
     .pathMeaning = "Folder of the IDX files, plain or gzip."},
    {.source = DataSource::cifar10,
     .path = PathKind::folder,
     .id = "cifar10",
     .name = "CIFAR-10",
     .pathMeaning = "Folder of the data set's binary version, as distributed.",
     .ownTest = true},
    {.source = DataSource::cifar100,
     .path = PathKind::folder,
     .id = "cifar100",
     .name = "CIFAR-100",
     .pathMeaning = "Folder of the data set's binary version, as distributed.",
     .ownTest = true},
    {.source = DataSource::imageFolder,
     .path = PathKind::folder,
     .id = "image-folder",
     .name = "",
     .pathMeaning = "Folder with train/CLASS/FILE, val/CLASS/FILE and test/CLASS/FILE, or with CLASS/FILE."},
    {.source = DataSource::csv,
     .path = PathKind::file,
     .id = "csv",
     .name = "",
     .pathMeaning = "The CSV file.",
     .files = "Tables (*.csv *.tsv *.txt *.data)"},
    {.source = DataSource::numpy,
     .path = PathKind::either,
     .id = "numpy",
     .name = "",
     .pathMeaning = "The .npz file, or a folder of .npy files.",
     .files = "NumPy archives (*.npz)"},
    {.source = DataSource::text,
     .path = PathKind::either,
     .id = "text",
     .name = "",
     .pathMeaning = "The text file, or a folder of text files.",
     .files = "Texts (*.txt *.md *.tokens *.raw)"},
    {.source = DataSource::syntheticRegression, .id = "synthetic-regression", .name = "synthetic regression"},
    {.source = DataSource::syntheticClassification,
     .id = "synthetic-classification",
     .name = "synthetic classification"}};

constexpr const SourceTraits& traitsOf(DataSource source) {
    return sourceTypes[static_cast<std::size_t>(source)];
}

/// Where the validation part comes from.
enum class SplitKind {
    automatic,  ///< given where the source has one, else stratified for classes, else random
    given,      ///< the source's own
    stratified, ///< of each class its share, drawn by the experiment's seed
    random,     ///< drawn by the experiment's seed
    tail        ///< the last examples of the training part, in file order
};
enum class Normalize {
    unit,        ///< pixels divided by 255; numbers scaled to [0, 1] by the training part's range
    standardize, ///< minus the mean, over the standard deviation, of the training part, per column or channel
    none
};
enum class TaskKind {
    automatic,
    classification,
    regression,
    language ///< to predict each token of a text from those before it
};
/// What the folders within a folder of images are.
enum class FolderKind { automatic, parts, classes };
/// The order of an image array's extents after the first.
enum class ChannelOrder { automatic, last, first };
enum class Header { automatic, present, absent };
enum class DecimalMark {
    automatic, ///< a point; where points may separate thousands, the file is refused
    point,
    comma
};
/// What becomes of missing values.
enum class OnMissing {
    refuse,
    drop, ///< the rows that have one
    mean  ///< a feature's become its mean over the training part
};
/// The words by which programs write that there is no value; an empty cell always is one.
inline constexpr std::string_view missingWords[] = {"?",    "NA",   "N/A",  "n/a",  "na",   "#N/A",
                                                    "<NA>", "null", "NULL", "None", "none", "NaN",
                                                    "nan",  "-nan", "-",    "."};
/// The tokens of a text.
enum class TextLevel { word, character };

/// Where the examples come from and how they are split.
struct DataSpec {
    DataSource source = DataSource::fashionMnist;
    std::string path = {};    ///< the source's folder or file; empty for fashion-mnist: the package's folder
    double validation = 0.15; ///< share of the training examples held out, in (0, 1)
    double test = 0.0; ///< share held out for testing, before validation, if the source has no test part
    SplitKind split = SplitKind::automatic;
    Normalize normalize = Normalize::standardize;
    std::int64_t limit = 0; ///< largest number of training examples, before the split; 0: all
    // image folder
    std::int64_t channels = 3;  ///< 3: grey images are repeated; 1: colours become their luminance
    std::int64_t imageSize = 0; ///< side of the square to which images are resized; 0: unchanged
    FolderKind folders = FolderKind::automatic;
    // CSV
    std::string delimiter = "auto"; ///< or "comma", "semicolon", "tab", "space", or the character itself
    Header header = Header::automatic;
    DecimalMark decimal = DecimalMark::automatic;
    std::string thousands = {};           ///< what separates groups of three digits; empty: nothing
    std::vector<std::string> ignore = {}; ///< columns that are left out, by name or index
    std::vector<std::string> missing{std::begin(missingWords), std::end(missingWords)};
    OnMissing onMissing = OnMissing::refuse;
    std::string target = {}; ///< column name or 0-based index, negative from the end; empty: the last
    TaskKind task = TaskKind::automatic; ///< of NumPy's arrays too
    // NumPy
    std::string inputs =
        {}; ///< the array of inputs, that of the targets being `target`; empty: by usual names
    std::string validationInputs = {}, validationTarget = {}; ///< the arrays of parts of their own; empty: by
    std::string testInputs = {}, testTarget = {};             ///< usual names
    ChannelOrder layout = ChannelOrder::automatic;
    // text
    TextLevel level = TextLevel::word;
    std::int64_t vocabulary = 0; ///< largest number of tokens, including <unk> and <eos>; 0: all
    std::int64_t minCount = 1;   ///< rarer words of the training part become <unk>
    std::int64_t sequence = 70;  ///< steps of truncated back-propagation through time
    // synthetic
    std::int64_t examples = 1000;
    std::int64_t features = 10;
    std::int64_t classes = 3; ///< classification only
    double noise =
        0.5; ///< standard deviation of the target's noise (regression) or of a class (classification)
    bool operator==(const DataSpec&) const = default;
};

/// More holes than this are refused: each example draws centres for the largest number it may have.
inline constexpr std::int64_t largestHoles = 1000;

/// Cutout (DeVries & Taylor 2017): `holes` squares of side `length` at uniformly drawn centres are set to 0.
struct CutoutSpec {
    Tunable holes{1.0};
    Tunable length{4.0};
    bool operator==(const CutoutSpec&) const = default;
};

/// Mirrors an image left to right with this probability.
struct HorizontalFlipSpec {
    Tunable probability{0.5};
    bool operator==(const HorizontalFlipSpec&) const = default;
};

// Colours: a factor uniform in [max(0, 1 − strength), 1 + strength] for each image, see ColorOperation.

struct BrightnessSpec {
    Tunable strength{0.2};
    bool operator==(const BrightnessSpec&) const = default;
};
struct ContrastSpec {
    Tunable strength{0.2};
    bool operator==(const ContrastSpec&) const = default;
};
struct SaturationSpec {
    Tunable strength{0.2};
    bool operator==(const SaturationSpec&) const = default;
};
/// Turns the hues by up to ± `strength` of the colour circle.
struct HueSpec {
    Tunable strength{0.05};
    bool operator==(const HueSpec&) const = default;
};

// Geometric operations about the image's centre, see GeometricOperation.

/// By up to ± `strength` degrees.
struct RotationSpec {
    Tunable strength{10.0};
    bool operator==(const RotationSpec&) const = default;
};
/// By up to ± `strength` of the width and of the height.
struct TranslationSpec {
    Tunable strength{0.1};
    bool operator==(const TranslationSpec&) const = default;
};
/// By a factor log-uniform in [1 / (1 + strength), 1 + strength].
struct ScaleSpec {
    Tunable strength{0.1};
    bool operator==(const ScaleSpec&) const = default;
};
/// By up to ± `strength` degrees along each side.
struct ShearSpec {
    Tunable strength{10.0};
    bool operator==(const ShearSpec&) const = default;
};

/// Gaussian noise on every pixel; `strength` is its standard deviation, black being 0 and white 1.
struct NoiseSpec {
    Tunable strength{0.05};
    bool operator==(const NoiseSpec&) const = default;
};

/// mixup (Zhang et al. 2018): examples and targets blended in pairs, with shares from Beta(α, α).
struct MixupSpec {
    Tunable alpha{0.2};
    bool operator==(const MixupSpec&) const = default;
};

using Augmentation =
    std::variant<CutoutSpec, HorizontalFlipSpec, BrightnessSpec, ContrastSpec, SaturationSpec, HueSpec,
                 RotationSpec, TranslationSpec, ScaleSpec, ShearSpec, NoiseSpec, MixupSpec>;

} // namespace dstn
