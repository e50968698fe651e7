#include "core/data/byte_stream.h"

#include "core/data/data_identity.h"
#include "core/data/file_status.h"
#include "core/data/memory_check.h"
#include "core/error.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <system_error>
#include <vector>

namespace dstn {
namespace {

constexpr std::size_t chunkSize = std::size_t{1} << 18;

class MemoryStream : public ByteStream {
  public:
    explicit MemoryStream(std::span<const std::byte> bytes) : left_(bytes) {}

    std::size_t read(std::span<std::byte> into) override {
        const std::size_t count = std::min(into.size(), left_.size());
        if (count > 0) std::memcpy(into.data(), left_.data(), count);
        left_ = left_.subspan(count);
        return count;
    }
    std::uint64_t atMost() const override { return left_.size(); }

  private:
    std::span<const std::byte> left_;
};

class FileStream : public ByteStream {
  public:
    explicit FileStream(const std::filesystem::path& path) : name_(path.string()) {
        const auto status = statusOf(path);
        if (!std::filesystem::exists(status)) notThere(path, "file");
        if (!std::filesystem::is_regular_file(status))
            throw Error(ErrorKind::data, name_ + ": is not a regular file. Name the data file itself.");
        std::error_code error;
        size_ = std::filesystem::file_size(path, error);
        left_ = size_;
        file_.open(path, std::ios::binary);
        if (error || !file_)
            throw Error(ErrorKind::data,
                        name_ + ": the file cannot be opened for reading. Check its permissions.");
    }

    std::size_t read(std::span<std::byte> into) override {
        file_.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
        if (file_.bad())
            throw Error(ErrorKind::data, name_ + ": reading failed midway. Check the disk, then try again.");
        const auto count = static_cast<std::size_t>(file_.gcount());
        left_ -= std::min<std::uint64_t>(left_, count);
        return count;
    }
    std::uint64_t atMost() const override { return left_; }

    void rewind() {
        file_.clear(); // a file shorter than what was read has its end flagged
        file_.seekg(0);
        left_ = size_;
    }

  private:
    std::string name_;
    std::ifstream file_;
    std::uint64_t size_ = 0, left_ = 0;
};

class GzipStream : public ByteStream {
  public:
    GzipStream(std::unique_ptr<ByteStream> source, std::string name)
        : source_(std::move(source)), name_(std::move(name)), buffer_(chunkSize) {
        // 16 above the window's size: gzip's header and checksum are expected.
        if (inflateInit2(&inflater_, MAX_WBITS + 16) != Z_OK) throw std::bad_alloc();
    }
    ~GzipStream() override { inflateEnd(&inflater_); }
    GzipStream(const GzipStream&) = delete;
    GzipStream& operator=(const GzipStream&) = delete;

    std::size_t read(std::span<std::byte> into) override {
        std::size_t done = 0;
        while (done < into.size() && !ended_) {
            if (inflater_.avail_in == 0) refill();
            const std::size_t room = std::min(into.size() - done, std::size_t{1} << 30);
            inflater_.next_out = reinterpret_cast<Bytef*>(into.data() + done);
            inflater_.avail_out = static_cast<uInt>(room);
            const int result = inflate(&inflater_, Z_NO_FLUSH);
            done += room - inflater_.avail_out;
            if (result == Z_STREAM_END)
                finishMember();
            else if (result != Z_OK && result != Z_BUF_ERROR)
                throw Error(ErrorKind::data, name_ + ": the gzip data is damaged (" + reason(result) +
                                                 "). Fetch the file again.");
        }
        return done;
    }

    std::uint64_t atMost() const override {
        return inflatedAtMost(source_->atMost() + inflater_.avail_in + 1);
    }
    bool exact() const override { return false; }

  private:
    void refill() {
        const std::size_t count = source_->read(buffer_);
        if (count == 0)
            throw Error(ErrorKind::data, name_ + ": the gzip data is cut short after " +
                                             std::to_string(inflater_.total_out) +
                                             " decompressed bytes. Fetch the file again.");
        inflater_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
        inflater_.avail_in = static_cast<uInt>(count);
    }

    void finishMember() {
        if (inflater_.avail_in == 0) {
            const std::size_t count = source_->read(buffer_);
            inflater_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
            inflater_.avail_in = static_cast<uInt>(count);
        }
        if (inflater_.avail_in == 0) {
            ended_ = true;
            return;
        }
        if (inflater_.next_in[0] != 0x1f)
            throw Error(ErrorKind::data, name_ + ": " +
                                             std::to_string(source_->atMost() + inflater_.avail_in) +
                                             " bytes follow the end of the gzip data. Fetch the file again.");
        inflateReset(&inflater_);
    }

    std::string reason(int result) const {
        if (inflater_.msg != nullptr) return inflater_.msg;
        return result == Z_NEED_DICT ? "it needs a dictionary" : "zlib error " + std::to_string(result);
    }

    std::unique_ptr<ByteStream> source_;
    std::string name_;
    std::vector<std::byte> buffer_;
    z_stream inflater_ = {};
    bool ended_ = false;
};

bool startsGzip(std::span<const std::byte> bytes) {
    return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

} // namespace

std::unique_ptr<ByteStream> openFile(const std::filesystem::path& path) {
    FilesRead::note(path);
    auto file = std::make_unique<FileStream>(path);
    std::array<std::byte, 2> start{};
    const std::size_t count = file->read(start);
    file->rewind();
    if (!startsGzip(std::span(start).first(count))) return file;
    return std::make_unique<GzipStream>(std::move(file), path.string());
}

std::unique_ptr<ByteStream> openRawFile(const std::filesystem::path& path) {
    return std::make_unique<FileStream>(path);
}

std::unique_ptr<ByteStream> openMemory(std::span<const std::byte> bytes, const std::string& name) {
    auto memory = std::make_unique<MemoryStream>(bytes);
    if (!startsGzip(bytes)) return memory;
    return std::make_unique<GzipStream>(std::move(memory), name);
}

void readDeclared(ByteStream& stream, std::vector<std::uint8_t>& bytes, std::size_t declared,
                  const std::string& size, const std::string& name, const std::function<bool()>& cancelled) {
    constexpr std::size_t chunk = std::size_t{1} << 20;
    while (bytes.size() < declared) {
        if (cancelled && cancelled())
            throw Error(ErrorKind::interrupted, "Reading " + name + " was cancelled.");
        const std::size_t before = bytes.size();
        // Grown by doubling: a header that lies costs no more than twice what is really there.
        const std::size_t want = std::min(declared, std::max(before + chunk, 2 * before));
        bytes.reserve(want);
        bytes.resize(std::min(want, before + chunk));
        const std::size_t asked = bytes.size() - before;
        const std::size_t found = stream.read(std::as_writable_bytes(std::span(bytes).subspan(before)));
        if (found < asked)
            throw Error(ErrorKind::data, name + ": is truncated: " + size + " expected after the header, " +
                                             std::to_string(before + found) +
                                             " found. Fetch the file again.");
    }
    std::array<std::byte, 1> more{};
    if (stream.read(more) > 0)
        throw Error(ErrorKind::data, name + ": is too long: bytes follow the " + size +
                                         " that its header declares. Fetch the file again.");
}

std::uint64_t inflatedAtMost(std::uint64_t compressed) {
    constexpr std::uint64_t bestRatio = 1032; // zlib's technical details
    return compressed > UINT64_MAX / bestRatio ? UINT64_MAX : compressed * bestRatio;
}

std::string readText(const std::filesystem::path& path, const std::function<bool()>& cancelled) {
    const auto stream = openFile(path);
    std::string text;
    constexpr std::size_t chunk = std::size_t{1} << 20;
    while (true) {
        if (cancelled && cancelled())
            throw Error(ErrorKind::interrupted, "Reading " + path.string() + " was cancelled.");
        const std::size_t before = text.size();
        // As it grows, the old and the new place of the text, of double the size, are there at once.
        requireMemory(3.0 * static_cast<double>(before), path.string(), smallerFile);
        text.resize(before + chunk);
        const std::size_t found = stream->read(std::as_writable_bytes(std::span(text).subspan(before)));
        if (found == chunk) continue;
        text.resize(before + found);
        return text;
    }
}

} // namespace dstn
