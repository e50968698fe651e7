#pragma once

#include "core/export.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace DSTN_EXPORT dstn {

/// A file's bytes, mapped into memory. Others may truncate or rewrite the file meanwhile: what is lost of it
/// then reads as zeros, and intact() tells.
class MappedFile {
  public:
    /// A file that is there, for reading; null if it cannot be mapped, or is empty.
    static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);

    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::uint8_t> bytes() const { return bytes_; }
    /// Whether all that was read so far is what the file held when it was opened, or finished.
    bool intact() const;
    /// Throws Error{data} unless it is.
    void requireIntact() const;
    /// The same for whoever has no more than its bytes; does nothing where they are no mapped file's.
    static void requireIntactAt(const std::uint8_t* bytes);

  private:
    friend class PartialFile;
    struct Guard;
    /// When a file was last changed, and its size.
    struct Stamp {
        std::int64_t bytes = 0, seconds = 0, nanoseconds = 0;
        bool operator==(const Stamp&) const = default;
    };
    /// @param file a descriptor, which is duplicated
    /// @return null if it cannot be mapped
    static std::shared_ptr<MappedFile> map(const std::filesystem::path& path, int file, std::size_t bytes,
                                           bool writable);
    MappedFile(std::filesystem::path path, int file, std::span<std::uint8_t> bytes, Guard& guard);
    Stamp stamp() const;

    std::filesystem::path path_;
    int file_;
    std::span<std::uint8_t> bytes_;
    Guard& guard_;
    Stamp stamp_;
};

/// To be asked after reading. Throws Error{data} if the bytes are a mapped file's that is not intact: what
/// was read is wrong.
void requireIntact(std::span<const std::uint8_t> bytes);

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
