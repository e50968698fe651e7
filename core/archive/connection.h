#pragma once

#include "core/archive/archive.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

#include <filesystem>
#include <memory>

namespace dstn {

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

/// Opens an archive, creating or migrating it in Mode::readWrite. Refuses, without touching it, what is not
/// an archive or comes from a newer program. Throws Error{archive}.
std::unique_ptr<SQLite::Database> openArchive(const std::filesystem::path& path, Archive::Mode mode);

} // namespace dstn
