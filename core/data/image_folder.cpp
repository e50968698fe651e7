#include "core/data/image_folder.h"

#include "core/data/byte_stream.h"
#include "core/data/cancelling.h"
#include "core/data/checksum.h"
#include "core/data/data_identity.h"
#include "core/data/image_cache.h"
#include "core/data/image_file.h"
#include "core/error.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace dstn {
namespace {

using Cancelled = std::function<bool()>;
using Path = std::filesystem::path;

std::vector<std::byte> readBytes(const Path& path) {
    const auto stream = openFile(path);
    constexpr std::uint64_t largest = std::uint64_t{1} << 28U;
    if (stream->atMost() > largest || !stream->exact())
        throw Error(ErrorKind::data,
                    path.string() + (stream->exact()
                                         ? ": is larger than 256 MiB. Use smaller images."
                                         : ": its content is neither a JPEG, a PNG nor a WebP image. "
                                           "Convert it, or remove it."));
    std::vector<std::byte> bytes(static_cast<std::size_t>(stream->atMost()));
    bytes.resize(stream->read(bytes));
    return bytes;
}

/// What the first image says of all: its size, unless another is wanted, and its depth.
ImageFacts factsOf(const ImageListing& listing, const ImageFolderOptions& options) {
    const Path first = listing.folder / listing.train.front().path;
    ImageFacts facts = imageFacts(readBytes(first), first.string());
    if (options.imageSize > 0) facts.size = {.width = options.imageSize, .height = options.imageSize};
    return facts;
}

/// What is to be said of a folder and its images.
void describe(ImageSource& source, const ImageListing& listing, const ImageFacts& facts) {
    source.taskReason = "each folder is a class";
    source.lookedFor = "a folder val with a folder for each class";
    source.decisions = listing.decisions;
    source.warnings = listing.warnings;
    if (facts.deep)
        source.decisions.push_back("The images have 16 bits a channel, as the first one shows; they are "
                                   "scaled to 8.");
}

std::int64_t countOf(const std::vector<ImageListing::File>& part) {
    return static_cast<std::int64_t>(part.size());
}

/// What is known without decoding anything.
ImageSet labelsOf(const std::vector<ImageListing::File>& part) {
    ImageSet set{.count = countOf(part)};
    for (const ImageListing::File& file : part) set.labels.push_back(file.label);
    return set;
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
        : listing_(listing), options_(options), size_(size), into_(into), pixels_(into.pixels()) {
        for (const auto* part : {&listing.train, &listing.validation, &listing.test})
            for (const ImageListing::File& file : *part) files_.push_back(&file);
    }

    void run(const LoadingProgress& progress) {
        const std::size_t count = files_.size();
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
    void work() {
        while (!stop_) {
            const std::size_t image = next_++;
            if (image >= files_.size()) break;
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
        const Path path = listing_.folder / files_[image]->path;
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
        into_.setLabel(image, files_[image]->label);
    }

    static std::string text(ImageSize size) {
        return std::to_string(size.width) + " × " + std::to_string(size.height);
    }

    const ImageListing& listing_;
    std::vector<const ImageListing::File*> files_; ///< in the order of the cache
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

std::uint64_t fingerprint(const ImageListing& listing, const ImageFolderOptions& options) {
    Fnv1a hash;
    hash.add(options.channels);
    hash.add(options.imageSize);
    for (const auto* part : {&listing.train, &listing.validation, &listing.test}) {
        hash.add(static_cast<std::int64_t>(part->size()));
        for (const ImageListing::File& file : *part) {
            hash.add(file.path);
            hash.add(file.bytes);
            hash.add(file.modified);
        }
    }
    return hash.value();
}

ImageSource probeImageFolder(const Path& folder, const ImageFolderOptions& options) {
    const ImageListing listing = listImageFolder(folder, options.folders);
    const ImageFacts facts = factsOf(listing, options);
    ImageSource source{.name = folder.string(),
                       .shape = {options.channels, facts.size.height, facts.size.width},
                       .outputs = static_cast<std::int64_t>(listing.classNames.size()),
                       .classNames = listing.classNames,
                       .classByClass = true,
                       .train = labelsOf(listing.train)};
    if (listing.ownValidation) source.validation = labelsOf(listing.validation);
    if (listing.ownTest) source.test = labelsOf(listing.test);
    describe(source, listing, facts);
    return source;
}

ImageSource readImageFolder(const Path& folder, const ImageFolderOptions& options, const Path& cache,
                            const LoadingProgress& progress) {
    const Cancelled cancelled = cancelledBy(progress, "listing images");
    const ImageListing listing = listImageFolder(folder, options.folders, cancelled);
    for (const auto* part : {&listing.train, &listing.validation, &listing.test})
        for (const ImageListing::File& file : *part) FilesRead::note(folder / file.path);
    const ImageFacts facts = factsOf(listing, options);
    const std::uint64_t print = fingerprint(listing, options);
    const std::string place = placeOf(folder);
    Path path;
    if (!cache.empty()) {
        Fnv1a hash;
        hash.add(place.empty() ? folder.string() : place);
        hash.add(options.channels);
        hash.add(options.imageSize);
        path = cache / imageCacheName(hash.value());
        if (auto images = openImageCache(path, print, folder.string())) {
            describe(*images, listing, facts);
            return std::move(*images);
        }
    }
    // Before the new file is made: it may need the room.
    if (!cache.empty()) removeOrphanedCaches(cache);
    ImageCacheWriter writer(path,
                            {.fingerprint = print,
                             .shape = {options.channels, facts.size.height, facts.size.width},
                             .train = countOf(listing.train),
                             .validation = listing.ownValidation ? countOf(listing.validation) : -1,
                             .test = listing.ownTest ? countOf(listing.test) : -1,
                             .folder = place,
                             .classNames = listing.classNames},
                            folder.string());
    Decoding(listing, options, facts.size, writer).run(progress);
    ImageSource source = writer.finish();
    describe(source, listing, facts);
    return source;
}

} // namespace dstn
