#pragma once

#include "core/archive/archive.h"
#include "core/archive/connection.h"
#include "core/archive/process_identity.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <sqlite3.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dstn {

/// The connection of one Archive object, and what its member functions share.
struct Archive::Impl {
    /// What append() needs to know about a run, kept between calls.
    struct Target {
        struct Named {
            std::string name;
            std::int64_t id = 0; ///< series_names.id
        };
        std::int64_t id = 0;
        std::vector<Named> series; ///< as declared
        /// Where among these a row of the table is, and a hyperparameter's values and scales, in the
        /// experiment's order; nothing: not declared.
        using Place = std::optional<std::size_t>;
        std::array<Place, seriesTable.size()> metrics;
        std::vector<Place> values, scales;
        std::int64_t lease = 0;      ///< that this object holds; 0: none
        bool begun = false;          ///< its RunStarted was written from here
        std::int64_t firstStep = 0;  ///< from which it then went on
        std::int64_t lastEpoch = -1; ///< that it has finished since; −1: none
        /// Up to this step there may be figures of an earlier execution, each of which stays until this one
        /// has reached its step, or has ended for good; 0: there are none.
        std::int64_t tail = 0;
        std::vector<std::int64_t>
            replaced; ///< of each series: the step up to which they are this execution's
        std::optional<std::int64_t>
            kept; ///< `first_part` of the checkpoint that the next one leaves in place
        void findPlaces(const std::vector<std::string>& hyperparameters);
    };

    std::filesystem::path path;
    Mode mode = Mode::readWrite;
    std::unique_ptr<SQLite::Database> database;
    mutable std::unique_ptr<SQLite::Statement> dataVersion;
    std::int64_t ownWrites = 0;
    std::map<std::string, Target> targets;
    std::map<std::string, std::vector<Event>> early; ///< received before RunStarted
    std::map<std::string, std::int64_t> studyLeases; ///< that this object holds, or writes runs under
    std::vector<std::pair<std::filesystem::path, FileIdentity>> files; ///< as they were when opened

    template <typename Action>
    auto guard(Action&& action) const {
        return guarded(path, std::forward<Action>(action));
    }
    SQLite::Statement statement(const char* sql) const { return {*database, sql}; }
    /// `action` as one transaction.
    template <typename Action>
    void write(Action&& action) {
        guard([&] {
            requireWriter();
            requirePlace();
            database->exec("BEGIN IMMEDIATE");
            try {
                action();
                database->exec("COMMIT");
            } catch (...) {
                database->tryExec("ROLLBACK");
                throw;
            }
        });
        ++ownWrites;
    }
    void requireWriter() const;
    /// Throws Error{archive} if the file, or one of SQLite's beside it, is no longer where it was: anything
    /// written would be lost with it.
    void requirePlace() const;
    void notePlaces();

    // Within a transaction:
    /// Takes up a run. Throws Taken if another process has it, or has had it since its lease was `expected`.
    /// @return the lease
    std::int64_t take(std::int64_t id, const std::string& run, std::optional<std::int64_t> expected);
    /// Throws Taken unless the run's lease is still this one.
    void requireLease(std::int64_t id, const std::string& run, std::int64_t lease) const;
    /// The same for a study's, where this object holds one.
    void requireStudyLease(const std::string& study) const;
    void requireStudyLeases() const; ///< of all studies that this object has to do with
    /// This process executes the run, and lives.
    void own(std::int64_t id) const;
    /// Writes a checkpoint and removes all others but one.
    /// @param kept `first_part` of that one
    /// @return its own `first_part`
    std::int64_t storeCheckpoint(std::int64_t id, const std::string& run, const CheckpointTaken& checkpoint,
                                 std::optional<std::int64_t> kept) const;
    /// Computes the run's summaries from its samples, and its best epoch from its epochs.
    void summarize(std::int64_t id) const;
    void bestFromEpochs(std::int64_t id) const;

    /// Takes in what a process could not write (core/archive/unsaved.h), and removes the file.
    /// @param held the lease under which this object holds the run; 0: none
    /// @return what append() needs to go on with the run; nothing: it has been taken in, or gone on with,
    /// since
    std::optional<Target> takeIn(const std::filesystem::path& unsaved, std::int64_t held);
    Target loadTarget(std::int64_t id) const;
    /// The run's number. Throws Error{archive} if there is no such run.
    std::int64_t runId(const std::string& run) const;
    std::optional<std::int64_t> findRun(const std::string& run) const;
    /// Of a run, in the order in which they took effect.
    std::vector<Amendment> amendments(std::int64_t id) const;
    /// Keeps what is another one in the experiment from this step on beside the run's original.
    void amend(std::int64_t id, const Experiment& experiment, std::int64_t step);
    /// The study's number. Throws Error{archive} if there is no such study.
    std::int64_t studyId(const std::string& study) const;
};

/// Numbers that may be absent: NULL is absent and NaN the text 'NaN', as the schema says.
inline void bindNumber(SQLite::Statement& statement, int index, std::optional<double> value) {
    if (!value)
        statement.bind(index);
    else if (std::isnan(*value))
        statement.bind(index, "NaN");
    else
        statement.bind(index, *value);
}
inline std::optional<double> optionalNumber(const SQLite::Column& column) {
    if (column.isNull()) return std::nullopt;
    if (column.isText()) return std::numeric_limits<double>::quiet_NaN();
    return column.getDouble();
}
inline double number(const SQLite::Column& column) {
    return optionalNumber(column).value_or(std::numeric_limits<double>::quiet_NaN());
}

/// `row` has the study's UUID, study_method, study_seed and study_trial from `column` on.
StudyPlace placeOf(SQLite::Statement& row, int column);

/// The process that executes, or last executed, a run. `row` has process_host, process_boot, process_space,
/// process_id and process_start from `column` on.
ProcessIdentity processOf(SQLite::Statement& row, int column);
/// Whether the process of a run that has not ended is gone. `row` has heartbeat behind the process's columns.
bool abandonedRun(SQLite::Statement& row, int column);
inline constexpr const char* abandonedReason = "Its process ended unexpectedly.";
/// Longer without a sign of life, and a run whose process cannot be seen from here, or stands still, counts
/// as interrupted.
inline constexpr std::int64_t heartbeatLimitSeconds = 120;
/// The database's clock, in seconds: the one that heartbeats are written and read by.
inline constexpr const char* sqlSeconds = "CAST(strftime('%s', 'now') AS INTEGER)";

/// 1 where a series' best value is its highest, −1 where its lowest; nothing where none is better.
std::optional<int> bestSign(std::string_view series);

/// Everything read while it exists is as of the same moment.
class Snapshot {
  public:
    explicit Snapshot(SQLite::Database& database) {
        if (sqlite3_get_autocommit(database.getHandle()) != 0) transaction_.emplace(database);
    }

  private:
    std::optional<SQLite::Transaction> transaction_; ///< none within another one
};

} // namespace dstn
