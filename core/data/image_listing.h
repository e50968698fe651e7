#pragma once

#include "core/export.h"
#include "core/spec/data_spec.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The files of an image folder, not yet opened.
struct ImageListing {
    struct File {
        std::string path; ///< below the folder
        std::int64_t label = 0;
    };
    std::filesystem::path folder;
    std::vector<std::string> classNames; ///< in the order of their bytes
    std::vector<File> train, validation, test;
    bool ownValidation = false, ownTest = false;
    std::vector<std::string> decisions, warnings; ///< as in DataInfo
};

/// Lists a folder of images, in which each class is a folder of files that decodeImage() reads:
/// train/CLASS/FILE with, optionally, val/CLASS/FILE and test/CLASS/FILE, or CLASS/FILE. Parts may have any
/// name that partNamed() knows. A folder of such a name that holds images is a class; where it is not clear
/// what it is, `kind` must say so. Classes and files are ordered by the bytes of their names; names that
/// begin with a dot are left out, and whatever else is not used is counted in a warning. Throws Error{data}
/// naming the folder where there is none, a class has no image, there are fewer than two classes, a class of
/// another part is not a training class, or `kind` is needed; Error{interrupted} once `cancelled` says so.
ImageListing listImageFolder(const std::filesystem::path& folder, FolderKind kind = FolderKind::automatic,
                             const std::function<bool()>& cancelled = {});

} // namespace dstn
