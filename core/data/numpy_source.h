#pragma once

#include "core/data/image_source.h"
#include "core/data/numpy_array.h"
#include "core/data/table.h"
#include "core/export.h"
#include "core/spec/data_spec.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// What NumPy's arrays hold: images, or tables of features.
struct NumpySource {
    std::optional<ImageSource> images = {};
    /// Where there are no images; beside train, parts of its own.
    std::optional<Table> train = {}, validation = {}, test = {};
    std::string lookedFor = {};                             ///< what a validation part would be
    std::string taskReason = {};                            ///< as in DataInfo
    std::vector<std::string> decisions = {}, warnings = {}; ///< as in DataInfo; of images those of `images`
};

enum class NumpyContents {
    everything,
    headers ///< shapes of the inputs, the targets, and the range of images that are not bytes
};

/// Inputs and targets of the examples, in the same order.
struct NumpyPart {
    NumpyArray inputs, targets;
    std::string inputsName, targetsName; ///< for messages
};
struct NumpyParts {
    NumpyPart train;
    std::optional<NumpyPart> validation = {}, test = {};
};

/// Reads `spec.path`: an .npz archive, or a folder of .npy files, plain or gzip. The arrays are those that
/// `spec` names; where it names none, those whose names say what they are, in any case and order of the
/// words: x, images, data, features or inputs, and y, labels or targets, alone or with the name of a part
/// (partNamed()). A part without targets, and arrays of other names, are left unused with a warning. Throws
/// Error{data} naming the file and array, what was found and what to do; Error{interrupted} once `cancelled`
/// says so.
NumpySource readNumpySource(const DataSpec& spec, NumpyContents contents,
                            const std::function<bool()>& cancelled);

/// What arrays mean, as readNumpySource() finds it. Inputs [N] and [N, features] make a table; [N, height,
/// width] and four dimensions, in the order `layout`, images. Throws Error{data} where they do not fit
/// together, or an option has to say how they are meant.
NumpySource interpretArrays(NumpyParts parts, TaskKind task, ChannelOrder layout, const std::string& name);

} // namespace dstn
