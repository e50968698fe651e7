#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dstn {

/// While it exists, SQLite's files are on a disk that forgets, when the power is cut, whatever no sync came
/// after: writes wait in memory until xSync. Their readers in this process see them meanwhile, as with a
/// system's cache.
class UnsyncedDisk {
  public:
    UnsyncedDisk() {
        disk() = this;
        real_ = sqlite3_vfs_find(nullptr);
        vfs_ = *real_;
        vfs_.zName = "unsynced";
        vfs_.szOsFile = static_cast<int>(sizeof(File));
        vfs_.xOpen = open;
        vfs_.xDelete = [](sqlite3_vfs*, const char* name, int sync) {
            disk()->pending_.erase(name);
            return disk()->real_->xDelete(disk()->real_, name, sync);
        };
        sqlite3_vfs_register(&vfs_, 1);
    }
    ~UnsyncedDisk() {
        sqlite3_vfs_unregister(&vfs_);
        sqlite3_vfs_register(real_, 1);
    }
    UnsyncedDisk(const UnsyncedDisk&) = delete;
    UnsyncedDisk& operator=(const UnsyncedDisk&) = delete;

    /// What a power cut at this moment would leave of an archive, as a copy in another place.
    static void cut(const std::filesystem::path& archive, const std::filesystem::path& copy) {
        for (const char* ending : {"", "-wal"})
            if (std::filesystem::exists(archive.string() + ending))
                std::filesystem::copy_file(archive.string() + ending, copy.string() + ending,
                                           std::filesystem::copy_options::overwrite_existing);
    }
    std::size_t unsyncedWrites() const {
        std::size_t count = 0;
        for (const auto& [name, changes] : pending_) count += changes.size();
        return count;
    }

  private:
    struct Change {
        bool truncates = false;
        sqlite3_int64 at = 0; ///< or the new size
        std::string bytes;
    };
    struct File {
        sqlite3_file base;
        sqlite3_file* real;
        std::string* name;
    };
    static UnsyncedDisk*& disk() {
        static UnsyncedDisk* one = nullptr;
        return one;
    }
    static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
    static std::vector<Change>& changes(sqlite3_file* file) { return disk()->pending_[*of(file).name]; }

    static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
        File& own = of(file);
        sqlite3_vfs* real = disk()->real_;
        own.base.pMethods = nullptr;
        own.real = static_cast<sqlite3_file*>(sqlite3_malloc(real->szOsFile));
        std::memset(own.real, 0, static_cast<std::size_t>(real->szOsFile));
        const int result = real->xOpen(real, name, own.real, flags, out);
        if (result != SQLITE_OK) {
            sqlite3_free(own.real);
            return result;
        }
        own.name = new std::string(name != nullptr ? name : "");
        own.base.pMethods = methods();
        return SQLITE_OK;
    }
    static int close(sqlite3_file* file) {
        const int result = of(file).real->pMethods->xClose(of(file).real);
        sqlite3_free(of(file).real);
        delete of(file).name;
        return result;
    }
    static sqlite3_int64 size(sqlite3_file* file) {
        sqlite3_int64 size = 0;
        of(file).real->pMethods->xFileSize(of(file).real, &size);
        for (const Change& change : changes(file))
            size = change.truncates
                       ? change.at
                       : std::max(size, change.at + static_cast<sqlite3_int64>(change.bytes.size()));
        return size;
    }
    static int read(sqlite3_file* file, void* into, int count, sqlite3_int64 at) {
        const sqlite3_int64 whole = size(file);
        const int result = of(file).real->pMethods->xRead(of(file).real, into, count, at);
        if (result != SQLITE_OK && result != SQLITE_IOERR_SHORT_READ) return result;
        auto* bytes = static_cast<char*>(into);
        for (const Change& change : changes(file)) {
            const auto end =
                change.truncates ? at + count : change.at + static_cast<sqlite3_int64>(change.bytes.size());
            const sqlite3_int64 first = std::max(at, change.at), last = std::min(at + count, end);
            if (first >= last) continue;
            if (change.truncates)
                std::memset(bytes + (first - at), 0, static_cast<std::size_t>(last - first));
            else
                std::memcpy(bytes + (first - at), change.bytes.data() + (first - change.at),
                            static_cast<std::size_t>(last - first));
        }
        return whole >= at + count ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
    }
    static int sync(sqlite3_file* file, int flags) {
        const sqlite3_io_methods* real = of(file).real->pMethods;
        for (const Change& change : changes(file)) {
            const int result = change.truncates
                                   ? real->xTruncate(of(file).real, change.at)
                                   : real->xWrite(of(file).real, change.bytes.data(),
                                                  static_cast<int>(change.bytes.size()), change.at);
            if (result != SQLITE_OK) return result;
        }
        changes(file).clear();
        return real->xSync(of(file).real, flags);
    }

    static const sqlite3_io_methods* methods() {
        static sqlite3_io_methods all{};
        all.iVersion = 2; // without a mapped file
        all.xClose = close;
        all.xRead = read;
        all.xWrite = [](sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
            changes(file).push_back(
                {.at = at, .bytes = {static_cast<const char*>(bytes), static_cast<std::size_t>(count)}});
            return SQLITE_OK;
        };
        all.xTruncate = [](sqlite3_file* file, sqlite3_int64 to) {
            changes(file).push_back({.truncates = true, .at = to, .bytes = {}});
            return SQLITE_OK;
        };
        all.xSync = sync;
        all.xFileSize = [](sqlite3_file* file, sqlite3_int64* to) {
            *to = size(file);
            return SQLITE_OK;
        };
        all.xLock = [](sqlite3_file* f, int l) { return of(f).real->pMethods->xLock(of(f).real, l); };
        all.xUnlock = [](sqlite3_file* f, int l) { return of(f).real->pMethods->xUnlock(of(f).real, l); };
        all.xCheckReservedLock = [](sqlite3_file* f, int* r) {
            return of(f).real->pMethods->xCheckReservedLock(of(f).real, r);
        };
        all.xFileControl = [](sqlite3_file* f, int op, void* what) {
            return op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_MMAP_SIZE
                       ? SQLITE_OK
                       : of(f).real->pMethods->xFileControl(of(f).real, op, what);
        };
        all.xSectorSize = [](sqlite3_file* f) { return of(f).real->pMethods->xSectorSize(of(f).real); };
        all.xDeviceCharacteristics = [](sqlite3_file*) { return 0; };
        all.xShmMap = [](sqlite3_file* f, int region, int size, int extend, void volatile** at) {
            return of(f).real->pMethods->xShmMap(of(f).real, region, size, extend, at);
        };
        all.xShmLock = [](sqlite3_file* f, int offset, int n, int flags) {
            return of(f).real->pMethods->xShmLock(of(f).real, offset, n, flags);
        };
        all.xShmBarrier = [](sqlite3_file* f) { of(f).real->pMethods->xShmBarrier(of(f).real); };
        all.xShmUnmap = [](sqlite3_file* f, int remove) {
            return of(f).real->pMethods->xShmUnmap(of(f).real, remove);
        };
        return &all;
    }

    sqlite3_vfs* real_ = nullptr;
    sqlite3_vfs vfs_{};
    std::map<std::string, std::vector<Change>> pending_; ///< by file
};

} // namespace dstn
