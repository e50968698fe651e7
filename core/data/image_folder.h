#pragma once

#include "core/data/image_source.h"
#include "core/export.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

struct ImageFolderOptions {
    std::int64_t channels = 3;  ///< 3: grey images are repeated; 1: colours become their luminance
    std::int64_t imageSize = 0; ///< 0: unchanged; otherwise the side of the square to which they are resized
};

/// The files of an image folder, not yet opened.
struct ImageListing {
    struct File {
        std::string path; ///< below the folder
        std::int64_t label = 0;
    };
    std::filesystem::path folder;
    std::vector<std::string> classNames; ///< in the order of their bytes
    std::vector<File> train, test;
    bool ownTest = false;
};

/// Lists a folder of images, in which each class is a folder of .jpg, .jpeg or .png files: train/CLASS/FILE
/// and, optionally, test/CLASS/FILE, or CLASS/FILE. Classes and files are ordered by the bytes of their
/// names; other files, and names that begin with a dot, are left out. Throws Error{data} naming the folder
/// where there is none, a class has no image, there are fewer than two classes, or a test class is not a
/// training class; Error{interrupted} once `cancelled` says so.
ImageListing listImageFolder(const std::filesystem::path& folder,
                             const std::function<bool()>& cancelled = {});

/// A number that changes with the files' paths and contents, and with the options.
/// @param contents their hash (DataIdentity)
std::uint64_t fingerprint(const ImageListing& listing, const ImageFolderOptions& options,
                          const std::string& contents);

/// Classes and counts, and the shape from the first image: nothing is decoded.
ImageSource probeImageFolder(const std::filesystem::path& folder, const ImageFolderOptions& options);

/// Reads an image folder: from the cache file if there is one of the same contents, which takes reading
/// but no decoding, otherwise by decoding all images on all cores, after which the cache file is written; if
/// that fails, the images stay in memory. Images must be of one size unless `imageSize` resizes them. Throws
/// Error{data} naming the first file, by order, that cannot be read or differs in size; Error{interrupted}
/// once `progress` says so.
/// @param cache the cache's folder, created if needed; empty: none
ImageSource readImageFolder(const std::filesystem::path& folder, const ImageFolderOptions& options,
                            const std::filesystem::path& cache, const LoadingProgress& progress);

} // namespace dstn
