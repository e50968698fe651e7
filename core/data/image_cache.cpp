#include "core/data/image_cache.h"

#include "core/data/checksum.h"
#include "core/data/memory_check.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace dstn {
namespace {

// "DSTNIM" and the version, in a little-endian file. Version 1 was without the folder's path, version 2 of a
// decoder whose pixels differ here and there, version 3 without a validation part and of unturned images.
constexpr std::uint64_t magicNumber = 0x0004'4D49'4E54'5344;
constexpr std::uint64_t firstMagicNumber = 0x0001'4D49'4E54'5344;
constexpr std::uint64_t oneVersion = 0x0001'0000'0000'0000;

bool isOfAnEarlierVersion(std::uint64_t magic) {
    return magic >= firstMagicNumber && magic < magicNumber && (magic - firstMagicNumber) % oneVersion == 0;
}

constexpr std::string_view namePrefix = "images-", nameEnding = ".cache";
constexpr std::size_t pageSize = 4096;
constexpr std::size_t checksums = 2 * sizeof(std::uint32_t);

std::span<const std::uint8_t> bytesOf(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

template <typename T>
void put(std::string& to, T number) {
    static_assert(std::is_integral_v<T>);
    to.append(reinterpret_cast<const char*>(&number), sizeof number);
}

/// Reads front to back; `ok` becomes false where the bytes end too early.
class Source {
  public:
    explicit Source(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    template <typename T>
    T number() {
        static_assert(std::is_integral_v<T>);
        T value{};
        if (const auto from = take(sizeof value); !from.empty())
            std::memcpy(&value, from.data(), sizeof value);
        return value;
    }
    std::string text(std::size_t size) {
        const auto from = take(size);
        return {from.begin(), from.end()};
    }
    std::size_t position() const { return position_; }
    std::size_t left() const { return bytes_.size() - position_; }
    bool ok() const { return ok_; }

  private:
    std::span<const std::uint8_t> take(std::size_t size) {
        ok_ = ok_ && size <= left();
        if (!ok_) return {};
        position_ += size;
        return bytes_.subspan(position_ - size, size);
    }

    std::span<const std::uint8_t> bytes_;
    std::size_t position_ = 0;
    bool ok_ = true;
};

/// a · b, or nothing if that is not a valid size.
std::optional<std::size_t> times(std::optional<std::size_t> a, std::int64_t b) {
    constexpr std::size_t largest = std::numeric_limits<std::int64_t>::max();
    if (!a || b < 0 || (b > 0 && *a > largest / static_cast<std::size_t>(b))) return std::nullopt;
    return *a * static_cast<std::size_t>(b);
}

std::int64_t countAll(const ImageCacheHeader& header) {
    return header.train + std::max<std::int64_t>(header.validation, 0) +
           std::max<std::int64_t>(header.test, 0);
}

std::string encoded(const ImageCacheHeader& header) {
    std::string start;
    put(start, magicNumber);
    put(start, header.fingerprint);
    for (const std::int64_t extent : header.shape) put(start, extent);
    put(start, header.train);
    put(start, header.validation);
    put(start, header.test);
    put(start, static_cast<std::int64_t>(header.classNames.size()));
    const auto putText = [&](const std::string& text) {
        put(start, static_cast<std::uint32_t>(text.size()));
        start += text;
    };
    putText(header.folder);
    for (const std::string& name : header.classNames) putText(name);
    return start;
}

/// A file's beginning.
struct Start {
    ImageCacheHeader header;
    std::size_t end = 0; ///< its bytes
    std::uint32_t dataChecksum = 0;
};

/// Nothing if it is damaged, or of another format.
std::optional<Start> parseHeader(std::span<const std::uint8_t> bytes) {
    Source source(bytes);
    if (source.number<std::uint64_t>() != magicNumber) return std::nullopt;
    Start start;
    ImageCacheHeader& header = start.header;
    header.fingerprint = source.number<std::uint64_t>();
    for (int i = 0; i < 3; ++i) header.shape.push_back(source.number<std::int64_t>());
    header.train = source.number<std::int64_t>();
    header.validation = source.number<std::int64_t>();
    header.test = source.number<std::int64_t>();
    const auto classes = source.number<std::int64_t>();
    header.folder = source.text(source.number<std::uint32_t>());
    // Each name takes four bytes at least.
    if (!source.ok() || classes < 0 || static_cast<std::uint64_t>(classes) > source.left() / 4)
        return std::nullopt;
    for (std::int64_t i = 0; i < classes && source.ok(); ++i)
        header.classNames.push_back(source.text(source.number<std::uint32_t>()));
    start.dataChecksum = source.number<std::uint32_t>();
    const std::size_t checked = source.position();
    const auto checksum = source.number<std::uint32_t>();
    if (!source.ok() || (checksumsCount && crc32Of(bytes.first(checked)) != checksum)) return std::nullopt;
    start.end = source.position();
    return start;
}

bool isCacheName(const std::string& name) {
    constexpr std::size_t digits = 16;
    return name.starts_with(namePrefix) && name.ends_with(nameEnding) &&
           name.size() == namePrefix.size() + digits + nameEnding.size() &&
           name.find_first_not_of("0123456789abcdef", namePrefix.size()) == namePrefix.size() + digits;
}

/// Whether a cache file is certainly of this project, and of no use any more.
bool isOrphaned(const std::filesystem::path& path) {
    const auto file = MappedFile::open(path);
    if (!file) return false;
    if (isOfAnEarlierVersion(Source(file->bytes()).number<std::uint64_t>())) return true;
    const auto start = parseHeader(file->bytes());
    if (!start || start->header.folder.empty()) return false;
    std::error_code error;
    return std::filesystem::status(start->header.folder, error).type() ==
           std::filesystem::file_type::not_found;
}

std::size_t roundedUp(std::size_t bytes) { return (bytes + pageSize - 1) / pageSize * pageSize; }

ImageSource sourceOf(const ImageCacheHeader& header, std::string name, std::span<const std::uint8_t> data,
                     const std::shared_ptr<const void>& owner) {
    ImageSource source{.name = std::move(name),
                       .shape = header.shape,
                       .outputs = static_cast<std::int64_t>(header.classNames.size()),
                       .classNames = header.classNames,
                       .classByClass = true};
    const auto size = static_cast<std::size_t>(header.shape[0] * header.shape[1] * header.shape[2]);
    const std::uint8_t* labels = data.data() + static_cast<std::size_t>(countAll(header)) * size;
    const auto part = [&](std::size_t first, std::int64_t count) {
        const auto images = static_cast<std::size_t>(count);
        ImageSet set{.count = count,
                     .bytes = SharedBytes(data.subspan(first * size, images * size), owner),
                     .labels = {}};
        set.labels.reserve(images);
        for (std::size_t i = first; i < first + images; ++i) {
            std::uint32_t label = 0;
            std::memcpy(&label, labels + i * sizeof label, sizeof label);
            set.labels.push_back(label);
        }
        return set;
    };
    source.train = part(0, header.train);
    auto next = static_cast<std::size_t>(header.train);
    const auto own = [&](std::int64_t count) -> std::optional<ImageSet> {
        if (count < 0) return std::nullopt;
        const std::size_t first = next;
        next += static_cast<std::size_t>(count);
        return part(first, count);
    };
    source.validation = own(header.validation);
    source.test = own(header.test);
    return source;
}

} // namespace

std::filesystem::path imageCacheFolder() {
    const auto variable = [](const char* name) -> std::filesystem::path {
        const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile
        return value != nullptr ? value : "";
    };
    std::filesystem::path base = variable("XDG_CACHE_HOME");
    // The specification has a path that is not absolute ignored.
    if (!base.is_absolute()) {
        base = variable("HOME");
        if (!base.is_absolute()) return {};
        base /= ".cache";
    }
    return base / "delta-stn-workbench";
}

std::string imageCacheName(std::uint64_t number) {
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(number));
    return std::string(namePrefix).append(digits.data()).append(nameEnding);
}

void removeOrphanedCaches(const std::filesystem::path& cache) {
    std::error_code error;
    std::vector<std::filesystem::path> orphaned;
    auto entry = std::filesystem::directory_iterator(cache, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        if (isCacheName(entry->path().filename().string()) && isOrphaned(entry->path()))
            orphaned.push_back(entry->path());
    // What another process has removed meanwhile, or may not be removed, is not a mistake.
    for (const auto& path : orphaned) std::filesystem::remove(path, error);
}

std::optional<ImageSource> parseImageCache(const SharedBytes& file, std::uint64_t fingerprint,
                                           const std::string& name) {
    const auto bytes = file.view();
    const auto start = parseHeader(bytes);
    if (!start || start->header.fingerprint != fingerprint) return std::nullopt;
    const ImageCacheHeader& header = start->header;

    std::optional<std::size_t> size = 1;
    for (const std::int64_t extent : header.shape) size = times(size, extent);
    // Far more than any file holds, and far from an overflow of their sum.
    constexpr std::int64_t mostImages = std::numeric_limits<std::int64_t>::max() / 4;
    for (const std::int64_t images : {header.train, header.validation, header.test})
        if (images < -1 || images > mostImages) return std::nullopt;
    if (header.train < 0) return std::nullopt;
    const std::int64_t count = countAll(header);
    const auto pixels = times(size, count), labels = times(sizeof(std::uint32_t), count);
    const std::size_t offset = roundedUp(start->end);
    if (!pixels || !labels || offset > bytes.size() || *pixels > bytes.size() - offset ||
        *labels != bytes.size() - offset - *pixels)
        return std::nullopt;
    const auto data = bytes.subspan(offset);
    if (checksumsCount && crc32Of(data) != start->dataChecksum) return std::nullopt;

    const auto owner = std::make_shared<const SharedBytes>(file);
    ImageSource source = sourceOf(header, name, data, owner);
    const auto classes = static_cast<std::int64_t>(header.classNames.size());
    const auto known = [&](const ImageSet& set) {
        return std::all_of(set.labels.begin(), set.labels.end(),
                           [&](std::int64_t label) { return label < classes; });
    };
    for (const ImageSet* part : {&source.train, source.validation ? &*source.validation : nullptr,
                                 source.test ? &*source.test : nullptr})
        if (part != nullptr && !known(*part)) return std::nullopt;
    return source;
}

std::optional<ImageSource> openImageCache(const std::filesystem::path& path, std::uint64_t fingerprint,
                                          const std::string& name) {
    const auto file = MappedFile::open(path);
    if (!file) return std::nullopt;
    return parseImageCache(SharedBytes(file->bytes(), file), fingerprint, name);
}

ImageCacheWriter::ImageCacheWriter(const std::filesystem::path& path, ImageCacheHeader header,
                                   const std::string& name)
    : header_(std::move(header)), name_(name), start_(encoded(header_)) {
    dataOffset_ = roundedUp(start_.size() + checksums);
    const auto count = static_cast<std::size_t>(countAll(header_));
    double pixels = static_cast<double>(count);
    for (const std::int64_t extent : header_.shape) pixels *= static_cast<double>(extent);
    constexpr double largest = 1e18;
    if (pixels < largest) {
        pixelBytes_ = static_cast<std::size_t>(pixels);
        const std::size_t bytes = dataOffset_ + pixelBytes_ + count * sizeof(std::uint32_t);
        std::error_code error;
        if (!path.empty()) {
            std::filesystem::create_directories(path.parent_path(), error);
            partial_ = PartialFile::create(path, bytes);
        }
        if (partial_) return;
    }
    requireMemory(pixels, name, "Use fewer or smaller images, or make room for the cache.");
    memory_ = std::make_shared<std::vector<std::uint8_t>>(dataOffset_ + pixelBytes_ +
                                                          count * sizeof(std::uint32_t));
}

ImageCacheWriter::~ImageCacheWriter() = default;

std::span<std::uint8_t> ImageCacheWriter::file() {
    return partial_ ? partial_->bytes() : std::span<std::uint8_t>(*memory_);
}

std::span<std::uint8_t> ImageCacheWriter::pixels() { return file().subspan(dataOffset_, pixelBytes_); }

void ImageCacheWriter::setLabel(std::size_t image, std::int64_t label) {
    const auto number = static_cast<std::uint32_t>(label);
    std::memcpy(file().data() + dataOffset_ + pixelBytes_ + image * sizeof number, &number, sizeof number);
}

ImageSource ImageCacheWriter::finish() {
    const auto data = file().subspan(dataOffset_);
    if (!partial_) return sourceOf(header_, name_, data, memory_);
    put(start_, crc32Of(data));
    put(start_, crc32Of(bytesOf(start_)));
    std::copy(start_.begin(), start_.end(), partial_->bytes().begin());
    return sourceOf(header_, name_, data, partial_->finish());
}

} // namespace dstn
