#include "core/archive/archive.h"

#include "core/archive/archive_impl.h"
#include "core/archive/process_identity.h"

#include <sqlite3.h>

#include <cstdlib>
#include <ctime>

namespace dstn {

/// Longer without a sign of life, and a run whose process cannot be seen from here counts as interrupted.
static constexpr std::int64_t heartbeatLimitSeconds = 120;

std::filesystem::path Archive::defaultPath() {
    const auto variable = [](const char* name) -> std::string {
        const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile
        return value != nullptr ? value : "";
    };
    std::filesystem::path base = variable("XDG_DATA_HOME");
    // The XDG specification has relative paths ignored.
    if (!base.is_absolute()) base = std::filesystem::path(variable("HOME")) / ".local/share";
    return base / "delta-stn-workbench" / "runs.sqlite";
}

Archive::Archive(const std::filesystem::path& path, Mode mode) : impl_(std::make_unique<Impl>()) {
    impl_->path = path;
    impl_->mode = mode;
    impl_->database = openArchive(path, mode);
    impl_->dataVersion = impl_->guard(
        [&] { return std::make_unique<SQLite::Statement>(*impl_->database, "PRAGMA data_version"); });
    if (mode == Mode::readWrite) settleAbandonedRuns();
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

void Archive::settleAbandonedRuns() {
    const auto abandoned = impl_->guard([&] {
        std::vector<std::int64_t> ids;
        auto live = impl_->statement(
            "SELECT id, process_host, process_boot, process_space, process_id, process_start, heartbeat "
            "FROM runs WHERE state IN ('preparing', 'running', 'paused')");
        while (live.executeStep())
            if (abandonedRun(live, 1)) ids.push_back(live.getColumn(0).getInt64());
        return ids;
    });
    if (abandoned.empty()) return; // without a lock, so that opening never waits for a writer
    impl_->write([&] {
        auto settle = impl_->statement("UPDATE runs SET state = 'interrupted', reason = ? WHERE id = ? AND "
                                       "state IN ('preparing', 'running', 'paused')");
        for (const std::int64_t id : abandoned) {
            settle.bind(1, abandonedReason);
            settle.bind(2, id);
            settle.exec();
            settle.reset();
        }
    });
}

ProcessIdentity processOf(SQLite::Statement& row, int column) {
    return {.host = row.getColumn(column).getString(),
            .boot = row.getColumn(column + 1).getString(),
            .space = row.getColumn(column + 2).getString(),
            .pid = row.getColumn(column + 3).getInt64(),
            .start = row.getColumn(column + 4).getInt64()};
}

bool abandonedRun(SQLite::Statement& row, int column) {
    switch (liveness(processOf(row, column))) {
    case Liveness::alive:
        return false;
    case Liveness::gone:
        return true;
    case Liveness::unknown:
        break;
    }
    return std::time(nullptr) - row.getColumn(column + 5).getInt64() > heartbeatLimitSeconds;
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

void Archive::Impl::requirePlace() const {
    int moved = 0;
    if (sqlite3_file_control(database->getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
        moved != 0)
        throw Error(ErrorKind::archive, "The archive " + path.string() +
                                            " was moved, deleted or replaced while it was open. Put it back "
                                            "where it was, with the files -wal and -shm beside it.");
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
