#include "core/archive/archive.h"

#include "core/archive/archive_impl.h"
#include "core/archive/home_folder.h"
#include "core/archive/unsaved.h"

namespace dstn {

std::filesystem::path Archive::defaultPath() {
    const std::filesystem::path base = userFolder("XDG_DATA_HOME", ".local/share");
    if (base.empty())
        throw Error(
            ErrorKind::archive,
            "There is no home folder in which the archive could be kept: HOME, or the system's list of "
            "users, names none that exists. Name a file with --archive, or set HOME or XDG_DATA_HOME.");
    return base / "delta-stn-workbench" / "runs.sqlite";
}

Archive::Archive(const std::filesystem::path& path, Mode mode) : impl_(std::make_unique<Impl>()) {
    if (mode == Mode::readOnly && !path.empty() && !unsavedFiles(path).empty()) {
        try {
            const Archive writer(path); // takes them in
        } catch (const Error&) {
            // What can be read is read.
        }
    }
    impl_->path = path;
    impl_->mode = mode;
    impl_->database = openArchive(path, mode);
    impl_->dataVersion = impl_->guard(
        [&] { return std::make_unique<SQLite::Statement>(*impl_->database, "PRAGMA data_version"); });
    if (mode == Mode::readOnly) return;
    takeInUnsaved();
    settleAbandonedRuns();
    impl_->notePlaces();
}

Archive::~Archive() = default;
Archive::Archive(Archive&&) noexcept = default;

std::int64_t Archive::dataVersion() const {
    // SQLite's number leaves out what this connection wrote; both only grow, and so does their sum.
    return impl_->guard([&] {
        auto& statement = *impl_->dataVersion;
        statement.executeStep();
        const std::int64_t version = statement.getColumn(0).getInt64();
        statement.reset();
        return version + impl_->ownWrites;
    });
}

std::string Archive::integrity() const {
    return impl_->guard([&] {
        auto check = impl_->statement("PRAGMA integrity_check(20)");
        std::string found;
        while (check.executeStep()) found += (found.empty() ? "" : "; ") + check.getColumn(0).getString();
        return found;
    });
}

void Archive::requireWritable() {
    impl_->write([&] {
        // A value that stays the same is written all the same, and a full disk shows.
        const auto version = impl_->database->execAndGet("PRAGMA user_version").getInt64();
        impl_->database->exec("PRAGMA user_version = " + std::to_string(version));
    });
}

void Archive::Impl::requireWriter() const {
    if (mode == Mode::readOnly)
        throw Error(ErrorKind::archive,
                    "The archive " + path.string() + " was opened for reading only; nothing was changed.");
}

void Archive::Impl::notePlaces() {
    guard([&] { database->execAndGet("SELECT count(*) FROM sqlite_master"); }); // opens the journal
    const std::filesystem::path file = archiveFile(path);
    for (const char* ending : {"", "-wal", "-shm"}) {
        const std::filesystem::path part = file.string() + ending;
        files.emplace_back(part, fileIdentity(part));
    }
}

void Archive::Impl::requirePlace() const {
    if (files.empty()) return; // it is being opened
    if (fileIdentity(path) != files.front().second)
        throw Error(ErrorKind::archive, "The archive " + path.string() +
                                            " was moved, deleted or replaced while it was open. Put it back "
                                            "where it was, with the files -wal and -shm beside it.");
    for (const auto& [file, identity] : files) {
        const FileIdentity current = fileIdentity(file);
        if (current == identity) continue;
        // What was last written may lie in that file alone; nobody else can have made a new one yet.
        if (current == FileIdentity()) database->tryExec("PRAGMA wal_checkpoint(FULL)");
        throw Error(ErrorKind::archive,
                    "The archive " + path.string() + " has lost the file " + file.string() +
                        " that SQLite keeps beside it: it was deleted or replaced while it "
                        "was open. Leave these files alone, and start the program again.");
    }
}

std::optional<std::int64_t> Archive::Impl::findRun(const std::string& run) const {
    auto find = statement("SELECT id FROM runs WHERE uuid = ?");
    find.bind(1, run);
    if (!find.executeStep()) return std::nullopt;
    return find.getColumn(0).getInt64();
}

std::int64_t Archive::Impl::runId(const std::string& run) const {
    if (const auto id = findRun(run)) return *id;
    throw Error(ErrorKind::archive,
                "The archive " + path.string() + " has no run " + run + ". List its runs with: dstn list");
}

} // namespace dstn
