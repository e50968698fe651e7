#pragma once

#include "core/data/image_source.h"
#include "core/data/mapped_file.h"
#include "core/export.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

// Decoded images in a file of our own format, so that they are decoded only once. All numbers in the
// machine's own byte order; a file of another order has another magic number and is decoded again. In this
// order:
//
// - 8 bytes: magic number and version
// - 8 bytes: fingerprint of the folder and the options
// - 3 × 8 bytes: channels, height, width
// - 3 × 8 bytes: images for training, for validation and for testing (−1: no such part)
// - 8 bytes: classes
// - 4 bytes of length, and the folder's path
// - for each class 4 bytes of length, and its name
// - 4 + 4 bytes: CRC-32 of the data, CRC-32 of all up to here
// - zeros up to a multiple of 4096
// - the data: images [all parts in this order, channels, height, width], then their labels, 4 bytes each

/// The header: everything before the images.
struct ImageCacheHeader {
    std::uint64_t fingerprint = 0;
    Shape shape; ///< [channels, height, width]
    std::int64_t train = 0;
    std::int64_t validation = -1, test = -1; ///< −1: no such part
    std::string folder;                      ///< where the images are, absolute; empty: not known
    std::vector<std::string> classNames;
};

/// $XDG_CACHE_HOME/delta-stn-workbench, ~/.cache where unset; empty where there is no home either.
std::filesystem::path imageCacheFolder();

/// A cache file's name, from a number that tells folders and options apart.
std::string imageCacheName(std::uint64_t number);

/// Removes from the cache's folder the files of image folders that are no longer there, and those of an
/// earlier version, which are no longer read. What is damaged, of another name or of another format
/// is kept, as is a file whose folder cannot be checked. Never throws because of what it finds.
void removeOrphanedCaches(const std::filesystem::path& cache);

/// The cached images, which share `file`; nothing if they are damaged, truncated, of another version, or have
/// another fingerprint. Never throws because of their contents.
std::optional<ImageSource> parseImageCache(const SharedBytes& file, std::uint64_t fingerprint,
                                           const std::string& name);

/// The same of a file, which is mapped; nothing also if there is no such file.
std::optional<ImageSource> openImageCache(const std::filesystem::path& path, std::uint64_t fingerprint,
                                          const std::string& name);

/// A cache file being written, under another name until it is complete. If it cannot be written, for lack of
/// permissions or space or because another process is writing it, the images stay in memory instead.
class ImageCacheWriter {
  public:
    /// @param path the file to be; empty: in memory. Throws Error{device} if memory cannot hold the
    /// images.
    ImageCacheWriter(const std::filesystem::path& path, ImageCacheHeader header, const std::string& name);
    ~ImageCacheWriter();
    ImageCacheWriter(const ImageCacheWriter&) = delete;
    ImageCacheWriter& operator=(const ImageCacheWriter&) = delete;

    /// [all parts in the order of the header, channels, height, width], to be filled.
    std::span<std::uint8_t> pixels();
    void setLabel(std::size_t image, std::int64_t label);
    /// Completes the file and returns the images.
    ImageSource finish();

  private:
    std::span<std::uint8_t> file();

    ImageCacheHeader header_;
    std::string name_;
    std::string start_; ///< the file's first bytes, but for the checksums
    std::unique_ptr<PartialFile> partial_;
    std::shared_ptr<std::vector<std::uint8_t>> memory_; ///< used instead if there is no file
    std::size_t dataOffset_ = 0, pixelBytes_ = 0;
};

} // namespace dstn
