#pragma once

#include "core/archive/archive.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

#include <cstdint>
#include <filesystem>
#include <memory>

namespace dstn {

inline constexpr int busyTimeoutMs = 5000; ///< for which a lock is waited for

/// What a SQLite error from an archive means for the user.
Error archiveError(const std::filesystem::path& path, const SQLite::Exception& error);

/// Calls `action` and turns SQLite's errors into Error{archive} naming the file.
template <typename Action>
auto guarded(const std::filesystem::path& path, Action&& action) {
    try {
        return action();
    } catch (const SQLite::Exception& error) {
        throw archiveError(path, error);
    }
}

/// A file, whatever its name.
struct FileIdentity {
    std::uint64_t device = 0, number = 0; ///< of its inode; 0: there is none
    bool operator==(const FileIdentity&) const = default;
};
FileIdentity fileIdentity(const std::filesystem::path& path);

/// The file that a chain of links ends at, also where that file is not there yet.
std::filesystem::path linkTarget(std::filesystem::path path);
/// The archive's file, from the root and without links: SQLite keeps its files beside that one.
std::filesystem::path archiveFile(const std::filesystem::path& path);

/// Opens an archive, creating or migrating it in Mode::readWrite. Refuses, without touching it, what is not
/// an archive or comes from a newer program. Throws Error{archive}.
std::unique_ptr<SQLite::Database> openArchive(const std::filesystem::path& path, Archive::Mode mode);

} // namespace dstn
