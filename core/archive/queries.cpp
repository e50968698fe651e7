#include "core/archive/amendments.h"
#include "core/archive/archive_impl.h"
#include "core/utf8.h"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace dstn {

namespace {

constexpr const char* rowColumns =
    "SELECT id, uuid, name, data, model, method, state, reason, created, seconds, steps, steps_total, "
    "steps_per_epoch, best_epoch, best_validation_loss, best_validation_accuracy, test_at_best, note, "
    "starred, deleted, EXISTS (SELECT 1 FROM checkpoints WHERE run_id = runs.id), steps_budget, "
    "CASE WHEN json_valid(experiment) THEN json_extract(experiment, '$.data.source') = 'text' END, "
    "(SELECT test_loss FROM epochs WHERE run_id = runs.id AND epoch = best_epoch), "
    "(SELECT uuid FROM studies WHERE id = study_id), (SELECT name FROM studies WHERE id = study_id), "
    "study_trial, "
    "gradients, "
    "process_host, process_boot, process_space, process_id, process_start, heartbeat FROM runs ";

RunRow readRow(SQLite::Statement& row) {
    RunRow run;
    int column = 1;
    const auto text = [&] { return row.getColumn(column++).getString(); };
    const auto integer = [&] { return row.getColumn(column++).getInt64(); };
    const auto optional = [&] { return optionalNumber(row.getColumn(column++)); };
    run.id = text();
    run.name = text();
    run.dataName = text();
    run.modelName = text();
    run.method = text();
    run.state = runStateFromName(text()).value_or(RunState::failed);
    run.reason = text();
    run.created = text();
    run.seconds = optional().value_or(0.0);
    run.steps = integer();
    run.stepsTotal = integer();
    run.stepsPerEpoch = integer();
    if (const SQLite::Column epoch = row.getColumn(column++); !epoch.isNull())
        run.bestEpoch = epoch.getInt64();
    run.bestValidationLoss = optional();
    run.bestValidationAccuracy = optional();
    run.testAtBest = optional();
    run.note = text();
    run.starred = integer() != 0;
    run.deleted = integer() != 0;
    const bool hasCheckpoint = integer() != 0;
    const std::int64_t budget = integer();
    run.language = integer() != 0;
    const std::optional<double> testLoss = optional();
    if (run.language && run.bestValidationLoss)
        run.bestValidationPerplexity = std::exp(*run.bestValidationLoss);
    if (run.language && testLoss) run.testPerplexityAtBest = std::exp(*testLoss);
    run.study = text();
    run.studyName = text();
    run.trial = integer();
    run.gradients = optional().value_or(0.0);
    if (!ended(run.state) && abandonedRun(row, column)) {
        run.state = RunState::interrupted;
        run.reason = abandonedReason;
    }
    // One that was interrupted or failed may lack its end even where it lacks no step.
    run.resumable =
        hasCheckpoint && ended(run.state) &&
        (run.steps < budget || run.state == RunState::interrupted || run.state == RunState::failed);
    return run;
}

} // namespace

StudyPlace placeOf(SQLite::Statement& row, int column) {
    return {.study = row.getColumn(column).getString(),
            .method = row.getColumn(column + 1).getInt64(),
            .seed = std::strtoull(row.getColumn(column + 2).getString().c_str(), nullptr, 10),
            .trial = row.getColumn(column + 3).getInt64()};
}

std::vector<RunRow> Archive::runs(bool withDeleted) const {
    return impl_->guard([&] {
        std::vector<RunRow> rows;
        std::map<std::int64_t, std::size_t> places;
        SQLite::Transaction snapshot(*impl_->database);
        auto query = impl_->statement((std::string(rowColumns) + "WHERE deleted = 0 OR ? "
                                                                 "ORDER BY created DESC, id DESC")
                                          .c_str());
        query.bind(1, withDeleted ? 1 : 0);
        while (query.executeStep()) {
            places[query.getColumn(0).getInt64()] = rows.size();
            rows.push_back(readRow(query));
        }
        auto tags = impl_->statement("SELECT run_id, tag FROM tags ORDER BY run_id, tag");
        while (tags.executeStep())
            if (const auto place = places.find(tags.getColumn(0).getInt64()); place != places.end())
                rows[place->second].tags.push_back(tags.getColumn(1).getString());
        return rows;
    });
}

std::string Archive::resolve(const std::string& idOrPrefix) const {
    struct Match {
        std::string id, name, created;
    };
    const auto matches = impl_->guard([&] {
        std::vector<Match> found;
        const bool newest = idOrPrefix == "last";
        auto query = impl_->statement(
            newest ? "SELECT uuid, name, created FROM runs WHERE deleted = 0 ORDER BY created DESC, id DESC "
                     "LIMIT 1"
                   : "SELECT uuid, name, created FROM runs WHERE deleted = 0 AND (name = ?1 OR (?2 <> '' AND "
                     "substr(uuid, 1, length(?2)) = ?2)) ORDER BY created DESC, id DESC");
        if (!newest) {
            query.bind(1, idOrPrefix);
            query.bind(2, asciiLowered(idOrPrefix));
        }
        while (query.executeStep())
            found.push_back({query.getColumn(0).getString(), query.getColumn(1).getString(),
                             query.getColumn(2).getString()});
        return found;
    });
    if (matches.size() == 1) return matches.front().id;
    if (matches.empty())
        throw Error(ErrorKind::usage,
                    idOrPrefix == "last"
                        ? "The archive " + impl_->path.string() + " has no runs yet."
                        : "No run in " + impl_->path.string() + " is named \"" + idOrPrefix +
                              "\" or has an id that starts with it. List the runs with: dstn list");
    constexpr std::size_t shown = 5;
    std::string list;
    for (std::size_t i = 0; i < std::min(matches.size(), shown); ++i)
        list += (i == 0 ? "" : ", ") + matches[i].id.substr(0, 8) + " (" + matches[i].created + ")";
    if (matches.size() > shown) list += ", …";
    throw Error(ErrorKind::usage, std::to_string(matches.size()) + " runs match \"" + idOrPrefix +
                                      "\": " + list + ". Give more of the id.");
}

std::vector<Amendment> Archive::Impl::amendments(std::int64_t id) const {
    auto query = statement(
        "SELECT time, step, path, old_value, new_value FROM amendments WHERE run_id = ? ORDER BY id");
    query.bind(1, id);
    std::vector<Amendment> amendments;
    while (query.executeStep())
        amendments.push_back({.time = query.getColumn(0).getString(),
                              .step = query.getColumn(1).getInt64(),
                              .path = query.getColumn(2).getString(),
                              .before = query.getColumn(3).getString(),
                              .after = query.getColumn(4).getString()});
    return amendments;
}

RunDetails Archive::details(const std::string& run) const {
    return impl_->guard([&] {
        const Snapshot snapshot(*impl_->database);
        RunDetails details;
        const std::int64_t id = impl_->runId(run);
        const auto query = [&](const std::string& sql) {
            auto statement = impl_->statement(sql.c_str());
            statement.bind(1, id);
            return statement;
        };
        auto row = query(std::string(rowColumns) + "WHERE id = ?");
        row.executeStep();
        details.row = readRow(row);
        auto tags = query("SELECT tag FROM tags WHERE run_id = ? ORDER BY tag");
        while (tags.executeStep()) details.row.tags.push_back(tags.getColumn(0).getString());

        auto rest = query(
            "SELECT experiment, device, device_name, torch_version, blas, program_version, host, "
            "threads, parameters, response_parameters, train_examples, validation_examples, "
            "test_examples, (SELECT uuid FROM studies WHERE id = study_id), study_method, study_seed, "
            "study_trial, data_path, data_files, data_bytes, data_hash, data_split FROM runs WHERE id = ?");
        rest.executeStep();
        details.originalJson = rest.getColumn(0).getString();
        details.amendments = impl_->amendments(id);
        details.experimentJson = amended(details.originalJson, details.amendments);
        details.environment = {.device = rest.getColumn(1).getString(),
                               .deviceName = rest.getColumn(2).getString(),
                               .torchVersion = rest.getColumn(3).getString(),
                               .blas = rest.getColumn(4).getString(),
                               .programVersion = rest.getColumn(5).getString(),
                               .host = rest.getColumn(6).getString(),
                               .threads = rest.getColumn(7).getInt64()};
        details.parameters = rest.getColumn(8).getInt64();
        details.responseParameters = rest.getColumn(9).getInt64();
        details.trainExamples = rest.getColumn(10).getInt64();
        details.validationExamples = rest.getColumn(11).getInt64();
        details.testExamples = rest.getColumn(12).getInt64();
        if (!rest.getColumn(13).isNull()) details.place = placeOf(rest, 13);
        details.data = {.path = rest.getColumn(17).getString(),
                        .files = rest.getColumn(18).getInt64(),
                        .bytes = rest.getColumn(19).getInt64(),
                        .hash = rest.getColumn(20).getString(),
                        .split = rest.getColumn(21).getString()};

        auto series = query("SELECT n.name FROM summaries s JOIN series_names n ON n.id = s.series_id "
                            "WHERE s.run_id = ? ORDER BY s.position");
        while (series.executeStep()) details.series.push_back(series.getColumn(0).getString());

        auto epochs =
            query("SELECT epoch, step, seconds, train_loss, train_accuracy, validation_loss, "
                  "validation_accuracy, test_loss, test_accuracy, gradients FROM epochs WHERE run_id = ? "
                  "ORDER BY epoch");
        std::map<std::int64_t, std::size_t> places;
        while (epochs.executeStep()) {
            const auto optional = [&](int column) { return optionalNumber(epochs.getColumn(column)); };
            places[epochs.getColumn(0).getInt64()] = details.epochs.size();
            details.epochs.push_back({.epoch = epochs.getColumn(0).getInt64(),
                                      .step = epochs.getColumn(1).getInt64(),
                                      .seconds = epochs.getColumn(2).getDouble(),
                                      .gradients = epochs.getColumn(9).getDouble(),
                                      .trainLoss = optional(3),
                                      .trainAccuracy = optional(4),
                                      .validationLoss = number(epochs.getColumn(5)),
                                      .validationAccuracy = optional(6),
                                      .testLoss = optional(7),
                                      .testAccuracy = optional(8),
                                      .hyperparameters = {},
                                      .scales = {}});
        }
        auto values = query("SELECT epoch, name, value, scale FROM epoch_values WHERE run_id = ? "
                            "ORDER BY epoch, position");
        while (values.executeStep()) {
            const auto place = places.find(values.getColumn(0).getInt64());
            if (place == places.end()) continue;
            EpochResult& result = details.epochs[place->second];
            const std::string name = values.getColumn(1).getString();
            result.hyperparameters.emplace_back(name, number(values.getColumn(2)));
            if (const auto scale = optionalNumber(values.getColumn(3)))
                result.scales.emplace_back(name, *scale);
        }
        auto events = query("SELECT time, text FROM events WHERE run_id = ? ORDER BY id");
        while (events.executeStep())
            details.events.emplace_back(events.getColumn(0).getString(), events.getColumn(1).getString());
        return details;
    });
}

Curve Archive::curve(const std::string& run, const std::string& series) const {
    return curve(run, series, -1);
}

namespace {

/// A statement of SQLite's own: the wrapper's columns share ownership of theirs, which costs more than a row
/// does.
class RawRows {
  public:
    /// @param numbers of its parameters, in order
    RawRows(sqlite3* database, const char* sql, std::initializer_list<std::int64_t> numbers)
        : database_(database), statement_(nullptr, sqlite3_finalize) {
        sqlite3_stmt* raw = nullptr;
        if (sqlite3_prepare_v2(database, sql, -1, &raw, nullptr) != SQLITE_OK)
            throw SQLite::Exception(database);
        statement_.reset(raw);
        int index = 0;
        for (const std::int64_t number : numbers) sqlite3_bind_int64(raw, ++index, number);
    }
    bool next() {
        const int result = sqlite3_step(statement_.get());
        if (result != SQLITE_ROW && result != SQLITE_DONE) throw SQLite::Exception(database_, result);
        return result == SQLITE_ROW;
    }
    bool isNull(int column) { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
    std::int64_t integer(int column) { return sqlite3_column_int64(statement_.get(), column); }
    double real(int column) { return sqlite3_column_double(statement_.get(), column); }
    /// Of a sample, where NULL is NaN.
    double sample(int column) {
        return isNull(column) ? std::numeric_limits<double>::quiet_NaN() : real(column);
    }

  private:
    sqlite3* database_;
    std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement_;
};

} // namespace

Curve Archive::curve(const std::string& run, const std::string& series, std::int64_t afterStep) const {
    return impl_->guard([&] {
        Curve curve;
        auto find =
            impl_->statement("SELECT r.id, n.id, r.steps_per_epoch FROM runs r LEFT JOIN series_names n "
                             "ON n.name = ? WHERE r.uuid = ?");
        find.bind(1, series);
        find.bind(2, run);
        if (!find.executeStep()) impl_->runId(run); // throws
        if (find.getColumn(1).isNull()) return curve;
        const double stepsPerEpoch =
            static_cast<double>(std::max<std::int64_t>(1, find.getColumn(2).getInt64()));
        RawRows rows(impl_->database->getHandle(),
                     "SELECT step, seconds, value FROM samples WHERE run_id = ? AND series_id = ? AND "
                     "step > ? ORDER BY step",
                     {find.getColumn(0).getInt64(), find.getColumn(1).getInt64(), afterStep});
        while (rows.next()) {
            const auto step = static_cast<double>(rows.integer(0));
            curve.step.push_back(step);
            curve.epoch.push_back(step / stepsPerEpoch);
            curve.seconds.push_back(rows.real(1));
            curve.value.push_back(rows.sample(2));
        }
        return curve;
    });
}

HyperparameterCurve Archive::curve(const std::string& run, const Hyperparameter& hyperparameter,
                                   std::int64_t afterStep) const {
    return impl_->guard([&] {
        HyperparameterCurve curve;
        auto find = impl_->statement(
            "SELECT r.id, v.id, s.id, r.steps_per_epoch FROM runs r LEFT JOIN series_names v "
            "ON v.name = ? LEFT JOIN series_names s ON s.name = ? WHERE r.uuid = ?");
        find.bind(1, hyperparameterSeries(hyperparameter.name));
        find.bind(2, scaleSeries(hyperparameter.name));
        find.bind(3, run);
        if (!find.executeStep()) impl_->runId(run); // throws
        if (find.getColumn(1).isNull()) return curve;
        const std::int64_t scaleId = find.getColumn(2).isNull() ? -1 : find.getColumn(2).getInt64();
        const double stepsPerEpoch =
            static_cast<double>(std::max<std::int64_t>(1, find.getColumn(3).getInt64()));
        const Transform transform(hyperparameter);
        const std::int64_t runId = find.getColumn(0).getInt64();
        RawRows rows(impl_->database->getHandle(),
                     "SELECT step, seconds, value FROM samples WHERE run_id = ? AND series_id = ? AND "
                     "step > ? ORDER BY step",
                     {runId, find.getColumn(1).getInt64(), afterStep});
        // From the last one before, which still holds.
        RawRows scales(impl_->database->getHandle(),
                       "SELECT step, value FROM samples WHERE run_id = ?1 AND series_id = ?2 AND step >= "
                       "coalesce((SELECT max(step) FROM samples WHERE run_id = ?1 AND series_id = ?2 AND "
                       "step <= ?3), -1) ORDER BY step",
                       {runId, scaleId, afterStep});
        std::optional<double> scale;
        bool more = scales.next();
        while (rows.next()) {
            for (; more && scales.integer(0) <= rows.integer(0); more = scales.next())
                scale = scales.sample(1);
            const auto step = static_cast<double>(rows.integer(0));
            curve.step.push_back(step);
            curve.epoch.push_back(step / stepsPerEpoch);
            curve.seconds.push_back(rows.real(1));
            curve.points.push_back(pointOf(transform, rows.sample(2), scale));
        }
        return curve;
    });
}

} // namespace dstn
