#pragma once

#include "core/data/image_listing.h"
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
    FolderKind folders = FolderKind::automatic;
};

/// A number that changes with the files' paths and contents, and with the options.
/// @param contents their hash (DataIdentity)
std::uint64_t fingerprint(const ImageListing& listing, const ImageFolderOptions& options,
                          const std::string& contents);

/// Classes and labels, and the shape from the first image: nothing is decoded.
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
