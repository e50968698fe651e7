#pragma once

#include "core/data/byte_stream.h"
#include "core/data/image_source.h"
#include "core/export.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The binary version of CIFAR-10 and CIFAR-100 (Krizhevsky, "Learning multiple layers of features from tiny
/// images", 2009): records of the label's byte (CIFAR-100: a coarse and a fine label, of which the fine one
/// is read), then 3 × 32 × 32 bytes, red, green and blue, each by rows.
enum class CifarKind { cifar10, cifar100 };

inline constexpr std::int64_t cifarPixels = std::int64_t{3} * 32 * 32;

/// Bytes per record.
constexpr std::int64_t cifarRecord(CifarKind kind) {
    return cifarPixels + (kind == CifarKind::cifar10 ? 1 : 2);
}
constexpr std::int64_t cifarClasses(CifarKind kind) { return kind == CifarKind::cifar10 ? 10 : 100; }

/// Appends the images of a file, whose `name` appears in messages, to `pixels` and `labels`.
/// Throws Error{data} where the file is empty or does not end with a record, or a label is too large;
/// Error{interrupted} once `cancelled` says so.
void readCifar(ByteStream& stream, CifarKind kind, const std::string& name, std::vector<std::uint8_t>& pixels,
               std::vector<std::int64_t>& labels, const std::function<bool()>& cancelled = {});

enum class CifarContents {
    everything,
    labels ///< all but the pixels
};

/// Reads the folder as distributed: data_batch_1.bin to data_batch_5.bin, test_batch.bin and batches.meta.txt
/// (CIFAR-10), or train.bin, test.bin and fine_label_names.txt (CIFAR-100). Each may be compressed by gzip;
/// the names of the classes may be missing.
/// Throws Error{data} naming the file, what was found and what to do.
ImageSource readCifarFolder(const std::filesystem::path& folder, CifarKind kind, CifarContents contents,
                            const std::function<bool()>& cancelled = {});

} // namespace dstn
