#include "core/archive/amendments.h"
#include "core/archive/archive_impl.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

namespace dstn {

namespace {

constexpr const char* studyColumns =
    "SELECT uuid, name, state, reason, created, deleted, "
    "(SELECT count(*) FROM runs r WHERE r.study_id = studies.id AND r.deleted = 0), "
    "(SELECT count(*) FROM runs r WHERE r.study_id = studies.id AND r.deleted = 0 AND r.state = 'failed'), "
    "process_host, process_boot, process_space, process_id, process_start, heartbeat FROM studies ";
constexpr int processColumn = 8;

StudyRow readStudy(SQLite::Statement& row) {
    StudyRow study;
    study.id = row.getColumn(0).getString();
    study.name = row.getColumn(1).getString();
    study.state = runStateFromName(row.getColumn(2).getString()).value_or(RunState::failed);
    study.reason = row.getColumn(3).getString();
    study.created = row.getColumn(4).getString();
    study.deleted = row.getColumn(5).getInt64() != 0;
    study.runs = row.getColumn(6).getInt64();
    study.failedRuns = row.getColumn(7).getInt64();
    if (study.state == RunState::running && abandonedRun(row, processColumn)) {
        study.state = RunState::interrupted;
        study.reason = abandonedReason;
    }
    return study;
}

/// Reads the epochs of one run after another.
class EpochReader {
  public:
    explicit EpochReader(const Archive::Impl& archive)
        : epochs_(archive.statement(
              "SELECT epoch, step, seconds, gradients, train_loss, train_accuracy, validation_loss, "
              "validation_accuracy, test_loss, test_accuracy FROM epochs WHERE run_id = ? ORDER BY epoch")),
          values_(archive.statement("SELECT epoch, name, value, scale FROM epoch_values WHERE run_id = ? "
                                    "ORDER BY epoch, position")) {}

    std::vector<EpochResult> of(std::int64_t run) {
        std::vector<EpochResult> all;
        epochs_.reset();
        epochs_.bind(1, run);
        while (epochs_.executeStep()) {
            const auto optional = [&](int column) { return optionalNumber(epochs_.getColumn(column)); };
            all.push_back({.epoch = epochs_.getColumn(0).getInt64(),
                           .step = epochs_.getColumn(1).getInt64(),
                           .seconds = epochs_.getColumn(2).getDouble(),
                           .gradients = epochs_.getColumn(3).getDouble(),
                           .trainLoss = optional(4),
                           .trainAccuracy = optional(5),
                           .validationLoss = number(epochs_.getColumn(6)),
                           .validationAccuracy = optional(7),
                           .testLoss = optional(8),
                           .testAccuracy = optional(9)});
        }
        values_.reset();
        values_.bind(1, run);
        auto at = all.begin();
        while (values_.executeStep()) {
            const std::int64_t epoch = values_.getColumn(0).getInt64();
            while (at != all.end() && at->epoch < epoch) ++at;
            if (at == all.end()) break;
            if (at->epoch != epoch) continue;
            const std::string name = values_.getColumn(1).getString();
            at->hyperparameters.emplace_back(name, number(values_.getColumn(2)));
            if (const auto scale = optionalNumber(values_.getColumn(3)))
                at->scales.emplace_back(name, *scale);
        }
        return all;
    }

  private:
    SQLite::Statement epochs_, values_;
};

/// Whether a run has ended and has not gone on since.
bool unchanged(const StudyRun& before, const StudyRun& now) {
    return ended(now.state) && before.state == now.state && before.lease == now.lease &&
           before.steps == now.steps && before.seconds == now.seconds && before.gradients == now.gradients;
}

} // namespace

std::int64_t Archive::Impl::studyId(const std::string& study) const {
    auto find = statement("SELECT id FROM studies WHERE uuid = ?");
    find.bind(1, study);
    if (find.executeStep()) return find.getColumn(0).getInt64();
    throw Error(ErrorKind::archive, "The archive " + path.string() + " has no study " + study +
                                        ". List its studies with: dstn study --list");
}

std::vector<StudyRow> Archive::studies(bool withDeleted) const {
    return impl_->guard([&] {
        std::vector<StudyRow> rows;
        auto query = impl_->statement(
            (std::string(studyColumns) + "WHERE deleted = 0 OR ? ORDER BY created DESC, id DESC").c_str());
        query.bind(1, withDeleted ? 1 : 0);
        while (query.executeStep()) rows.push_back(readStudy(query));
        return rows;
    });
}

StudyRow Archive::study(const std::string& study) const {
    return impl_->guard([&] {
        auto query = impl_->statement((std::string(studyColumns) + "WHERE id = ?").c_str());
        query.bind(1, impl_->studyId(study));
        query.executeStep();
        return readStudy(query);
    });
}

std::string Archive::resolveStudy(const std::string& idOrPrefix) const {
    const std::vector<StudyRow> all = studies();
    if (idOrPrefix == "last" && !all.empty()) return all.front().id;
    std::vector<StudyRow> matches;
    for (const StudyRow& study : all)
        if (study.name == idOrPrefix || (!idOrPrefix.empty() && study.id.starts_with(idOrPrefix)))
            matches.push_back(study);
    if (matches.size() == 1) return matches.front().id;
    if (matches.empty())
        throw Error(ErrorKind::usage,
                    all.empty() ? "The archive " + impl_->path.string() + " has no studies yet."
                                : "No study in " + impl_->path.string() + " is named \"" + idOrPrefix +
                                      "\" or has an id that starts with it. List the studies with: "
                                      "dstn study --list");
    std::string list;
    for (const StudyRow& study : matches)
        list += (list.empty() ? "" : ", ") + study.id.substr(0, 8) + " (" + study.created + ")";
    throw Error(ErrorKind::usage, std::to_string(matches.size()) + " studies match \"" + idOrPrefix +
                                      "\": " + list + ". Give more of the id.");
}

std::string Archive::studyDocument(const std::string& study) const {
    return impl_->guard([&] {
        auto query = impl_->statement("SELECT document FROM studies WHERE id = ?");
        query.bind(1, impl_->studyId(study));
        query.executeStep();
        return query.getColumn(0).getString();
    });
}

std::vector<StudyRun> Archive::studyRuns(const std::string& study, std::vector<StudyRun> known) const {
    std::unordered_map<std::string_view, StudyRun*> knownRuns;
    for (StudyRun& run : known) knownRuns.emplace(run.run, &run);
    return impl_->guard([&] {
        const Snapshot snapshot(*impl_->database);
        const std::int64_t id = impl_->studyId(study);
        EpochReader epochs(*impl_);
        std::vector<StudyRun> runs;
        auto query = impl_->statement(
            "SELECT id, uuid, state, reason, experiment, seconds, gradients, steps, steps_per_epoch, "
            "EXISTS (SELECT 1 FROM checkpoints WHERE run_id = runs.id), "
            "(SELECT uuid FROM studies WHERE id = study_id), study_method, study_seed, study_trial, "
            "process_host, process_boot, process_space, process_id, process_start, heartbeat, steps_total, "
            "data_path, data_files, data_bytes, data_hash, data_split, lease FROM runs "
            "WHERE study_id = ? AND deleted = 0 ORDER BY study_method, id");
        query.bind(1, id);
        while (query.executeStep()) {
            StudyRun run;
            run.run = query.getColumn(1).getString();
            run.state = runStateFromName(query.getColumn(2).getString()).value_or(RunState::failed);
            run.reason = query.getColumn(3).getString();
            run.experimentJson =
                amended(query.getColumn(4).getString(), impl_->amendments(query.getColumn(0).getInt64()));
            run.seconds = query.getColumn(5).getDouble();
            run.gradients = query.getColumn(6).getDouble();
            run.steps = query.getColumn(7).getInt64();
            run.stepsPerEpoch = query.getColumn(8).getInt64();
            run.checkpoint = query.getColumn(9).getInt64() != 0;
            constexpr int place = 10, process = 14, total = 20, data = 21;
            run.data = {.path = query.getColumn(data).getString(),
                        .files = query.getColumn(data + 1).getInt64(),
                        .bytes = query.getColumn(data + 2).getInt64(),
                        .hash = query.getColumn(data + 3).getString(),
                        .split = query.getColumn(data + 4).getString()};
            run.lease = query.getColumn(data + 5).getInt64();
            run.stepsTotal = query.getColumn(total).getInt64();
            run.place = placeOf(query, place);
            if (!ended(run.state) && abandonedRun(query, process)) run.state = RunState::interrupted;
            const auto before = knownRuns.find(run.run);
            if (before != knownRuns.end() && unchanged(*before->second, run))
                run.epochs = std::move(before->second->epochs);
            else
                run.epochs = epochs.of(query.getColumn(0).getInt64());
            runs.push_back(std::move(run));
        }
        std::ranges::stable_sort(runs, {}, [](const StudyRun& run) {
            return std::tuple(run.place.method, run.place.seed, run.place.trial);
        });
        return runs;
    });
}

void Archive::createStudy(const std::string& study, const std::string& name, const std::string& document) {
    impl_->write([&] {
        auto insert = impl_->statement("INSERT INTO studies(uuid, name, document, created) VALUES (?, ?, ?, "
                                       "strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))");
        insert.bind(1, study);
        insert.bind(2, name);
        insert.bind(3, document);
        insert.exec();
    });
}

void Archive::setStudyDocument(const std::string& study, const std::string& name,
                               const std::string& document) {
    impl_->write([&] {
        auto update = impl_->statement("UPDATE studies SET name = ?, document = ? WHERE id = ?");
        update.bind(1, name);
        update.bind(2, document);
        update.bind(3, impl_->studyId(study));
        update.exec();
    });
}

void Archive::setStudyState(const std::string& study, RunState state, const std::string& reason) {
    std::int64_t lease = 0;
    impl_->write([&] {
        const std::int64_t id = impl_->studyId(study);
        impl_->requireStudyLease(study);
        auto owner = impl_->statement("SELECT state, process_host, process_boot, process_space, process_id, "
                                      "process_start, heartbeat, lease FROM studies WHERE id = ?");
        owner.bind(1, id);
        owner.executeStep();
        if (state == RunState::running && owner.getColumn(0).getString() == "running" &&
            processOf(owner, 1) != ProcessIdentity::self() && !abandonedRun(owner, 1))
            throw Taken("Study " + study.substr(0, 8) +
                        " is running in another process. Pause it there first.");
        lease = owner.getColumn(7).getInt64() + (state == RunState::running ? 1 : 0);
        const ProcessIdentity self = ProcessIdentity::self();
        auto update = impl_->statement(
            (std::string("UPDATE studies SET state = ?, reason = ?, process_host = ?, process_boot = ?, "
                         "process_space = ?, process_id = ?, process_start = ?, lease = ?, heartbeat = ") +
             sqlSeconds + " WHERE id = ?")
                .c_str());
        update.bind(1, std::string(name(state)));
        update.bind(2, reason);
        update.bind(3, self.host);
        update.bind(4, self.boot);
        update.bind(5, self.space);
        update.bind(6, self.pid);
        update.bind(7, self.start);
        update.bind(8, lease);
        update.bind(9, id);
        update.exec();
    });
    if (state == RunState::running)
        impl_->studyLeases[study] = lease;
    else
        impl_->studyLeases.erase(study);
}

std::int64_t Archive::studyLease(const std::string& study) const {
    const auto held = impl_->studyLeases.find(study);
    return held == impl_->studyLeases.end() ? 0 : held->second;
}

void Archive::writeUnder(const std::string& study, std::int64_t lease) { impl_->studyLeases[study] = lease; }

void Archive::studyHeartbeat(const std::string& study) {
    impl_->write([&] {
        impl_->requireStudyLease(study);
        auto update = impl_->statement(
            (std::string("UPDATE studies SET heartbeat = ") + sqlSeconds + " WHERE id = ?").c_str());
        update.bind(1, impl_->studyId(study));
        update.exec();
    });
}

void Archive::setStudiesDeleted(const std::vector<std::string>& studies, bool deleted) {
    impl_->write([&] {
        for (const std::string& study : studies) {
            const std::int64_t id = impl_->studyId(study);
            for (const char* sql : {"UPDATE studies SET deleted = ? WHERE id = ?",
                                    "UPDATE runs SET deleted = ? WHERE study_id = ?"}) {
                auto update = impl_->statement(sql);
                update.bind(1, deleted ? 1 : 0);
                update.bind(2, id);
                update.exec();
            }
        }
    });
}

} // namespace dstn
