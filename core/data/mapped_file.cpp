#include "core/data/mapped_file.h"

#include "core/error.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <mutex>
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

/// A range of memory whose file may shrink. Reading behind its end raises SIGBUS: the handler, which reaches
/// nothing but what has static life, puts zeros there and notes it.
struct MappedFile::Guard {
    std::atomic<bool> taken = false, hit = false;
    std::atomic<std::uintptr_t> begin = 0, end = 0;
    std::atomic<bool> writable = false;
    std::atomic<const MappedFile*> file = nullptr;

    static std::array<Guard, 256> all;
    static struct sigaction before;

    static void handle(int signal, siginfo_t* info, void* /*context*/) {
        const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
        for (Guard& guard : all) {
            if (at < guard.begin || at >= guard.end) continue;
            const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
            void* place = static_cast<std::byte*>(info->si_addr) - at % page;
            const int protection = guard.writable ? PROT_READ | PROT_WRITE : PROT_READ;
            if (mmap(place, page, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
                break;
            guard.hit = true;
            return;
        }
        sigaction(signal, &before, nullptr); // not ours: it comes again, and is for whoever had it
    }
    static void install() {
        struct sigaction action {};
        action.sa_sigaction = handle;
        action.sa_flags = SA_SIGINFO | SA_NODEFER;
        sigaction(SIGBUS, &action, &before);
    }
    /// One that is free; null if none is.
    static Guard* take() {
        static std::once_flag once;
        std::call_once(once, install);
        for (Guard& guard : all)
            if (!guard.taken.exchange(true)) return &guard;
        return nullptr;
    }
};
std::array<MappedFile::Guard, 256> MappedFile::Guard::all;
struct sigaction MappedFile::Guard::before {};

MappedFile::MappedFile(std::filesystem::path path, int file, std::span<std::uint8_t> bytes, Guard& guard)
    : path_(std::move(path)), file_(file), bytes_(bytes), guard_(guard), stamp_(stamp()) {
    guard_.file = this;
}

MappedFile::~MappedFile() {
    guard_.begin = guard_.end = 0;
    guard_.file = nullptr;
    munmap(bytes_.data(), bytes_.size());
    close(file_);
    guard_.hit = false;
    guard_.taken = false;
}

MappedFile::Stamp MappedFile::stamp() const {
    struct stat status {};
    if (fstat(file_, &status) != 0) return {};
    return {.bytes = status.st_size, .seconds = status.st_mtim.tv_sec, .nanoseconds = status.st_mtim.tv_nsec};
}

bool MappedFile::intact() const { return !guard_.hit && stamp() == stamp_; }

void MappedFile::requireIntact() const {
    if (!intact())
        throw Error(ErrorKind::data,
                    path_.string() +
                        ": the file was cut short or rewritten while it was being used. Leave it "
                        "alone while a run reads it, and start the run again.");
}

void requireIntact(std::span<const std::uint8_t> bytes) { MappedFile::requireIntactAt(bytes.data()); }

void MappedFile::requireIntactAt(const std::uint8_t* bytes) {
    const auto at = reinterpret_cast<std::uintptr_t>(bytes);
    for (const Guard& guard : Guard::all)
        if (at >= guard.begin && at < guard.end)
            if (const MappedFile* file = guard.file) return file->requireIntact();
}

std::shared_ptr<MappedFile> MappedFile::map(const std::filesystem::path& path, int file, std::size_t bytes,
                                            bool writable) {
    Descriptor own(fcntl(file, F_DUPFD_CLOEXEC, 0));
    Guard* guard = own.number() < 0 ? nullptr : Guard::take();
    if (guard == nullptr) return nullptr;
    void* place = mmap(nullptr, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, file, 0);
    if (place == MAP_FAILED) {
        guard->taken = false;
        return nullptr;
    }
    guard->writable = writable;
    guard->begin = reinterpret_cast<std::uintptr_t>(place);
    guard->end = guard->begin + bytes;
    return std::shared_ptr<MappedFile>(
        new MappedFile(path, own.release(), {static_cast<std::uint8_t*>(place), bytes}, *guard));
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (file.number() < 0 || fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_size == 0)
        return nullptr;
    return map(path, file.number(), static_cast<std::size_t>(status.st_size), false);
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
    std::shared_ptr<MappedFile> mapped = MappedFile::map(path, file.number(), bytes, true);
    if (!mapped) {
        unlink(partial.c_str());
        return nullptr;
    }
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
    mapped_->stamp_ = mapped_->stamp();
    return mapped_;
}

} // namespace dstn
