#pragma once

#include "core/data/idx_reader.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dstn {

/// Images [count, height, width] or [count, channels, height, width] with a label each.
struct LabelledImages {
    std::filesystem::path imagesPath, labelsPath;
    IdxFile images;
    IdxFile labels;
};

/// A data set in the layout of MNIST: a folder with train-images-idx3-ubyte, train-labels-idx1-ubyte and,
/// optionally, files of the same kind for validation and for testing (t10k-images-idx3-ubyte and
/// t10k-labels-idx1-ubyte, or any name of a part in their place). Each may end in .gz, may be written with a
/// dot before "idx", in any case, and with something in front ("emnist-letters-train-images-idx3-ubyte");
/// images of four dimensions may say idx4.
struct IdxFolder {
    LabelledImages train;
    std::optional<LabelledImages> validation, test;
    std::vector<std::string> unused; ///< names of other IDX files
};

enum class IdxContents {
    everything,
    withoutPixels ///< headers of the images, and the labels
};

/// Whether a file's name is one under which images or labels are looked for.
bool isIdxFile(const std::string& name);

/// Throws Error{data} naming the file, what was found and what to do, also where images and labels disagree,
/// or other parts do not fit the training data; Error{interrupted} once `cancelled` says so.
IdxFolder readIdxFolder(const std::filesystem::path& folder, IdxContents contents,
                        const std::function<bool()>& cancelled = {});

} // namespace dstn
