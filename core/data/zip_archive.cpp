#include "core/data/zip_archive.h"

#include "core/data/checksum.h"
#include "core/error.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>
#include <utility>

namespace dstn {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t localSignature = 0x04034B50, centralSignature = 0x02014B50, endSignature = 0x06054B50,
                        end64Signature = 0x06064B50, locator64Signature = 0x07064B50;
constexpr std::size_t localSize = 30, centralSize = 46, endSize = 22, end64Size = 56, locator64Size = 20;
constexpr std::uint16_t stored = 0, deflated = 8;
constexpr std::uint32_t inExtra32 = 0xFFFFFFFF;

/// A little-endian number of `size` bytes; they must be there.
std::uint64_t number(Bytes bytes, std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8U | std::to_integer<std::uint64_t>(bytes[at + i]);
    return value;
}

bool hasAt(Bytes bytes, std::uint64_t at, std::size_t size) {
    return at <= bytes.size() && size <= bytes.size() - at;
}

[[noreturn]] void damaged(const std::string& name, const std::string& how) {
    throw Error(ErrorKind::data, name + ": the ZIP archive is damaged: " + how + ". Fetch the file again.");
}

class MemberStream : public ByteStream {
  public:
    MemberStream(Bytes packed, const ZipArchive::Member& member, std::string name)
        : packed_(packed), member_(member), name_(std::move(name)) {
        if (member_.method != deflated) return;
        // A negative window: no header of zlib's own.
        if (inflateInit2(&inflater_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
    }
    ~MemberStream() override {
        if (member_.method == deflated) inflateEnd(&inflater_);
    }
    MemberStream(const MemberStream&) = delete;
    MemberStream& operator=(const MemberStream&) = delete;

    std::size_t read(std::span<std::byte> into) override {
        std::size_t done = 0;
        while (done < into.size() && !ended_) {
            const auto part = into.subspan(done, std::min(into.size() - done, std::size_t{1} << 30));
            const std::size_t count = member_.method == deflated ? inflatePart(part) : copyPart(part);
            checksum_ = static_cast<std::uint32_t>(
                crc32_z(checksum_, reinterpret_cast<const Bytef*>(part.data()), count));
            total_ += count;
            done += count;
            if (total_ > member_.size) damaged(name_, "it is longer than its directory says");
        }
        if (ended_ && !checked_) {
            checked_ = true;
            if (total_ != member_.size)
                damaged(name_, "it has " + std::to_string(total_) + " bytes where its directory says " +
                                   std::to_string(member_.size));
            if (checksumsCount && checksum_ != member_.checksum)
                damaged(name_, "its checksum does not match");
        }
        return done;
    }

    std::uint64_t atMost() const override {
        const std::uint64_t left = member_.size - std::min(total_, member_.size);
        const std::uint64_t packed = packed_.size() + inflater_.avail_in + 1;
        if (member_.method == stored) return std::min<std::uint64_t>(left, packed_.size());
        return std::min(left, inflatedAtMost(packed));
    }
    bool exact() const override { return false; }

  private:
    std::size_t copyPart(std::span<std::byte> into) {
        const std::size_t count = std::min(into.size(), packed_.size());
        if (count > 0) std::memcpy(into.data(), packed_.data(), count);
        packed_ = packed_.subspan(count);
        ended_ = count < into.size();
        return count;
    }
    std::size_t inflatePart(std::span<std::byte> into) {
        if (inflater_.avail_in == 0) {
            const auto next = packed_.first(std::min(packed_.size(), std::size_t{1} << 30));
            packed_ = packed_.subspan(next.size());
            // zlib only reads there, though it does not say so.
            inflater_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(next.data()));
            inflater_.avail_in = static_cast<uInt>(next.size());
        }
        inflater_.next_out = reinterpret_cast<Bytef*>(into.data());
        inflater_.avail_out = static_cast<uInt>(into.size());
        const int result = inflate(&inflater_, Z_NO_FLUSH);
        const std::size_t count = into.size() - inflater_.avail_out;
        ended_ = result == Z_STREAM_END;
        if (result == Z_BUF_ERROR && packed_.empty()) damaged(name_, "its compressed data are cut short");
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            damaged(name_, "its compressed data cannot be read");
        return count;
    }

    Bytes packed_;
    ZipArchive::Member member_;
    std::string name_;
    z_stream inflater_ = {};
    std::uint64_t total_ = 0;
    std::uint32_t checksum_ = 0;
    bool ended_ = false, checked_ = false;
};

/// Takes sizes and offset of 64 bits from a member's extra fields, in place of those that say so.
void readExtra64(Bytes extra, ZipArchive::Member& member, const std::string& name) {
    constexpr std::uint16_t zip64 = 1;
    while (extra.size() >= 4) {
        const auto size = static_cast<std::size_t>(number(extra, 2, 2));
        if (extra.size() - 4 < size) return;
        Bytes field = extra.subspan(4, size);
        if (number(extra, 0, 2) == zip64) {
            for (std::uint64_t* value : {&member.size, &member.packedSize, &member.offset}) {
                if (*value != inExtra32) continue;
                if (field.size() < 8) damaged(name, "a size of 64 bits is missing");
                *value = number(field, 0, 8);
                field = field.subspan(8);
            }
            return;
        }
        extra = extra.subspan(4 + size);
    }
}

} // namespace

bool startsZip(Bytes bytes) {
    // An empty archive has its end alone.
    return bytes.size() >= 4 &&
           (number(bytes, 0, 4) == localSignature || number(bytes, 0, 4) == endSignature);
}

ZipArchive::ZipArchive(Bytes bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {
    if (!startsZip(bytes))
        throw Error(ErrorKind::data, name_ + ": is not a ZIP archive. Write it with numpy.savez.");
    // The directory's end lies at the file's, before a comment of up to 64 KiB.
    constexpr std::size_t longestComment = 65535;
    const std::size_t last = bytes.size() < endSize ? 0 : bytes.size() - endSize;
    const std::size_t first = last > longestComment ? last - longestComment : 0;
    std::size_t end = bytes.size();
    for (std::size_t at = last + 1; at-- > first && bytes.size() >= endSize;)
        if (number(bytes, at, 4) == endSignature) {
            end = at;
            break;
        }
    if (end == bytes.size()) damaged(name_, "the end of its directory is missing");
    std::uint64_t count = number(bytes, end + 10, 2), size = number(bytes, end + 12, 4),
                  offset = number(bytes, end + 16, 4);
    if (end >= locator64Size && number(bytes, end - locator64Size, 4) == locator64Signature) {
        const std::uint64_t end64 = number(bytes, end - locator64Size + 8, 8);
        if (!hasAt(bytes, end64, end64Size) ||
            number(bytes, static_cast<std::size_t>(end64), 4) != end64Signature)
            damaged(name_, "the end of its directory is missing");
        const auto at = static_cast<std::size_t>(end64);
        count = number(bytes, at + 32, 8);
        size = number(bytes, at + 40, 8);
        offset = number(bytes, at + 48, 8);
    }
    if (offset > bytes.size() || size > bytes.size() - offset || count > size / centralSize)
        damaged(name_, "its directory lies outside the file");
    Bytes directory = bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
    for (std::uint64_t i = 0; i < count; ++i) {
        if (directory.size() < centralSize || number(directory, 0, 4) != centralSignature)
            damaged(name_, "its directory is cut short");
        Member member;
        member.flags = static_cast<std::uint16_t>(number(directory, 8, 2));
        member.method = static_cast<std::uint16_t>(number(directory, 10, 2));
        member.checksum = static_cast<std::uint32_t>(number(directory, 16, 4));
        member.packedSize = number(directory, 20, 4);
        member.size = number(directory, 24, 4);
        member.offset = number(directory, 42, 4);
        const auto nameSize = static_cast<std::size_t>(number(directory, 28, 2));
        const auto extraSize = static_cast<std::size_t>(number(directory, 30, 2));
        const auto commentSize = static_cast<std::size_t>(number(directory, 32, 2));
        if (directory.size() - centralSize < nameSize + extraSize + commentSize)
            damaged(name_, "its directory is cut short");
        const auto* text = reinterpret_cast<const char*>(directory.data() + centralSize);
        member.name.assign(text, nameSize);
        readExtra64(directory.subspan(centralSize + nameSize, extraSize), member, name_);
        members_.push_back(std::move(member));
        directory = directory.subspan(centralSize + nameSize + extraSize + commentSize);
    }
}

const ZipArchive::Member* ZipArchive::find(const std::string& name) const {
    const auto found = std::find_if(members_.begin(), members_.end(),
                                    [&](const Member& member) { return member.name == name; });
    return found != members_.end() ? &*found : nullptr;
}

std::unique_ptr<ByteStream> ZipArchive::open(const Member& member) const {
    const std::string name = name_ + ", member " + printable(member.name);
    constexpr std::uint16_t encrypted = 1;
    if ((member.flags & encrypted) != 0)
        throw Error(ErrorKind::data, name + ": is encrypted. Write the archive without a password.");
    if (member.method != stored && member.method != deflated)
        throw Error(ErrorKind::data,
                    name + ": is compressed by method " + std::to_string(member.method) +
                        "; only stored and deflated members are supported. Write the archive with "
                        "numpy.savez or numpy.savez_compressed.");
    if (!hasAt(bytes_, member.offset, localSize) ||
        number(bytes_, static_cast<std::size_t>(member.offset), 4) != localSignature)
        damaged(name, "it is not where the directory says");
    const auto at = static_cast<std::size_t>(member.offset);
    // The local header's name and extra fields may differ in length from the directory's.
    const auto skipped = static_cast<std::size_t>(number(bytes_, at + 26, 2) + number(bytes_, at + 28, 2));
    const std::uint64_t start = at + localSize + skipped;
    if (start > bytes_.size() || member.packedSize > bytes_.size() - start) damaged(name, "it is cut short");
    return std::make_unique<MemberStream>(
        bytes_.subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(member.packedSize)), member,
        name);
}

} // namespace dstn
