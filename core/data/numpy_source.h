#pragma once

#include "core/data/image_source.h"
#include "core/data/numpy_array.h"
#include "core/data/table.h"
#include "core/export.h"
#include "core/spec/data_spec.h"

#include <functional>
#include <optional>
#include <string>

namespace DSTN_EXPORT dstn {

/// What NumPy's arrays hold: images, or tables of features.
struct NumpySource {
    std::optional<ImageSource> images;
    std::optional<Table> train, test; ///< where there are no images; test: its own test part
};

enum class NumpyContents {
    everything,
    headers ///< shapes of the inputs, and the targets
};

/// Inputs and targets of the examples, in the same order.
struct NumpyPart {
    NumpyArray inputs, targets;
    std::string inputsName, targetsName; ///< for messages
};

/// Reads `spec.path`: an .npz archive, or a folder of .npy files, plain or gzip. The arrays are `spec.inputs`
/// and `spec.target`; where those are empty, the first pair of x_train and y_train (with x_test and y_test,
/// if they are there), x and y, X and y. Throws Error{data} naming the file and array, what was found and
/// what to do; Error{interrupted} once `cancelled` says so.
NumpySource readNumpySource(const DataSpec& spec, NumpyContents contents,
                            const std::function<bool()>& cancelled);

/// Interprets the arrays:
///
/// - inputs [N, F] and [N] are features, all others images: [N, H, W], [N, C, H, W], and [N, H, W, C] if the
///   last extent is 1 to 4 and the second is not. Images of type uint8 are bytes, others numbers, whose white
///   is 1, or 255 if a value is above 1.
/// - targets [N] or [N, 1] of whole numbers are the labels 0, 1, … of a classification, of real numbers those
///   of a regression; [N, k] is a regression with k outputs. TaskKind::regression accepts whole numbers too,
///   TaskKind::classification real ones that are whole.
///
/// Throws Error{data} if they are neither, numbers are not finite, or labels are negative or implausibly
/// large.
NumpySource interpretArrays(NumpyPart train, std::optional<NumpyPart> test, TaskKind task,
                            const std::string& name);

} // namespace dstn
