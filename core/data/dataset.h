#pragma once

#include "core/data/data_identity.h"
#include "core/data/shared_bytes.h"
#include "core/data/table.h"
#include "core/export.h"
#include "core/spec/data_spec.h"
#include "core/spec/model.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The numbers of a source's images.
struct PixelValues {
    double least = 0.0, most = 255.0; ///< in the training part and what is split from it
    /// What stands for black and white; where that is not known, only what was found.
    double black = 0.0, white = 255.0;
    bool known = true;
};

/// What is known about a data set without its contents.
struct DataInfo {
    Shape input; ///< one example's shape; language: [steps of truncated back-propagation]
    TaskKind task = TaskKind::classification;
    std::int64_t outputs = 0; ///< classes, columns of the regression target, or tokens in the vocabulary
    std::int64_t train = 0, validation = 0, test = 0; ///< examples; language: tokens
    std::vector<std::string> classNames;              ///< empty where the source has none
    std::vector<std::string> featureNames;
    std::int64_t inputBytes = 4;              ///< per stored number of an example's input; 1: images of bytes
    std::int64_t vocabulary = 0;              ///< language only: different tokens
    std::vector<std::string> tokenNames = {}; ///< language only: [vocabulary], the most frequent first
    /// What was decided where a file does not say it, and why, in sentences: "The first line names the
    /// columns: …".
    std::vector<std::string> decisions = {};
    /// For whoever trains on these data, in sentences: what is left unused, which classes lack examples.
    std::vector<std::string> warnings = {};
    /// Examples of each class, [outputs]; empty for other tasks, and where they are not known.
    std::vector<std::int64_t> trainOfClass = {}, validationOfClass = {}, testOfClass = {};
    std::string taskReason = {}; ///< why these are classes, as a clause: "data.task says so"
    PixelValues pixels = {};     ///< images only
};

/// x ↦ (x − shift) · factor.
struct Scaling {
    double shift = 0.0;
    double factor = 1.0;
};

/// Images that are kept as bytes: those of a source, which other parts may share, and which of them these
/// are.
struct ByteImages {
    SharedBytes bytes;               ///< [images of the source, input shape]
    std::vector<std::int64_t> index; ///< [count]: an image's place in the source
};

/// One part of a data set in plain memory, normalised and ready to be copied to a device.
struct Examples {
    std::int64_t count = 0;
    std::vector<float> inputs; ///< [count, input shape], row-major; empty for language, and images of bytes
    ByteImages images = {};    ///< in their place, to be mapped by Dataset::channels
    std::vector<std::int64_t> labels;      ///< [count]; classification only
    std::vector<float> targets;            ///< [count, outputs]; regression only
    std::vector<std::int32_t> tokens = {}; ///< [count], a running text; language only
};

struct Dataset {
    DataInfo info;
    DataIdentity identity = {};
    Examples train, validation, test;
    std::vector<Scaling> channels; ///< images: byte ↦ input, [channels]; else empty
    /// Synthetic regression: the weights [features] and bias that made the targets; else empty.
    std::vector<double> trueWeights;
    /// Regression: target ↦ what is learned, one for each output; for showing natural units.
    std::vector<Scaling> targets;
};

/// Receives what is being done and the fraction done, in [0, 1], or NaN if unknown; returning false ends
/// the loading. It is called on the thread that loads, several times a second.
using LoadingProgress = std::function<bool(std::string_view what, double fraction)>;

/// Reads, splits and normalises a data set. The split and synthetic data follow from `seed`.
/// Throws Error{data} naming file, place, what was found and what to do, Error{interrupted} once `progress`
/// says so.
Dataset loadDataset(const DataSpec& spec, std::uint64_t seed, const LoadingProgress& progress = {});

/// What loadDataset() will yield, read from headers where the format has them (IDX) and quickly everywhere.
/// Throws Error{data} as loadDataset() does, as far as headers tell.
/// @param seed the experiment's; without it nothing is said of what a random split draws: the classes' counts
///             stay empty, and classes without examples are not warned of
/// @param table of a CSV file: how it was read, filled as far as it could be, also where this throws
DataInfo probeDataset(const DataSpec& spec, std::optional<std::uint64_t> seed = {},
                      TableReport* table = nullptr);

/// The same without the data, for sources whose data always have the same shape; nothing for others. Throws
/// Error{data} if this many examples cannot be split as specified.
std::optional<DataInfo> declaredDataset(const DataSpec& spec);

} // namespace dstn
