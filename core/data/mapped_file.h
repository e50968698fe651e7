#pragma once

#include "core/export.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace DSTN_EXPORT dstn {

/// A file's bytes, mapped into memory.
class MappedFile {
  public:
    /// A file that is there, for reading; null if it cannot be mapped, or is empty.
    static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);

    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::uint8_t> bytes() const { return bytes_; }

  private:
    friend class PartialFile;
    explicit MappedFile(std::span<std::uint8_t> bytes) : bytes_(bytes) {}
    std::span<std::uint8_t> bytes_;
};

/// A file being written, mapped: it is named PATH.partial until it is complete, and is locked
/// against other processes that would write it too. If abandoned, it is removed; a killed process leaves one
/// behind, which the next one takes over.
class PartialFile {
  public:
    /// Null if it cannot be created, the disk has too little room, or another process is writing it.
    static std::unique_ptr<PartialFile> create(const std::filesystem::path& path, std::size_t bytes);

    ~PartialFile();
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;

    std::span<std::uint8_t> bytes() { return mapped_->bytes_; }
    /// Gives the file its name. Its contents stay mapped whether or not that succeeds.
    std::shared_ptr<const MappedFile> finish();

  private:
    PartialFile(std::filesystem::path path, int file, std::shared_ptr<MappedFile> mapped);
    std::filesystem::path path_;
    int file_;
    std::shared_ptr<MappedFile> mapped_;
    bool finished_ = false;
};

} // namespace dstn
