#pragma once

#include "core/archive/archive.h"
#include "core/archive/connection.h"
#include "core/archive/process_identity.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
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
        void findPlaces(const std::vector<std::string>& hyperparameters);
    };

    std::filesystem::path path;
    Mode mode = Mode::readWrite;
    std::unique_ptr<SQLite::Database> database;
    mutable std::unique_ptr<SQLite::Statement> dataVersion;
    std::int64_t ownWrites = 0;
    std::map<std::string, Target> targets;
    std::set<std::string> begun;                     ///< runs whose RunStarted was written from here
    std::map<std::string, std::vector<Event>> early; ///< received before RunStarted

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
    /// Throws Error{archive} if the file is no longer where it was: anything written would be lost with it.
    void requirePlace() const;
    /// The run's number. Throws Error{archive} if there is no such run.
    std::int64_t runId(const std::string& run) const;
    std::optional<std::int64_t> findRun(const std::string& run) const;
    /// Of a run, in the order in which they took effect.
    std::vector<Amendment> amendments(std::int64_t id) const;
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

} // namespace dstn
