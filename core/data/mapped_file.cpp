#include "core/data/mapped_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>
#include <utility>

namespace dstn {
namespace {

/// A file descriptor that closes itself.
class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }
    int release() { return std::exchange(number_, -1); }

  private:
    int number_;
};

std::filesystem::path partialName(const std::filesystem::path& path) {
    return std::filesystem::path(path).concat(".partial");
}

} // namespace

MappedFile::~MappedFile() { munmap(bytes_.data(), bytes_.size()); }

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (file.number() < 0 || fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_size == 0)
        return nullptr;
    const auto size = static_cast<std::size_t>(status.st_size);
    void* place = mmap(nullptr, size, PROT_READ, MAP_SHARED, file.number(), 0);
    if (place == MAP_FAILED) return nullptr;
    return std::shared_ptr<const MappedFile>(new MappedFile({static_cast<std::uint8_t*>(place), size}));
}

std::unique_ptr<PartialFile> PartialFile::create(const std::filesystem::path& path, std::size_t bytes) {
    const std::filesystem::path partial = partialName(path);
    Descriptor file(::open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.number() < 0 || flock(file.number(), LOCK_EX | LOCK_NB) != 0) return nullptr;
    // Whoever held the lock may have finished meanwhile: then this is no longer the partial file, but the
    // whole one.
    struct stat locked {
    }, named{};
    if (fstat(file.number(), &locked) != 0 || stat(partial.c_str(), &named) != 0 ||
        locked.st_ino != named.st_ino || !S_ISREG(locked.st_mode))
        return nullptr;
    const auto size = static_cast<off_t>(bytes);
    // Without room on the disk, writing to the mapped file would end the program.
    if (ftruncate(file.number(), 0) != 0 || posix_fallocate(file.number(), 0, size) != 0) {
        unlink(partial.c_str());
        return nullptr;
    }
    void* place = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.number(), 0);
    if (place == MAP_FAILED) {
        unlink(partial.c_str());
        return nullptr;
    }
    std::shared_ptr<MappedFile> mapped(new MappedFile({static_cast<std::uint8_t*>(place), bytes}));
    return std::unique_ptr<PartialFile>(new PartialFile(path, file.release(), std::move(mapped)));
}

PartialFile::PartialFile(std::filesystem::path path, int file, std::shared_ptr<MappedFile> mapped)
    : path_(std::move(path)), file_(file), mapped_(std::move(mapped)) {}

PartialFile::~PartialFile() {
    if (!finished_) unlink(partialName(path_).c_str());
    close(file_);
}

std::shared_ptr<const MappedFile> PartialFile::finish() {
    std::error_code error;
    std::filesystem::rename(partialName(path_), path_, error);
    finished_ = !error;
    mprotect(mapped_->bytes_.data(), mapped_->bytes_.size(), PROT_READ);
    return mapped_;
}

} // namespace dstn
