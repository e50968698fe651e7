#include "core/data/data_identity.h"

#include "core/data/byte_stream.h"
#include "core/error.h"

#include <xxhash.h>

#include <sys/stat.h>

#include <array>
#include <memory>
#include <span>
#include <vector>

namespace dstn {

namespace {

thread_local FilesRead* wanting = nullptr;

/// XXH3 of 128 bits, part by part.
class Xxh3 {
  public:
    Xxh3() : state_(XXH3_createState(), XXH3_freeState) {
        if (!state_) throw std::bad_alloc();
        XXH3_128bits_reset(state_.get());
    }
    void add(std::span<const std::byte> bytes) {
        XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
    }
    /// A text, or number, with its end, so that no two sequences of them are the same bytes.
    void add(const std::string& text) { add(std::as_bytes(std::span(text.data(), text.size() + 1))); }
    std::string digits() const {
        XXH128_canonical_t canonical;
        XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_.get()));
        constexpr std::string_view hexadecimal = "0123456789abcdef";
        std::string text;
        for (const unsigned char byte : canonical.digest) {
            text += hexadecimal[byte >> 4U];
            text += hexadecimal[byte & 15U];
        }
        return text;
    }

  private:
    std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

std::string sizeText(const DataIdentity& data) {
    const std::string bytes = std::to_string(data.bytes) + (data.bytes == 1 ? " byte" : " bytes");
    return data.files == 1 ? bytes : std::to_string(data.files) + " files of " + bytes;
}

} // namespace

std::string difference(const DataIdentity& then, const DataIdentity& now) {
    if (then.hash.empty() || now.hash.empty() || then.hash == now.hash) return {};
    const std::string before = sizeText(then), after = sizeText(now);
    return before == after ? before + " as before, with other contents" : before + " then, " + after + " now";
}

std::string contentHash(const std::vector<std::span<const std::byte>>& parts) {
    Xxh3 hash;
    for (const std::span<const std::byte> part : parts) {
        hash.add(std::to_string(part.size()));
        hash.add(part);
    }
    return hash.digits();
}

std::string identityText(const DataIdentity& data) {
    return data.hash.empty() ? std::string() : data.path + ", " + sizeText(data) + ", XXH3 " + data.hash;
}

FilesRead::FilesRead() { wanting = this; }
FilesRead::~FilesRead() { wanting = nullptr; }

FilesRead::Seen FilesRead::look(const std::filesystem::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return {.bytes = -1, .modified = 0};
    return {.bytes = status.st_size,
            .modified = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

void FilesRead::note(const std::filesystem::path& file) {
    if (wanting != nullptr && wanting->files_.try_emplace(file.lexically_normal(), look(file)).second)
        wanting->known_.reset();
}

FilesRead* FilesRead::current() { return wanting; }

DataIdentity FilesRead::identity(const std::filesystem::path& root, const std::function<bool()>& cancelled) {
    const auto changed = [](const std::filesystem::path& file) {
        return Error(ErrorKind::data,
                     file.string() +
                         ": was changed while it was being read. Start again once it is complete.");
    };
    if (known_ && root_ == root) {
        for (const auto& [file, seen] : files_)
            if (look(file) != seen) throw changed(file);
        return *known_;
    }
    DataIdentity result{.path = std::filesystem::absolute(root).lexically_normal().string()};
    Xxh3 hash;
    constexpr std::size_t chunk = std::size_t{1} << 20;
    std::vector<std::byte> bytes(chunk);
    for (const auto& [file, seen] : files_) {
        const auto stream = openRawFile(file);
        hash.add(file.lexically_relative(root.lexically_normal()).string());
        hash.add(std::to_string(seen.bytes));
        std::int64_t size = 0;
        while (const std::size_t read = stream->read(bytes)) {
            if (cancelled && cancelled())
                throw Error(ErrorKind::interrupted, "Reading " + file.string() + " was cancelled.");
            hash.add(std::span(bytes).first(read));
            size += static_cast<std::int64_t>(read);
        }
        if (size != seen.bytes || look(file) != seen) throw changed(file);
        ++result.files;
        result.bytes += size;
    }
    if (result.files > 0) result.hash = hash.digits();
    root_ = root;
    known_ = result;
    return result;
}

} // namespace dstn
