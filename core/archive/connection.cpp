#include "core/archive/connection.h"

#include "core/archive/schema.h"

#include <SQLiteCpp/Transaction.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace dstn {

namespace fs = std::filesystem;

namespace {

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

/// A file's first bytes through SQLite's own file layer, which may be fewer than asked for. Closing a
/// descriptor of our own would drop the locks of every connection that this process has to the file (POSIX
/// locks belong to the process), and the next program to leave would take the -wal file with it.
std::vector<char> readHeader(const fs::path& path, std::size_t wanted) {
    sqlite3_initialize();
    sqlite3_vfs* files = sqlite3_vfs_find(nullptr);
    const auto memory = std::make_unique<std::max_align_t[]>(
        static_cast<std::size_t>(files->szOsFile) / sizeof(std::max_align_t) + 1);
    auto* file = reinterpret_cast<sqlite3_file*>(memory.get());
    using Name = std::unique_ptr<const char, void (*)(const char*)>;
    const Name name(sqlite3_create_filename(archiveFile(path).c_str(), "", "", 0, nullptr),
                    [](const char* text) { sqlite3_free_filename(const_cast<char*>(text)); });
    if (files->xOpen(files, name.get(), file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, nullptr) !=
        SQLITE_OK)
        throw refusal(path, "cannot be opened. Check the file's permissions, or name another archive.");
    sqlite3_int64 size = 0;
    int result = file->pMethods->xFileSize(file, &size);
    std::vector<char> header(std::min(wanted, static_cast<std::size_t>(std::max<sqlite3_int64>(size, 0))));
    if (result == SQLITE_OK && !header.empty())
        result = file->pMethods->xRead(file, header.data(), static_cast<int>(header.size()), 0);
    file->pMethods->xClose(file);
    if (result != SQLITE_OK && result != SQLITE_IOERR_SHORT_READ)
        throw refusal(path,
                      "cannot be read: the disk reports an error. Restore a copy, or name another archive.");
    return header;
}

/// Looks at the file's header before SQLite opens it as a database, which may write beside it or into it.
void checkHeader(const fs::path& path) {
    constexpr std::size_t headerSize = 100;
    const std::vector<char> header = readHeader(path, headerSize);
    if (header.empty()) return; // an empty file is an empty database
    if (header.size() < headerSize || std::memcmp(header.data(), "SQLite format 3", 16) != 0)
        throw refusal(path, "is not a SQLite file. Name another file; nothing was changed.");
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
    const fs::path folder = linkTarget(path).parent_path();
    if (folder.empty()) return;
    std::error_code error;
    fs::create_directories(folder, error);
    std::error_code unseen;
    if (!fs::is_directory(folder, unseen))
        throw Error(ErrorKind::archive, "The folder " + folder.string() +
                                            " for the archive cannot be created: " +
                                            (error    ? error.message()
                                             : unseen ? unseen.message()
                                                      : "there is a file of that name") +
                                            ". Name another archive.");
}

/// Whether there is a file at `path`. Refuses whatever else may be there: opening a pipe would wait for ever,
/// and a device would swallow the runs.
bool fileExists(const fs::path& path) {
    std::error_code error;
    switch (fs::status(path, error).type()) {
    case fs::file_type::regular:
        return true;
    case fs::file_type::not_found:
        return false;
    case fs::file_type::directory:
        throw refusal(path, "is a folder. Name a file in it.");
    case fs::file_type::none:
        throw refusal(path, "cannot be accessed: " + error.message() +
                                ". Check the permissions of its folder, or name another archive.");
    default:
        throw refusal(path, "is not a regular file but a device, a pipe or a socket. Name another file.");
    }
}

std::unique_ptr<SQLite::Database> openReadWrite(const fs::path& path, const fs::path& literal) {
    auto database = std::make_unique<SQLite::Database>(
        literal.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, busyTimeoutMs);
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

/// "file:" and the path, with what a URI gives a meaning of its own as %XX.
std::string fileUri(const fs::path& path) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string uri = "file:";
    for (const char c : path.string()) {
        const auto byte = static_cast<unsigned char>(c);
        if (c != '%' && c != '?' && c != '#' && byte > 0x20 && byte < 0x7f)
            uri += c;
        else
            (uri += '%').append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
    }
    return uri;
}

/// Where neither the file nor anything beside it can be written, SQLite cannot make the -shm file by which
/// processes agree on the -wal file: it keeps that in memory, without locks. Nobody writes there.
std::unique_ptr<SQLite::Database> openWhereNothingIsWritten(const fs::path& literal) {
    std::error_code error;
    const auto journal = fs::file_size(literal.string() + "-wal", error);
    if (error || journal == 0) // nor can it make an empty -wal file
        return std::make_unique<SQLite::Database>(fileUri(literal) + "?immutable=1",
                                                  SQLite::OPEN_READONLY | SQLite::OPEN_URI);
    auto database = std::make_unique<SQLite::Database>(fileUri(literal) + "?vfs=unix-none",
                                                       SQLite::OPEN_READONLY | SQLite::OPEN_URI);
    database->exec("PRAGMA locking_mode = EXCLUSIVE");
    return database;
}

/// A database that can be read.
std::unique_ptr<SQLite::Database> openForReading(const fs::path& path, const fs::path& literal) {
    try {
        auto database =
            std::make_unique<SQLite::Database>(literal.string(), SQLite::OPEN_READONLY, busyTimeoutMs);
        checkContents(*database, path);
        return database;
    } catch (const SQLite::Exception& error) {
        const int code = error.getErrorCode();
        const bool writable = faccessat(AT_FDCWD, literal.parent_path().c_str(), W_OK, AT_EACCESS) == 0;
        if (writable || (code != SQLITE_CANTOPEN && code != SQLITE_READONLY && code != SQLITE_PERM)) throw;
    }
    auto database = openWhereNothingIsWritten(literal);
    checkContents(*database, path);
    return database;
}

std::unique_ptr<SQLite::Database> openReadOnly(const fs::path& path, const fs::path& literal) {
    auto database = openForReading(path, literal);
    if (database->execAndGet("PRAGMA application_id").getInt64() == 0)
        throw refusal(path,
                      "is an empty file. The first run turns it into an archive; or name another file.");
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
                       "is not a SQLite file, or is damaged. Name another file, or restore a copy." + detail);
    case SQLITE_FULL:
        return refusal(path, "cannot grow: the disk is full. Free some space and try again." + detail);
    case SQLITE_IOERR:
        return refusal(path, "cannot be read or written: the disk reports an error or is full." + detail);
    default:
        return refusal(path, std::string("failed: ") + error.what() + ".");
    }
}

FileIdentity fileIdentity(const fs::path& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return {};
    return {.device = status.st_dev, .number = status.st_ino};
}

fs::path linkTarget(fs::path path) {
    constexpr int longest = 40; // as the kernel has it
    std::error_code error;
    for (int i = 0; i < longest && fs::is_symlink(fs::symlink_status(path, error)); ++i)
        path = path.parent_path() / fs::read_symlink(path, error);
    return path;
}

fs::path archiveFile(const fs::path& path) {
    std::error_code error;
    const fs::path whole = fs::absolute(linkTarget(path), error);
    const fs::path file = fs::weakly_canonical(whole, error);
    return error ? whole : file;
}

std::unique_ptr<SQLite::Database> openArchive(const fs::path& path, Archive::Mode mode) {
    if (path.empty()) throw Error(ErrorKind::archive, "The archive's name is empty. Name a file.");
    if (mode == Archive::Mode::readWrite) createFolder(path);
    if (fileExists(path))
        checkHeader(path);
    else if (mode == Archive::Mode::readOnly)
        throw refusal(path, "does not exist. The first run creates it; or name another archive.");
    // SQLite gives names such as ":memory:" a meaning of their own; an absolute path is only ever a file.
    std::error_code error;
    const fs::path whole = fs::absolute(path, error);
    if (error) throw refusal(path, "cannot be opened: " + error.message() + ". Give its full path.");
    const fs::path literal = archiveFile(whole);
    return guarded(path, [&] {
        return mode == Archive::Mode::readWrite ? openReadWrite(path, literal) : openReadOnly(path, literal);
    });
}

} // namespace dstn
