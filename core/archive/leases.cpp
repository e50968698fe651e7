#include "core/archive/archive_impl.h"
#include "core/archive/unsaved.h"

#include <ctime>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace dstn {

namespace {

std::string runTitle(const std::string& run) { return "Run " + run.substr(0, 8); }

/// Why what another process has cannot be taken up, and when it could.
std::string heldElsewhere(const std::string& what, const ProcessIdentity& process) {
    std::string text =
        what + " in another process (" + std::to_string(process.pid) + " on " + process.host + ").";
    if (liveness(process) == Liveness::unknown)
        text += " It cannot be seen from here whether that process still works: without a sign of life for " +
                std::to_string(heartbeatLimitSeconds / 60) + " minutes it may be taken over.";
    return text + " Stop it there first.";
}

Taken lost(const std::string& what) {
    return Taken("Another process has taken over " + what +
                 ": nothing more is written from here, and this process stops.");
}

} // namespace

std::int64_t Archive::Impl::take(std::int64_t id, const std::string& run,
                                 std::optional<std::int64_t> expected) {
    auto row = statement("SELECT process_host, process_boot, process_space, process_id, process_start, "
                         "heartbeat, held, lease, state FROM runs WHERE id = ?");
    row.bind(1, id);
    row.executeStep();
    constexpr int held = 6, lease = 7, stateColumn = 8;
    const ProcessIdentity process = processOf(row, 0);
    const auto state = runStateFromName(row.getColumn(stateColumn).getString()).value_or(RunState::failed);
    if (row.getColumn(held).getInt64() != 0 && process != ProcessIdentity::self() && !abandonedRun(row, 0))
        throw Taken(heldElsewhere(
            runTitle(run) + " is " + (ended(state) ? "being resumed" : std::string(name(state))), process));
    const std::int64_t before = row.getColumn(lease).getInt64();
    if (expected && *expected != before)
        throw Taken(
            "Another process has resumed run " + run.substr(0, 8) +
            " in the meantime. Nothing was changed. Resume it again to continue from its present state.");
    auto update = statement("UPDATE runs SET lease = ? WHERE id = ?");
    update.bind(1, before + 1);
    update.bind(2, id);
    update.exec();
    own(id);
    return before + 1;
}

void Archive::Impl::own(std::int64_t id) const {
    const ProcessIdentity self = ProcessIdentity::self();
    auto update =
        statement((std::string("UPDATE runs SET held = 1, process_host = ?, process_boot = ?, "
                               "process_space = ?, process_id = ?, process_start = ?, heartbeat = ") +
                   sqlSeconds + " WHERE id = ?")
                      .c_str());
    update.bind(1, self.host);
    update.bind(2, self.boot);
    update.bind(3, self.space);
    update.bind(4, self.pid);
    update.bind(5, self.start);
    update.bind(6, id);
    update.exec();
}

void Archive::Impl::requireLease(std::int64_t id, const std::string& run, std::int64_t lease) const {
    auto row = statement("SELECT lease FROM runs WHERE id = ? AND uuid = ?");
    row.bind(1, id);
    row.bind(2, run);
    if (!row.executeStep())
        throw Taken("Run " + run.substr(0, 8) +
                    " was removed from the archive: nothing more of it is written, and this process stops.");
    if (row.getColumn(0).getInt64() != lease) throw lost("run " + run.substr(0, 8));
}

void Archive::Impl::requireStudyLease(const std::string& study) const {
    const auto held = studyLeases.find(study);
    if (held == studyLeases.end()) return;
    auto row = statement("SELECT lease FROM studies WHERE uuid = ?");
    row.bind(1, study);
    if (!row.executeStep() || row.getColumn(0).getInt64() != held->second)
        throw lost("study " + study.substr(0, 8));
}

void Archive::Impl::requireStudyLeases() const {
    for (const auto& [study, lease] : studyLeases) requireStudyLease(study);
}

void Archive::take(const std::string& run, std::optional<std::int64_t> lease) {
    std::exception_ptr unsaved;
    for (const std::filesystem::path& file : unsavedFiles(impl_->path)) {
        if (file.filename().string().find(run) == std::string::npos) continue;
        try {
            impl_->takeIn(file, 0);
        } catch (const Error&) {
            unsaved = std::current_exception();
        }
    }
    Impl::Target target;
    impl_->write([&] {
        const auto id = impl_->findRun(run);
        impl_->requireStudyLeases();
        if (!id) return;
        target.id = *id;
        target.lease = impl_->take(*id, run, lease);
        if (unsaved) std::rethrow_exception(unsaved); // or what it keeps would never be taken in
    });
    impl_->targets.erase(run); // of an earlier execution
    if (target.lease != 0) impl_->targets[run] = std::move(target);
}

std::int64_t Archive::lease(const std::string& run) const {
    const auto target = impl_->targets.find(run);
    return target == impl_->targets.end() ? 0 : target->second.lease;
}

void Archive::release(const std::string& run) {
    const auto target = impl_->targets.find(run);
    if (target == impl_->targets.end() || target->second.lease == 0) return;
    impl_->write([&] {
        auto update = impl_->statement("UPDATE runs SET held = 0 WHERE id = ? AND lease = ?");
        update.bind(1, target->second.id);
        update.bind(2, target->second.lease);
        update.exec();
    });
    impl_->targets.erase(run);
}

void Archive::heartbeat(const std::string& run) {
    const auto target = impl_->targets.find(run);
    if (target == impl_->targets.end() || target->second.lease == 0) return;
    impl_->write([&] {
        impl_->requireLease(target->second.id, run, target->second.lease);
        auto update = impl_->statement(
            (std::string("UPDATE runs SET held = 1, heartbeat = ") + sqlSeconds + " WHERE id = ?").c_str());
        update.bind(1, target->second.id);
        update.exec();
    });
}

void Archive::settleAbandonedRuns() {
    const auto abandoned = impl_->guard([&] {
        std::vector<std::int64_t> ids;
        auto live = impl_->statement(
            "SELECT id, process_host, process_boot, process_space, process_id, process_start, heartbeat "
            "FROM runs WHERE held = 1 OR state IN ('preparing', 'running', 'paused')");
        while (live.executeStep())
            if (abandonedRun(live, 1)) ids.push_back(live.getColumn(0).getInt64());
        return ids;
    });
    if (abandoned.empty()) return; // without a lock, so that opening never waits for a writer
    impl_->write([&] {
        auto free = impl_->statement("UPDATE runs SET held = 0 WHERE id = ?");
        auto settle = impl_->statement("UPDATE runs SET state = 'interrupted', reason = ? WHERE id = ? AND "
                                       "state IN ('preparing', 'running', 'paused')");
        auto still = impl_->statement(
            "SELECT process_host, process_boot, process_space, process_id, process_start, heartbeat "
            "FROM runs WHERE id = ?");
        for (const std::int64_t id : abandoned) {
            still.bind(1, id); // another process may have taken it up since
            const bool gone = still.executeStep() && abandonedRun(still, 0);
            still.reset();
            if (!gone) continue;
            free.bind(1, id);
            free.exec();
            free.reset();
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
    const std::int64_t heartbeat = row.getColumn(column + 5).getInt64();
    return std::time(nullptr) - heartbeat > heartbeatLimitSeconds; // the clock of strftime('%s', 'now')
}

} // namespace dstn
