#pragma once

#include "core/data/byte_stream.h"
#include "core/export.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The members of a ZIP archive in memory (PKWARE's APPNOTE 6.3.9): stored or deflated, with sizes of 32 or
/// 64 bits, in one file and not encrypted.
class ZipArchive {
  public:
    struct Member {
        std::string name;
        std::uint64_t packedSize = 0, size = 0;
        std::uint64_t offset = 0; ///< of its local header
        std::uint32_t checksum = 0;
        std::uint16_t flags = 0, method = 0;
    };

    /// @param bytes must outlive the archive and its streams; `name` appears in messages
    /// Throws Error{data} if it is not a ZIP archive, or its directory is damaged.
    ZipArchive(std::span<const std::byte> bytes, std::string name);

    const std::vector<Member>& members() const { return members_; }
    const Member* find(const std::string& name) const;
    /// The member's bytes. Reading to their end checks size and CRC-32, and throws Error{data} if they do
    /// not match. Throws Error{data} if the member is encrypted, or compressed by another method.
    std::unique_ptr<ByteStream> open(const Member& member) const;

  private:
    std::span<const std::byte> bytes_;
    std::string name_;
    std::vector<Member> members_;
};

/// Whether bytes start as a ZIP archive does.
bool startsZip(std::span<const std::byte> bytes);

} // namespace dstn
