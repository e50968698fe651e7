#include "core/data/image_folder.h"

#include "core/data/byte_stream.h"
#include "core/data/cancelling.h"
#include "core/data/checksum.h"
#include "core/data/data_identity.h"
#include "core/data/file_status.h"
#include "core/data/image_cache.h"
#include "core/data/image_file.h"
#include "core/error.h"
#include "core/utf8.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace dstn {
namespace {

using Cancelled = std::function<bool()>;
using Path = std::filesystem::path;

constexpr std::string_view folderLayout =
    "An image folder holds train/CLASS/FILE and, optionally, test/CLASS/FILE, or "
    "CLASS/FILE, with files that end in .jpg, .jpeg or .png.";

bool isImageName(const std::string& name) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos || dot == 0) return false;
    const std::string ending = asciiLowered(name.substr(dot + 1));
    return ending == "jpg" || ending == "jpeg" || ending == "png";
}

/// The names in a folder but for those that begin with a point, ordered by their bytes.
std::vector<std::string> namesIn(const Path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    auto entry = std::filesystem::directory_iterator(folder, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        std::string name = entry->path().filename().string();
        if (!name.starts_with('.')) names.push_back(std::move(name));
    }
    if (error) cannotOpen(folder, error);
    std::sort(names.begin(), names.end());
    return names;
}

bool isFolder(const Path& path) { return std::filesystem::is_directory(statusOf(path)); }

/// The images of a class.
void listClass(const Path& root, const std::string& folder, std::int64_t label,
               std::vector<ImageListing::File>& files) {
    const std::size_t before = files.size();
    for (const std::string& name : namesIn(root / folder)) {
        if (!isImageName(name)) continue;
        std::string path = folder;
        path.append("/").append(name);
        const std::string whole = (root / path).string();
        // One call for all there is to know of a file: there may be a million of them.
        struct stat status {};
        if (stat(whole.c_str(), &status) != 0) cannotOpen(whole, {errno, std::generic_category()});
        if (!S_ISREG(status.st_mode))
            throw Error(ErrorKind::data, whole + ": is not a regular file. Remove it, or rename it.");
        files.push_back({.path = std::move(path), .label = label});
    }
    if (files.size() == before)
        throw Error(ErrorKind::data,
                    (root / folder).string() +
                        ": holds no image. Put .jpg, .jpeg or .png files there, or remove the "
                        "folder of this class.");
}

/// The folders in a folder: its classes.
std::vector<std::string> classesIn(const Path& folder) {
    std::vector<std::string> names = namesIn(folder);
    std::erase_if(names, [&](const std::string& name) { return !isFolder(folder / name); });
    return names;
}

std::vector<std::byte> readBytes(const Path& path) {
    const auto stream = openFile(path);
    constexpr std::uint64_t largest = std::uint64_t{1} << 28U;
    if (stream->atMost() > largest || !stream->exact())
        throw Error(ErrorKind::data,
                    path.string() + (stream->exact() ? ": is larger than 256 MiB. Use smaller images."
                                                     : ": its content is neither a JPEG nor a PNG image. "
                                                       "Convert it, or remove it."));
    std::vector<std::byte> bytes(static_cast<std::size_t>(stream->atMost()));
    bytes.resize(stream->read(bytes));
    return bytes;
}

/// The size that all images must have: the wanted one, or that of the first.
ImageSize sizeOf(const ImageListing& listing, const ImageFolderOptions& options) {
    if (options.imageSize > 0) return {.width = options.imageSize, .height = options.imageSize};
    const Path first = listing.folder / listing.train.front().path;
    return imageSize(readBytes(first), first.string());
}

/// A folder's path from the root, without links; empty where it cannot be told.
std::string placeOf(const Path& folder) {
    std::error_code error;
    const Path place = std::filesystem::canonical(folder, error);
    return error ? std::string() : place.string();
}

/// Decodes all images of a folder on all cores, each to its place.
class Decoding {
  public:
    Decoding(const ImageListing& listing, const ImageFolderOptions& options, ImageSize size,
             ImageCacheWriter& into)
        : listing_(listing), options_(options), size_(size), into_(into), pixels_(into.pixels()) {}

    void run(const LoadingProgress& progress) {
        const std::size_t count = listing_.train.size() + listing_.test.size();
        // Asked once before all else: a few images are done before the first look at how many.
        bool cancelled = progress && !progress("decoding images", 0.0);
        stop_ = cancelled;
        std::vector<std::jthread> workers;
        const std::size_t threads =
            std::min<std::size_t>(count, std::max(1U, std::thread::hardware_concurrency()));
        running_ = threads;
        for (std::size_t i = 0; i < threads; ++i) workers.emplace_back([this] { work(); });
        std::unique_lock lock(mutex_);
        while (running_ > 0) {
            changed_.wait_for(lock, std::chrono::milliseconds(50));
            lock.unlock();
            const double done = static_cast<double>(std::min(next_.load(), count));
            if (!cancelled && progress && !progress("decoding images", done / static_cast<double>(count)))
                cancelled = stop_ = true;
            lock.lock();
        }
        if (cancelled)
            throw Error(ErrorKind::interrupted, "Decoding " + listing_.folder.string() + " was cancelled.");
        if (failure_) std::rethrow_exception(failure_);
    }

  private:
    const ImageListing::File& file(std::size_t image) const {
        return image < listing_.train.size() ? listing_.train[image]
                                             : listing_.test[image - listing_.train.size()];
    }

    void work() {
        while (!stop_) {
            const std::size_t image = next_++;
            if (image >= listing_.train.size() + listing_.test.size()) break;
            try {
                decode(image);
            } catch (...) {
                const std::lock_guard lock(mutex_);
                // Images are begun in order, so the first of the failures is among those that are at work
                // now.
                if (image < failed_) {
                    failed_ = image;
                    failure_ = std::current_exception();
                }
                stop_ = true;
            }
        }
        const std::lock_guard lock(mutex_);
        --running_;
        changed_.notify_one();
    }

    void decode(std::size_t image) {
        const Path path = listing_.folder / file(image).path;
        const std::vector<std::byte> bytes = readBytes(path);
        DecodedImage decoded = decodeImage(bytes, options_.channels, path.string());
        if (options_.imageSize > 0) decoded = squared(decoded, options_.imageSize);
        if (decoded.size != size_)
            throw Error(ErrorKind::data,
                        path.string() + ": is an image of " + text(decoded.size) + " pixels, but " +
                            (listing_.folder / listing_.train.front().path).string() + " has " + text(size_) +
                            ". Set data.image_size to bring all images to one size.");
        // From [height, width, channels] to [channels, height, width].
        const auto channels = static_cast<std::size_t>(options_.channels);
        const std::size_t plane = decoded.pixels.size() / channels;
        std::uint8_t* to = pixels_.data() + image * decoded.pixels.size();
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t p = 0; p < plane; ++p) *to++ = decoded.pixels[p * channels + c];
        into_.setLabel(image, file(image).label);
    }

    static std::string text(ImageSize size) {
        return std::to_string(size.width) + " × " + std::to_string(size.height);
    }

    const ImageListing& listing_;
    const ImageFolderOptions& options_;
    ImageSize size_;
    ImageCacheWriter& into_;
    std::span<std::uint8_t> pixels_;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> stop_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t running_ = 0;
    std::size_t failed_ = SIZE_MAX;
    std::exception_ptr failure_;
};

} // namespace

ImageListing listImageFolder(const Path& folder, const Cancelled& cancelled) {
    requireFolder(folder, "Name the folder of images.");

    ImageListing listing;
    listing.folder = folder;
    const bool parts = isFolder(folder / "train");
    listing.ownTest = parts && isFolder(folder / "test");
    const auto list = [&](const std::string& part, std::vector<ImageListing::File>& files) {
        for (const std::string& name : classesIn(folder / part)) {
            if (cancelled && cancelled())
                throw Error(ErrorKind::interrupted, "Reading " + folder.string() + " was cancelled.");
            const auto known = std::lower_bound(listing.classNames.begin(), listing.classNames.end(), name);
            if (known == listing.classNames.end() || *known != name)
                throw Error(ErrorKind::data,
                            (folder / part / name).string() +
                                ": there is no such class among the training images. Rename or "
                                "remove it.");
            listClass(folder, part.empty() ? name : part + "/" + name, known - listing.classNames.begin(),
                      files);
        }
    };
    const std::string train = parts ? "train" : "";
    listing.classNames = classesIn(folder / train);
    if (listing.classNames.size() < 2)
        throw Error(ErrorKind::data,
                    (folder / train).string() + ": holds " + std::to_string(listing.classNames.size()) +
                        " folders of classes; a classifier needs at least two. " + std::string(folderLayout));
    list(train, listing.train);
    if (listing.ownTest) {
        list("test", listing.test);
        if (listing.test.empty())
            throw Error(ErrorKind::data, (folder / "test").string() +
                                             ": holds no image. Put images of the training classes there, or "
                                             "remove the folder.");
    }
    return listing;
}

std::uint64_t fingerprint(const ImageListing& listing, const ImageFolderOptions& options,
                          const std::string& contents) {
    Fnv1a hash;
    hash.add(contents);
    hash.add(options.channels);
    hash.add(options.imageSize);
    for (const auto* part : {&listing.train, &listing.test}) {
        hash.add(static_cast<std::int64_t>(part->size()));
        for (const ImageListing::File& file : *part) hash.add(file.path);
    }
    return hash.value();
}

ImageSource probeImageFolder(const Path& folder, const ImageFolderOptions& options) {
    const ImageListing listing = listImageFolder(folder);
    const ImageSize size = sizeOf(listing, options);
    ImageSource source{.name = folder.string(),
                       .shape = {options.channels, size.height, size.width},
                       .outputs = static_cast<std::int64_t>(listing.classNames.size()),
                       .classNames = listing.classNames,
                       .classByClass = true,
                       .train = {.count = static_cast<std::int64_t>(listing.train.size())},
                       .test = {}};
    if (listing.ownTest) source.test = {.count = static_cast<std::int64_t>(listing.test.size())};
    return source;
}

ImageSource readImageFolder(const Path& folder, const ImageFolderOptions& options, const Path& cache,
                            const LoadingProgress& progress) {
    const Cancelled cancelled = cancelledBy(progress, "listing images");
    const ImageListing listing = listImageFolder(folder, cancelled);
    std::optional<FilesRead> own;
    FilesRead* const files = FilesRead::current() != nullptr ? FilesRead::current() : &own.emplace();
    for (const auto* part : {&listing.train, &listing.test})
        for (const ImageListing::File& file : *part) FilesRead::note(folder / file.path);
    const std::string place = placeOf(folder);
    std::uint64_t print = 0;
    Path path;
    if (!cache.empty()) {
        print = fingerprint(listing, options,
                            files->identity(folder, cancelledBy(progress, "identifying the data")).hash);
        Fnv1a hash;
        hash.add(place.empty() ? folder.string() : place);
        hash.add(options.channels);
        hash.add(options.imageSize);
        path = cache / imageCacheName(hash.value());
        if (auto images = openImageCache(path, print, folder.string())) return std::move(*images);
    }
    const ImageSize size = sizeOf(listing, options);
    // Before the new file is made: it may need the room.
    if (!cache.empty()) removeOrphanedCaches(cache);
    ImageCacheWriter writer(path,
                            {.fingerprint = print,
                             .shape = {options.channels, size.height, size.width},
                             .train = static_cast<std::int64_t>(listing.train.size()),
                             .test = listing.ownTest ? static_cast<std::int64_t>(listing.test.size()) : -1,
                             .folder = place,
                             .classNames = listing.classNames},
                            folder.string());
    Decoding(listing, options, size, writer).run(progress);
    if (!cache.empty()) files->identity(folder); // or other images would be kept under these contents
    return writer.finish();
}

} // namespace dstn
