#include "core/archive/connection.h"

#include "core/archive/schema.h"

#include <SQLiteCpp/Transaction.h>
#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>

namespace dstn {

namespace fs = std::filesystem;

namespace {

constexpr int busyTimeoutMs = 5000;

Error refusal(const fs::path& path, const std::string& rest) {
    return {ErrorKind::archive, "The archive " + path.string() + " " + rest};
}

Error newerVersion(const fs::path& path, std::int64_t version) {
    return refusal(path, "was written by a newer version of this program (its schema is " +
                             std::to_string(version) + ", this program knows up to " +
                             std::to_string(archiveMigrations().size()) +
                             "). Update the program, or name another archive; nothing was changed.");
}

Error foreignFile(const fs::path& path) {
    return refusal(path, "is a SQLite file of another program. Name another file; nothing was changed.");
}

std::uint32_t bigEndian(const char* bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8U | static_cast<unsigned char>(bytes[i]);
    return value;
}

/// Looks at the file's header without SQLite, which may write beside it or into it on opening.
void checkHeader(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw refusal(path, std::string("cannot be opened: ") + std::strerror(errno) + // NOLINT
                                ". Check the file's permissions, or name another archive.");
    std::array<char, 100> header{};
    file.read(header.data(), header.size());
    const auto count = file.gcount();
    if (count == 0) return; // an empty file is an empty database
    if (count < static_cast<std::streamsize>(header.size()) ||
        std::memcmp(header.data(), "SQLite format 3", 16) != 0)
        throw refusal(path, "is no SQLite file. Name another file; nothing was changed.");
    const std::uint32_t version = bigEndian(&header[60]);
    const std::uint32_t application = bigEndian(&header[68]);
    if (application != 0 && application != static_cast<std::uint32_t>(archiveApplicationId))
        throw foreignFile(path);
    if (application != 0 && version > archiveMigrations().size()) throw newerVersion(path, version);
}

/// The same by SQLite's eyes: what is committed may still lie in the -wal file.
void checkContents(SQLite::Database& database, const fs::path& path) {
    const auto number = [&](const char* sql) { return database.execAndGet(sql).getInt64(); };
    // One snapshot: between two looks another process may have made the archive.
    const SQLite::Transaction snapshot(database, SQLite::TransactionBehavior::DEFERRED);
    const std::int64_t application = number("PRAGMA application_id");
    if (application == 0 && number("SELECT count(*) FROM sqlite_master") == 0) return; // still empty
    if (application != archiveApplicationId) throw foreignFile(path);
    const std::int64_t version = number("PRAGMA user_version");
    if (version > static_cast<std::int64_t>(archiveMigrations().size())) throw newerVersion(path, version);
}

/// Switching the journal does not wait for other connections as everything else does.
void enterWal(SQLite::Database& database) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(busyTimeoutMs);
    while (true) {
        try {
            database.exec("PRAGMA journal_mode = WAL");
            return;
        } catch (const SQLite::Exception& error) {
            const bool busy = error.getErrorCode() == SQLITE_BUSY || error.getErrorCode() == SQLITE_LOCKED;
            if (!busy || std::chrono::steady_clock::now() > deadline) throw;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
}

void createFolder(const fs::path& path) {
    const fs::path folder = path.parent_path();
    if (folder.empty()) return;
    std::error_code error;
    fs::create_directories(folder, error);
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored))
        throw Error(ErrorKind::archive, "The folder " + folder.string() +
                                            " for the archive cannot be made: " +
                                            (error ? error.message() : "there is a file of that name") +
                                            ". Name another archive.");
}

std::unique_ptr<SQLite::Database> openReadWrite(const fs::path& path) {
    auto database = std::make_unique<SQLite::Database>(
        path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, busyTimeoutMs);
    // SQLite falls back to reading alone without a word.
    if (sqlite3_db_readonly(database->getHandle(), "main") == 1)
        throw refusal(path, "is read-only. Make it writable, or name another archive.");
    try {
        checkContents(*database, path);
    } catch (const Error&) {
        sqlite3_db_config(database->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        throw;
    }
    database->exec("PRAGMA auto_vacuum = INCREMENTAL"); // heeded while the file is empty
    enterWal(*database);
    database->exec("PRAGMA synchronous = NORMAL");
    migrate(*database, archiveMigrations());
    return database;
}

std::unique_ptr<SQLite::Database> openReadOnly(const fs::path& path) {
    auto database = std::make_unique<SQLite::Database>(path.string(), SQLite::OPEN_READONLY, busyTimeoutMs);
    checkContents(*database, path);
    const auto version = database->execAndGet("PRAGMA user_version").getInt64();
    if (version < static_cast<std::int64_t>(archiveMigrations().size()))
        throw refusal(path, "has the schema of an older version of this program. Open it for writing once, "
                            "which brings it up to date.");
    return database;
}

} // namespace

Error archiveError(const fs::path& path, const SQLite::Exception& error) {
    const std::string detail = std::string(" (SQLite: ") + error.what() + ")";
    switch (error.getErrorCode()) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return refusal(path,
                       "is locked by another program. Wait for it or close it, then try again." + detail);
    case SQLITE_READONLY:
        return refusal(path, "cannot be written: the file or its folder is read-only. Change its "
                             "permissions, or name another archive." +
                                 detail);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return refusal(path, "cannot be opened: it, or its folder, where SQLite keeps a -wal and a -shm file "
                             "beside it, cannot be read and written. Check the permissions, or name another "
                             "archive." +
                                 detail);
    case SQLITE_CORRUPT:
        return refusal(path, "is damaged. Restore a copy, or save what can be read with: sqlite3 '" +
                                 path.string() + "' .recover" + detail);
    case SQLITE_NOTADB:
        return refusal(path,
                       "is no SQLite file, or is damaged. Name another file, or restore a copy." + detail);
    case SQLITE_FULL:
        return refusal(path, "cannot grow: the disk is full. Free some space and try again." + detail);
    case SQLITE_IOERR:
        return refusal(path, "cannot be read or written: the disk reports an error or is full." + detail);
    default:
        return refusal(path, std::string("failed: ") + error.what() + ".");
    }
}

std::unique_ptr<SQLite::Database> openArchive(const fs::path& path, Archive::Mode mode) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) throw refusal(path, "is a folder. Name a file in it.");
    if (mode == Archive::Mode::readWrite) createFolder(path);
    std::error_code error;
    const bool exists = fs::exists(path, error);
    if (error)
        throw refusal(path, "cannot be opened: " + error.message() +
                                ". Check the path and its folders' permissions, or name another archive.");
    if (mode == Archive::Mode::readOnly && !exists)
        throw refusal(path, "does not exist. The first run creates it; or name another archive.");
    if (exists) checkHeader(path);
    return guarded(
        path, [&] { return mode == Archive::Mode::readWrite ? openReadWrite(path) : openReadOnly(path); });
}

} // namespace dstn
