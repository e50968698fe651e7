#include "core/archive/unsaved.h"

#include "core/archive/archive_impl.h"
#include "core/archive/home_folder.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

namespace dstn {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view unsavedEnding = ".unsaved";

/// What the files' names begin with, in the folders where they may be.
std::vector<fs::path> stems(const fs::path& archive) {
    const fs::path file = archiveFile(archive);
    std::vector<fs::path> all{file};
    const fs::path state = userFolder("XDG_STATE_HOME", ".local/state");
    if (state.empty()) return all;
    const std::string text = file.string();
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx",
                  static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
    all.push_back(state / "delta-stn-workbench" / (file.filename().string() + "-" + digits.data()));
    return all;
}

/// Those whose name is the stem's, "-" and a run and a lease.
void collect(const fs::path& stem, std::vector<fs::path>& files) {
    std::error_code error;
    const std::string start = stem.filename().string() + "-";
    for (auto entry = fs::directory_iterator(stem.parent_path(), error);
         !error && entry != fs::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.starts_with(start) && name.ends_with(unsavedEnding)) files.push_back(entry->path());
    }
}

/// Of the columns of `runs` those that an execution sets, as "a, b, c".
std::string describingColumns(const SQLite::Database& database) {
    // The others are a person's, or are put together of both files' below.
    static const std::set<std::string, std::less<>> others{"id",
                                                           "uuid",
                                                           "name",
                                                           "created",
                                                           "experiment",
                                                           "study_id",
                                                           "study_method",
                                                           "study_seed",
                                                           "study_trial",
                                                           "note",
                                                           "starred",
                                                           "deleted",
                                                           "process_host",
                                                           "process_boot",
                                                           "process_space",
                                                           "process_id",
                                                           "process_start",
                                                           "heartbeat",
                                                           "lease",
                                                           "held",
                                                           "tail",
                                                           "steps",
                                                           "seconds",
                                                           "gradients",
                                                           "best_epoch",
                                                           "best_validation_loss",
                                                           "best_validation_accuracy",
                                                           "test_at_best"};
    std::string list;
    SQLite::Statement columns(database, "SELECT name FROM pragma_table_info('runs')");
    while (columns.executeStep())
        if (const std::string name = columns.getColumn(0).getString(); !others.contains(name))
            list += (list.empty() ? "" : ", ") + name;
    return list;
}

/// The attached file's figures of one run, put into the archive's.
class Merge {
  public:
    Merge(Archive::Impl& archive, std::int64_t here, std::int64_t there)
        : archive_(archive), here_(here), there_(there) {}

    void figures() const;
    void checkpoints() const;
    void row() const;

  private:
    /// Of the run here (?1) and there (?2).
    void execute(const std::string& sql) const {
        auto statement = archive_.statement(sql.c_str());
        statement.bind(1, here_);
        if (statement.getBindParameterCount() > 1) statement.bind(2, there_);
        statement.exec();
    }
    Archive::Impl& archive_;
    std::int64_t here_, there_;
};

void Merge::figures() const {
    archive_.database->exec(
        "INSERT OR IGNORE INTO main.series_names(name) SELECT name FROM unsaved.series_names");
    const std::string names = " FROM unsaved.summaries u JOIN unsaved.series_names n ON n.id = u.series_id "
                              "JOIN main.series_names m "
                              "ON m.name = n.name ";
    execute("INSERT INTO main.summaries(run_id, series_id, position) SELECT ?1, m.id, u.position" + names +
            "WHERE u.run_id = ?2 ON CONFLICT DO UPDATE SET position = excluded.position");
    // What an earlier execution had at the same steps is replaced.
    execute(
        "DELETE FROM main.samples WHERE (run_id, series_id, step) IN (SELECT s.run_id, s.series_id, s.step"
        " FROM (SELECT m.id AS series, min(x.step) AS least, max(x.step) AS most" +
        names +
        "JOIN unsaved.samples x ON x.run_id = u.run_id AND x.series_id = u.series_id WHERE u.run_id = ?2 "
        "GROUP BY m.id) AS span JOIN main.samples s ON s.run_id = ?1 AND s.series_id = span.series AND "
        "s.step BETWEEN span.least AND span.most)");
    execute(
        "INSERT OR REPLACE INTO main.samples(run_id, series_id, step, seconds, value) SELECT ?1, m.id, "
        "x.step, x.seconds, x.value" +
        names +
        "JOIN unsaved.samples x ON x.run_id = u.run_id AND x.series_id = u.series_id WHERE u.run_id = ?2");
    execute(
        "INSERT OR REPLACE INTO main.epochs(run_id, epoch, step, seconds, train_loss, train_accuracy, "
        "validation_loss, validation_accuracy, test_loss, test_accuracy, gradients) SELECT ?1, epoch, step, "
        "seconds, train_loss, train_accuracy, validation_loss, validation_accuracy, test_loss, "
        "test_accuracy, gradients FROM unsaved.epochs WHERE run_id = ?2");
    execute(
        "INSERT OR REPLACE INTO main.epoch_values(run_id, epoch, position, name, value, scale) SELECT ?1, "
        "epoch, position, name, value, scale FROM unsaved.epoch_values WHERE run_id = ?2");
    execute("DELETE FROM main.hyperparameters WHERE run_id = ?1");
    execute(
        "INSERT INTO main.hyperparameters(run_id, position, name, tuned, initial, min, max, initial_scale) "
        "SELECT ?1, position, name, tuned, initial, min, max, initial_scale FROM unsaved.hyperparameters "
        "WHERE run_id = ?2");
    execute(
        "INSERT INTO main.events(run_id, time, kind, text) SELECT ?1, time, kind, text FROM unsaved.events "
        "WHERE run_id = ?2 ORDER BY id");
}

/// The newest two of both files.
void Merge::checkpoints() const {
    const std::string behind =
        "(SELECT coalesce(max(first_part + parts), 0) FROM main.checkpoints WHERE run_id = ?1)";
    execute("INSERT INTO main.checkpoint_parts(run_id, part, bytes) SELECT ?1, part + " + behind +
            ", bytes FROM unsaved.checkpoint_parts WHERE run_id = ?2");
    execute("INSERT INTO main.checkpoints(run_id, first_part, parts, step, hash) SELECT ?1, first_part + " +
            behind + ", parts, step, hash FROM unsaved.checkpoints WHERE run_id = ?2");
    const std::string least = "(SELECT min(first_part) FROM (SELECT first_part FROM main.checkpoints WHERE "
                              "run_id = ?1 ORDER BY first_part DESC LIMIT 2))";
    execute("DELETE FROM main.checkpoint_parts WHERE run_id = ?1 AND part < " + least);
    execute("DELETE FROM main.checkpoints WHERE run_id = ?1 AND first_part < " + least);
}

void Merge::row() const {
    const std::string columns = describingColumns(*archive_.database);
    execute(
        "UPDATE main.runs SET tail = (SELECT CASE WHEN max(main.runs.tail, main.runs.steps) > u.steps THEN "
        "max(main.runs.tail, main.runs.steps) ELSE 0 END FROM unsaved.runs u WHERE u.id = ?2) WHERE id = ?1");
    execute("UPDATE main.runs SET (" + columns + ") = (SELECT " + columns +
            " FROM unsaved.runs WHERE id = ?2), lease = lease + 1 WHERE id = ?1");
    execute(
        "UPDATE main.runs SET (steps, seconds, gradients) = (SELECT max(u.steps, main.runs.steps), "
        "max(u.seconds, main.runs.seconds), max(u.gradients, main.runs.gradients) FROM unsaved.runs u WHERE "
        "u.id = ?2) WHERE id = ?1");
    // Whoever ended for good leaves nothing of an earlier execution behind; and whoever ended leaves the run.
    const std::string forGood = "(SELECT state IN ('completed', 'stopped') FROM main.runs WHERE id = ?1)";
    const std::string end = "(SELECT steps FROM unsaved.runs WHERE id = ?2)";
    execute(
        "DELETE FROM main.samples WHERE run_id = ?1 AND series_id IN (SELECT series_id FROM main.summaries "
        "WHERE run_id = ?1) AND step > " +
        end + " AND " + forGood);
    execute(
        "DELETE FROM main.epoch_values WHERE run_id = ?1 AND epoch IN (SELECT epoch FROM main.epochs WHERE "
        "run_id = ?1 AND step > " +
        end + ") AND " + forGood);
    execute("DELETE FROM main.epochs WHERE run_id = ?1 AND step > " + end + " AND " + forGood);
    execute(
        "UPDATE main.runs SET tail = 0, (steps, seconds, gradients) = (SELECT steps, seconds, gradients FROM "
        "unsaved.runs WHERE id = ?2) WHERE id = ?1 AND " +
        forGood);
    execute(
        "UPDATE main.runs SET held = 0 WHERE id = ?1 AND state NOT IN ('preparing', 'running', 'paused')");
    archive_.summarize(here_);
}

/// A second database on a connection while it exists.
class Attached {
  public:
    Attached(SQLite::Database& database, const fs::path& file) : database_(database) {
        SQLite::Statement attach(database, "ATTACH ? AS unsaved");
        attach.bind(1, file.string());
        attach.exec();
        sqlite3_busy_timeout(database.getHandle(), 0); // it is in the hands of a process, or free
        try {
            database.execAndGet("SELECT count(*) FROM unsaved.runs");
        } catch (...) {
            end();
            throw;
        }
        sqlite3_busy_timeout(database.getHandle(), busyTimeoutMs);
    }
    ~Attached() { end(); }
    Attached(const Attached&) = delete;
    Attached& operator=(const Attached&) = delete;

  private:
    void end() {
        sqlite3_busy_timeout(database_.getHandle(), busyTimeoutMs);
        database_.tryExec("DETACH unsaved");
    }
    SQLite::Database& database_;
};

void removeDatabase(const fs::path& file) {
    std::error_code ignored;
    for (const char* ending : {"", "-wal", "-shm", "-journal"}) fs::remove(file.string() + ending, ignored);
}

/// A row for a run that the archive does not have. @return its number
std::int64_t insertRun(Archive::Impl& archive, std::int64_t there) {
    auto insert = archive.statement(
        "INSERT INTO main.runs(uuid, name, created, experiment, lease, study_method, study_seed, "
        "study_trial, "
        "study_id) SELECT uuid, name, created, experiment, lease, study_method, study_seed, study_trial, "
        "(SELECT s.id FROM "
        "main.studies "
        "s JOIN unsaved.studies u ON u.uuid = s.uuid WHERE u.id = study_id) FROM unsaved.runs WHERE id = ?");
    insert.bind(1, there);
    insert.exec();
    return archive.database->getLastInsertRowid();
}

/// The experiment that the attached file's execution went on with.
void amendAs(Archive::Impl& archive, std::int64_t here, std::int64_t there) {
    auto row = archive.statement("SELECT experiment, first_step FROM unsaved.runs WHERE id = ?");
    row.bind(1, there);
    row.executeStep();
    const ParsedExperiment parsed = parseExperiment(row.getColumn(0).getString());
    if (parsed.experiment) archive.amend(here, *parsed.experiment, row.getColumn(1).getInt64());
}

} // namespace

std::optional<Archive::Impl::Target> Archive::Impl::takeIn(const fs::path& unsaved, std::int64_t held) {
    std::optional<Target> goingOn;
    const auto versionOf = [&](const char* sql) { return database->execAndGet(sql).getInt64(); };
    guard([&] {
        std::int64_t version = 0;
        {
            const Attached attached(*database, unsaved);
            version = versionOf("PRAGMA unsaved.user_version");
        }
        if (version != versionOf("PRAGMA main.user_version"))
            const Archive migrated(unsaved); // of an earlier version of the program, or refused
        const Attached attached(*database, unsaved);
        write([&] {
            auto run = statement("SELECT id, uuid, lease, steps FROM unsaved.runs");
            if (!run.executeStep()) return;
            const std::string uuid = run.getColumn(1).getString();
            const auto known = findRun(uuid);
            const std::int64_t there = run.getColumn(0).getInt64(), of = run.getColumn(2).getInt64();
            const std::int64_t here = known ? *known : insertRun(*this, there);
            if (held != 0) requireLease(here, uuid, held);
            auto lease = statement("SELECT lease FROM main.runs WHERE id = ?");
            lease.bind(1, here);
            lease.executeStep();
            if (lease.getColumn(0).getInt64() > of) return; // taken in already, or gone on with since
            if (known) amendAs(*this, here, there);
            const Merge merge(*this, here, there);
            merge.figures();
            merge.checkpoints();
            merge.row();
            goingOn = loadTarget(here);
            goingOn->replaced.assign(goingOn->series.size(), run.getColumn(3).getInt64());
        });
    });
    removeDatabase(unsaved);
    return goingOn;
}

/// A run whose RunStarted is written, so that more of it can be appended.
Archive::Impl::Target Archive::Impl::loadTarget(std::int64_t id) const {
    Target target;
    target.id = id;
    target.begun = true;
    auto row =
        statement("SELECT lease, first_step, tail, (SELECT max(first_part) FROM checkpoints WHERE run_id = "
                  "runs.id), (SELECT max(epoch) FROM epochs WHERE run_id = runs.id) FROM runs WHERE id = ?");
    row.bind(1, id);
    row.executeStep();
    target.lease = row.getColumn(0).getInt64();
    target.firstStep = row.getColumn(1).getInt64();
    target.tail = row.getColumn(2).getInt64();
    if (!row.getColumn(3).isNull()) target.kept = row.getColumn(3).getInt64();
    if (!row.getColumn(4).isNull()) target.lastEpoch = row.getColumn(4).getInt64();
    auto series = statement("SELECT n.id, n.name FROM summaries s JOIN series_names n ON n.id = s.series_id "
                            "WHERE s.run_id = ? ORDER BY s.position");
    series.bind(1, id);
    while (series.executeStep())
        target.series.push_back(
            {.name = series.getColumn(1).getString(), .id = series.getColumn(0).getInt64()});
    target.replaced.assign(target.series.size(), target.firstStep);
    auto names = statement("SELECT name FROM hyperparameters WHERE run_id = ? ORDER BY position");
    names.bind(1, id);
    std::vector<std::string> hyperparameters;
    while (names.executeStep()) hyperparameters.push_back(names.getColumn(0).getString());
    target.findPlaces(hyperparameters);
    return target;
}

void Archive::takeInUnsaved() {
    for (const fs::path& file : unsavedFiles(impl_->path)) try {
            impl_->takeIn(file, 0);
        } catch (const Error&) {
            // Its process still has it, it is damaged, or the archive cannot be written: whoever opens the
            // archive next tries again.
        }
}

std::vector<fs::path> unsavedFiles(const fs::path& archive) {
    std::vector<fs::path> files;
    for (const fs::path& stem : stems(archive)) collect(stem, files);
    std::ranges::sort(files);
    return files;
}

UnsavedRun::UnsavedRun(const fs::path& archive, std::string run, std::int64_t lease)
    : run_(std::move(run)),
      // 1: of a run that the archive does not have yet
      lease_(std::max<std::int64_t>(lease, 1)) {
    for (const fs::path& stem : stems(archive))
        places_.push_back(stem.string() + "-" + run_ + "-" + std::to_string(lease_) +
                          std::string(unsavedEnding));
}

UnsavedRun::~UnsavedRun() = default;

void UnsavedRun::open(const fs::path& file) {
    archive_ = std::make_unique<Archive>(file);
    archive_->impl().guard([&] {
        // Held until it is closed.
        archive_->impl().database->exec("PRAGMA locking_mode = EXCLUSIVE");
        archive_->impl().database->exec("BEGIN EXCLUSIVE");
        archive_->impl().database->exec("COMMIT");
    });
}

/// Another process may have taken the file in while it was closed here, and the run with it.
bool UnsavedRun::isGone() const {
    std::error_code ignored;
    return !archive_ && !file_.empty() && !fs::exists(file_, ignored);
}

void UnsavedRun::append(const RunStarted* start, const std::vector<Event>& events) {
    if (isGone())
        throw Error(ErrorKind::archive, "Another program has taken in " + file_.string() +
                                            ", which held what the archive could not take.");
    if (!archive_ && !file_.empty()) {
        open(file_);
        Archive::Impl& impl = archive_->impl();
        impl.guard([&] { impl.targets[run_] = impl.loadTarget(impl.runId(run_)); });
    }
    if (archive_) {
        archive_->append(run_, events);
        return;
    }
    for (std::size_t place = 0; place < places_.size(); ++place) {
        try {
            open(places_[place]);
            Archive::Impl& impl = archive_->impl();
            for (const Event& event : events)
                if (const auto* started = std::get_if<RunStarted>(&event)) begin(*started, false);
            if (start != nullptr) begin(*start, true);
            archive_->append(run_, events);
            const auto target = impl.targets.find(run_);
            impl.write([&] {
                auto lease = impl.statement("UPDATE runs SET lease = ?");
                lease.bind(1, lease_);
                lease.exec();
            });
            if (target != impl.targets.end()) target->second.lease = lease_;
            file_ = places_[place];
            return;
        } catch (const Error&) {
            archive_.reset();
            removeDatabase(places_[place]);
            if (place + 1 == places_.size()) throw;
        }
    }
}

/// @param known the archive has the start already
void UnsavedRun::begin(const RunStarted& started, bool known) {
    if (started.place) archive_->createStudy(started.place->study, {}, {});
    if (!known) return;
    archive_->append(run_, {started});
    archive_->impl().write([&] { archive_->impl().database->exec("DELETE FROM events"); });
}

void UnsavedRun::moveInto(Archive& archive) {
    archive_.reset();
    const auto held = archive.impl().targets.find(run_);
    if (isGone()) {
        archive.impl().guard([&] {
            if (held != archive.impl().targets.end())
                archive.impl().requireLease(held->second.id, run_, held->second.lease);
        });
        file_.clear();
        return;
    }
    auto target = archive.impl().takeIn(file_, held == archive.impl().targets.end() ? 0 : held->second.lease);
    archive.impl().early.erase(run_);
    if (target) archive.impl().targets[run_] = std::move(*target);
    file_.clear();
}

} // namespace dstn
