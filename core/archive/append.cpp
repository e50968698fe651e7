#include "core/archive/amendments.h"
#include "core/archive/archive_impl.h"
#include "core/archive/exact_number.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

namespace dstn {

void Archive::Impl::Target::findPlaces(const std::vector<std::string>& hyperparameters) {
    const auto place = [&](std::string_view name) -> Place {
        const auto found = std::ranges::find(series, name, &Named::name);
        return found == series.end() ? std::nullopt : Place(found - series.begin());
    };
    for (const SeriesInfo& info : seriesTable)
        metrics[static_cast<std::size_t>(info.series)] = place(info.name);
    values.clear();
    scales.clear();
    for (const std::string& name : hyperparameters) {
        values.push_back(place(hyperparameterSeries(name)));
        scales.push_back(place(scaleSeries(name)));
    }
}

std::optional<int> bestSign(std::string_view series) {
    const SeriesInfo* const info = findSeries(series);
    if (info == nullptr) return std::nullopt;
    return info->better == SeriesBetter::higher ? 1 : -1;
}

namespace {

constexpr const char* sqlNow = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')";

std::string dataName(const DataSpec& data) {
    if (const std::string_view name = traitsOf(data.source).name; !name.empty()) return std::string(name);
    const std::filesystem::path path(data.path);
    return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

/// "CNN 16-32-1568-10", "LSTM 128-128": the kind of network and the widths of its layers.
std::string modelName(const Model& model) {
    std::string widths;
    int layers = 0, rank = 0;
    std::string_view kind;
    for (const Part& part : model.parts) {
        const PartTraits& traits = traitsOf(part);
        if (!traits.network.empty() && traits.rank > rank) {
            kind = traits.network;
            rank = traits.rank;
        }
        if (traits.widths == nullptr) continue;
        for (const std::int64_t width : traits.widths(part))
            widths += (layers++ == 0 ? " " : "-") + std::to_string(width);
    }
    if (kind.empty()) kind = layers > 1 ? "MLP" : "linear";
    return std::string(kind) + widths;
}

/// Writes events of one run, within the transaction of Archive::append().
class Appender {
  public:
    Appender(Archive::Impl& archive, std::string run) : archive_(archive), run_(std::move(run)) {
        if (const auto found = archive_.targets.find(run_); found != archive_.targets.end())
            target_ = found->second;
        else if (const auto id = archive_.findRun(run_))
            target_.id = *id;
        if (target_.lease != 0) archive_.requireLease(target_.id, run_, target_.lease);
    }

    bool known() const { return target_.id != 0; }
    bool begun() const { return target_.begun; }
    /// Leaves no more than a note of a resumption that ended before it had started.
    void noteFailedResumption(const RunFinished& finished);
    const Archive::Impl::Target& target() const { return target_; }

    void signOfLife() {
        if (target_.lease == 0) return; // it has ended
        execute(
            (std::string("UPDATE runs SET held = 1, heartbeat = ") + sqlSeconds + " WHERE id = ?").c_str());
    }

    void operator()(const RunStarted& started);
    void operator()(const SamplesTaken& taken);
    void operator()(const HyperparametersSampled& sampled);
    void operator()(const ProgressMade& progress) {
        goOn();
        advance(progress.step, progress.seconds);
    }
    void operator()(const EpochFinished& epoch);
    void operator()(const StateChanged& change);
    void operator()(const HyperparameterSet& set);
    void operator()(const LogLine& line);
    void operator()(const CheckpointTaken& checkpoint);
    void operator()(const RunFinished& finished);
    void operator()(const LoadingProgressed& /*progress*/) {} // for whoever watches

  private:
    SQLite::Statement statement(const char* sql) { return archive_.statement(sql); }
    void execute(const char* sql) { // with the run's number as the only parameter
        auto run = statement(sql);
        run.bind(1, target_.id);
        run.exec();
    }
    void insertRun(const RunStarted& started);
    void describeRun(const RunStarted& started);
    void goOnFrom(std::int64_t step);
    void amend(const RunStarted& started);
    void registerSeries(const std::vector<std::string>& names);
    /// A number of the series at this place among the declared ones.
    struct Placed {
        std::size_t place = 0;
        std::int64_t step = 0;
        double seconds = 0.0, value = 0.0;
    };
    void write(const std::vector<Placed>& samples);
    void insertHyperparameters(const std::vector<Hyperparameter>& hyperparameters);
    void replace(const std::vector<Placed>& samples);
    void closeTail(std::int64_t step);
    void letGo();
    void updateBest(const EpochResult& best);
    void advance(std::int64_t step, double seconds);
    void spend(double gradients);
    void goOn();
    void event(std::string_view kind, const std::string& text);
    void setState(RunState state, const std::string& reason);

    Archive::Impl& archive_;
    std::string run_;
    Archive::Impl::Target target_;
};

void Appender::noteFailedResumption(const RunFinished& finished) {
    if (!known()) return;
    const bool failed = finished.state == RunState::failed;
    event(failed ? "error" : "info",
          "not resumed: " + (finished.message.empty()
                                 ? std::string(name(finished.state)) + " before the run had started"
                                 : finished.message));
    letGo();
}

/// Another process may take the run up.
void Appender::letGo() {
    if (target_.lease == 0) return;
    execute("UPDATE runs SET held = 0 WHERE id = ?");
    target_.lease = 0;
    target_.begun = false;
}

void Appender::operator()(const RunStarted& started) {
    archive_.requireStudyLeases();
    const bool resumed = known();
    if (!resumed) insertRun(started);
    if (target_.lease == 0) target_.lease = archive_.take(target_.id, run_, {});
    if (resumed) amend(started);
    goOnFrom(started.firstStep);
    describeRun(started);
    archive_.own(target_.id);
    registerSeries(started.series);
    target_.replaced.assign(target_.series.size(), started.firstStep);
    execute("DELETE FROM hyperparameters WHERE run_id = ?");
    insertHyperparameters(started.experiment.hyperparameters);
    std::vector<std::string> hyperparameters;
    for (const Hyperparameter& each : started.experiment.hyperparameters)
        hyperparameters.push_back(each.name);
    target_.findPlaces(hyperparameters);
    target_.begun = true;
    event(started.firstStep > 0 ? "resumed" : "started",
          (started.firstStep > 0 ? "resumed after step " + std::to_string(started.firstStep) + " on "
                                 : std::string("started on ")) +
              started.environment.device + " (" + started.environment.deviceName + ")");
}

/// What an earlier execution did after this step stays until this one has done it too: dying now loses
/// nothing.
void Appender::goOnFrom(std::int64_t step) {
    auto row =
        statement("SELECT max(tail, steps), (SELECT max(first_part) FROM checkpoints WHERE run_id = id "
                  "AND step = ?) FROM runs WHERE id = ?");
    row.bind(1, step);
    row.bind(2, target_.id);
    row.executeStep();
    const std::int64_t reached = row.getColumn(0).getInt64();
    target_.firstStep = step;
    target_.lastEpoch = -1;
    target_.tail = reached > step ? reached : 0;
    target_.kept = row.getColumn(1).isNull() ? std::nullopt : std::optional(row.getColumn(1).getInt64());
    auto update = statement("UPDATE runs SET tail = ?, first_step = ? WHERE id = ?");
    update.bind(1, target_.tail);
    update.bind(2, step);
    update.bind(3, target_.id);
    update.exec();
}

void Appender::insertRun(const RunStarted& started) {
    auto insert = statement(
        (std::string("INSERT INTO runs(uuid, name, study_id, study_method, study_seed, study_trial, "
                     "experiment, created) VALUES (?, ?, ?, ?, ?, ?, ?, ") +
         sqlNow + ")")
            .c_str());
    insert.bind(1, run_);
    insert.bind(2, started.experiment.name);
    if (const auto& place = started.place) {
        insert.bind(3, archive_.studyId(place->study));
        insert.bind(4, place->method);
        insert.bind(5, std::to_string(place->seed)); // of 64 bits, which an INTEGER's sign would spoil
        insert.bind(6, place->trial);
    }
    insert.bind(7, toJson(started.experiment));
    insert.exec();
    target_.id = archive_.database->getLastInsertRowid();
}

/// Other data are told of; another experiment is kept beside the original.
void Appender::amend(const RunStarted& started) {
    archive_.amend(target_.id, started.experiment, started.firstStep);
    auto row = statement("SELECT data_path, data_files, data_bytes, data_hash FROM runs WHERE id = ?");
    row.bind(1, target_.id);
    row.executeStep();
    const DataIdentity before{.path = row.getColumn(0).getString(),
                              .files = row.getColumn(1).getInt64(),
                              .bytes = row.getColumn(2).getInt64(),
                              .hash = row.getColumn(3).getString()};
    if (!difference(before, started.identity).empty())
        event("data", "other data from step " + std::to_string(started.firstStep) +
                          " on: " + identityText(started.identity) + "; before: " + identityText(before));
}

void Appender::describeRun(const RunStarted& started) {
    auto update = statement(
        "UPDATE runs SET data = ?, model = ?, method = ?, state = 'running', reason = '', steps_total = ?, "
        "steps_budget = ?, steps_per_epoch = ?, parameters = ?, response_parameters = ?, "
        "train_examples = ?, "
        "validation_examples = ?, test_examples = ?, data_path = ?, data_files = ?, data_bytes = ?, "
        "data_hash = ?, data_split = ?, "
        "device = ?, device_name = ?, torch_version = ?, blas = "
        "?, "
        "program_version = ?, host = ?, threads = ?, steps = max(steps, ?) WHERE id = ?");
    const Experiment& experiment = started.experiment;
    const Environment& environment = started.environment;
    int index = 1;
    const auto text = [&](const std::string& value) { update.bind(index++, value); };
    const auto integer = [&](std::int64_t value) { update.bind(index++, value); };
    text(dataName(experiment.data));
    text(modelName(experiment.model));
    text(std::string(traitsOf(experiment.tuner).id));
    integer(started.stepsTotal);
    integer(experiment.epochs * started.stepsPerEpoch);
    integer(started.stepsPerEpoch);
    integer(started.parameters);
    integer(started.responseParameters);
    integer(started.data.train);
    integer(started.data.validation);
    integer(started.data.test);
    text(started.identity.path);
    integer(started.identity.files);
    integer(started.identity.bytes);
    text(started.identity.hash);
    text(started.identity.split);
    text(environment.device);
    text(environment.deviceName);
    text(environment.torchVersion);
    text(environment.blas);
    text(environment.programVersion);
    text(environment.host);
    integer(environment.threads);
    integer(started.firstStep);
    integer(target_.id);
    update.exec();
}

void Appender::registerSeries(const std::vector<std::string>& names) {
    auto name = statement("INSERT OR IGNORE INTO series_names(name) VALUES (?)");
    auto find = statement("SELECT id FROM series_names WHERE name = ?");
    auto place = statement("INSERT INTO summaries(run_id, series_id, position) VALUES (?, ?, ?) "
                           "ON CONFLICT DO UPDATE SET position = excluded.position");
    // A series that an earlier part of the run had, and this has not, goes behind.
    execute("UPDATE summaries SET position = position + 1000000 WHERE run_id = ?");
    target_.series.clear();
    for (const std::string& series : names) {
        name.bind(1, series);
        name.exec();
        name.reset();
        find.bind(1, series);
        find.executeStep();
        target_.series.push_back({.name = series, .id = find.getColumn(0).getInt64()});
        find.reset();
        place.bind(1, target_.id);
        place.bind(2, target_.series.back().id);
        place.bind(3, static_cast<std::int64_t>(target_.series.size() - 1));
        place.exec();
        place.reset();
    }
}

void Appender::insertHyperparameters(const std::vector<Hyperparameter>& hyperparameters) {
    auto insert = statement("INSERT INTO hyperparameters(run_id, position, name, tuned, initial, min, max, "
                            "initial_scale) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    std::int64_t position = 0;
    for (const Hyperparameter& hyperparameter : hyperparameters) {
        insert.bind(1, target_.id);
        insert.bind(2, position++);
        insert.bind(3, hyperparameter.name);
        insert.bind(4, hyperparameter.tune ? 1 : 0);
        bindNumber(insert, 5, hyperparameter.initial);
        bindNumber(insert, 6, hyperparameter.min);
        bindNumber(insert, 7, hyperparameter.max);
        bindNumber(insert, 8, hyperparameter.scale);
        insert.exec();
        insert.reset();
    }
}

/// Removes an earlier execution's samples where these replace them: of each series up to the last of these.
void Appender::replace(const std::vector<Placed>& samples) {
    std::vector<std::int64_t> reached = target_.replaced;
    for (const Placed& sample : samples) reached[sample.place] = std::max(reached[sample.place], sample.step);
    auto drop =
        statement("DELETE FROM samples WHERE run_id = ? AND series_id = ? AND step > ? AND step <= ?");
    for (std::size_t i = 0; i < reached.size(); ++i) {
        if (reached[i] == target_.replaced[i]) continue;
        drop.bind(1, target_.id);
        drop.bind(2, target_.series[i].id);
        drop.bind(3, target_.replaced[i]);
        drop.bind(4, reached[i]);
        drop.exec();
        drop.reset();
    }
    target_.replaced = std::move(reached);
}

/// This execution has reached the earlier one's end, or has ended for good at a step before it: nothing of
/// the earlier one counts any more after the step from which this one went on.
void Appender::closeTail(std::int64_t step) {
    const auto drop = [&](const char* sql, std::int64_t after, std::int64_t series) {
        auto rest = statement(sql);
        rest.bind(1, target_.id);
        rest.bind(2, after);
        if (series != 0) rest.bind(3, series);
        rest.exec();
    };
    auto others = statement("SELECT series_id FROM summaries WHERE run_id = ?");
    others.bind(1, target_.id);
    while (others.executeStep()) {
        const std::int64_t series = others.getColumn(0).getInt64();
        const auto declared = std::ranges::find(target_.series, series, &Archive::Impl::Target::Named::id);
        drop("DELETE FROM samples WHERE run_id = ? AND step > ? AND series_id = ?",
             declared == target_.series.end()
                 ? target_.firstStep
                 : target_.replaced[static_cast<std::size_t>(declared - target_.series.begin())],
             series);
    }
    drop(
        "DELETE FROM epoch_values WHERE run_id = ?1 AND epoch IN (SELECT epoch FROM epochs WHERE run_id = ?1 "
        "AND step > ?2)",
        step, 0);
    drop("DELETE FROM epochs WHERE run_id = ? AND step > ?", step, 0);
    // An epoch of the earlier execution that this one has not come to, at a step that it has: epochs of
    // accepted data may be longer.
    for (const char* table : {"epoch_values", "epochs"}) {
        auto stale =
            statement((std::string("DELETE FROM ") + table +
                       " WHERE run_id = ?1 AND epoch IN (SELECT epoch FROM epochs WHERE run_id = ?1 AND "
                       "step > ?2 AND epoch > ?3)")
                          .c_str());
        stale.bind(1, target_.id);
        stale.bind(2, target_.firstStep);
        stale.bind(3, target_.lastEpoch);
        stale.exec();
    }
    target_.tail = 0;
    execute("UPDATE runs SET tail = 0 WHERE id = ?");
    archive_.summarize(target_.id);
}

void Appender::operator()(const SamplesTaken& taken) {
    std::vector<Placed> samples;
    samples.reserve(taken.samples.size());
    for (const auto& [series, step, seconds, value] : taken.samples) {
        const auto place = target_.metrics.at(static_cast<std::size_t>(series));
        if (!place)
            throw Error(ErrorKind::archive, "Run " + run_ + " reported a sample of the series " +
                                                std::string(seriesName(series)) +
                                                ", which it had not declared.");
        samples.push_back({.place = *place, .step = step, .seconds = seconds, .value = value});
    }
    write(samples);
}

void Appender::operator()(const HyperparametersSampled& sampled) {
    if (sampled.points.size() != target_.values.size())
        throw Error(ErrorKind::archive, "Run " + run_ + " reported the values of " +
                                            std::to_string(sampled.points.size()) +
                                            " hyperparameters, but its experiment has " +
                                            std::to_string(target_.values.size()) + ".");
    std::vector<Placed> samples;
    const auto add = [&](const std::optional<std::size_t>& place, double value) {
        if (place)
            samples.push_back(
                {.place = *place, .step = sampled.step, .seconds = sampled.seconds, .value = value});
    };
    for (std::size_t i = 0; i < sampled.points.size(); ++i) {
        add(target_.values[i], sampled.points[i].value);
        if (sampled.points[i].spread) add(target_.scales[i], sampled.points[i].spread->scale);
    }
    write(samples);
}

void Appender::write(const std::vector<Placed>& samples) {
    if (target_.tail > 0) replace(samples);
    struct Touched {
        const Placed* last = nullptr;
        const Placed* best = nullptr;
    };
    std::vector<Touched> touched(target_.series.size());
    auto insert = statement("INSERT OR REPLACE INTO samples(run_id, series_id, step, seconds, value) "
                            "VALUES (?, ?, ?, ?, ?)");
    insert.bind(1, target_.id);
    std::int64_t step = 0;
    double seconds = 0.0;
    for (const Placed& sample : samples) {
        const auto& [name, id] = target_.series[sample.place];
        insert.bind(2, id);
        insert.bind(3, sample.step);
        insert.bind(4, sample.seconds);
        insert.bind(5, sample.value); // SQLite makes NULL of NaN
        insert.exec();
        insert.reset();
        step = std::max(step, sample.step);
        seconds = std::max(seconds, sample.seconds);
        auto& [last, best] = touched[sample.place];
        if (last == nullptr || sample.step >= last->step) last = &sample;
        const auto sign = bestSign(name);
        if (sign && !std::isnan(sample.value) &&
            (best == nullptr || *sign * sample.value > *sign * best->value))
            best = &sample;
    }
    auto last =
        statement("UPDATE summaries SET last_step = ?1, last = ?2 WHERE run_id = ?3 AND series_id = ?4 AND "
                  "coalesce(last_step, -1) <= ?1");
    auto best =
        statement("UPDATE summaries SET best_step = ?1, best = ?2 WHERE run_id = ?3 AND series_id = ?4 AND "
                  "(best IS NULL OR ?5 * ?2 > ?5 * best)");
    for (std::size_t i = 0; i < touched.size(); ++i) {
        for (const auto& [sample, update] :
             {std::pair{touched[i].last, &last}, std::pair{touched[i].best, &best}}) {
            if (sample == nullptr) continue;
            update->bind(1, sample->step);
            update->bind(2, sample->value);
            update->bind(3, target_.id);
            update->bind(4, target_.series[i].id);
            if (update == &best) update->bind(5, *bestSign(target_.series[i].name));
            update->exec();
            update->reset();
        }
    }
    if (samples.empty()) return;
    goOn();
    advance(step, seconds);
}

void Appender::operator()(const EpochFinished& epoch) {
    const EpochResult& result = epoch.result;
    auto insert =
        statement("INSERT OR REPLACE INTO epochs(run_id, epoch, step, seconds, train_loss, train_accuracy, "
                  "validation_loss, validation_accuracy, test_loss, test_accuracy, gradients) "
                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, target_.id);
    insert.bind(2, result.epoch);
    insert.bind(3, result.step);
    insert.bind(4, result.seconds);
    bindNumber(insert, 5, result.trainLoss);
    bindNumber(insert, 6, result.trainAccuracy);
    bindNumber(insert, 7, result.validationLoss);
    bindNumber(insert, 8, result.validationAccuracy);
    bindNumber(insert, 9, result.testLoss);
    bindNumber(insert, 10, result.testAccuracy);
    insert.bind(11, result.gradients);
    insert.exec();

    auto value = statement("INSERT OR REPLACE INTO epoch_values(run_id, epoch, position, name, value, scale) "
                           "VALUES (?, ?, ?, ?, ?, ?)");
    std::int64_t position = 0;
    for (const auto& [name, natural] : result.hyperparameters) {
        const auto scale =
            std::find_if(result.scales.begin(), result.scales.end(),
                         [&, &wanted = name](const auto& pair) { return pair.first == wanted; });
        value.bind(1, target_.id);
        value.bind(2, result.epoch);
        value.bind(3, position++);
        value.bind(4, name);
        bindNumber(value, 5, natural);
        bindNumber(value, 6, scale != result.scales.end() ? std::optional(scale->second) : std::nullopt);
        value.exec();
        value.reset();
    }
    target_.lastEpoch = result.epoch;
    if (target_.tail > 0)
        archive_.bestFromEpochs(target_.id); // the best may be one that this execution has not come to yet
    else
        updateBest(epoch.best);
    goOn();
    advance(result.step, result.seconds);
    spend(result.gradients);
    if (target_.tail > 0 && result.step >= target_.tail) closeTail(result.step);
}

void Appender::updateBest(const EpochResult& best) {
    auto update =
        statement("UPDATE runs SET best_epoch = ?, best_validation_loss = ?, best_validation_accuracy = ?, "
                  "test_at_best = ? WHERE id = ?");
    update.bind(1, best.epoch);
    bindNumber(update, 2, best.validationLoss);
    bindNumber(update, 3, best.validationAccuracy);
    bindNumber(update, 4, best.testAccuracy ? best.testAccuracy : best.testLoss);
    update.bind(5, target_.id);
    update.exec();
}

/// Another process may have taken the run for dead.
void Appender::goOn() {
    execute("UPDATE runs SET state = 'running', reason = '' WHERE id = ? AND state = 'interrupted'");
}

void Appender::advance(std::int64_t step, double seconds) {
    auto update = statement("UPDATE runs SET steps = max(steps, ?), seconds = max(seconds, ?) WHERE id = ?");
    update.bind(1, step);
    update.bind(2, seconds);
    update.bind(3, target_.id);
    update.exec();
}

void Appender::spend(double gradients) {
    auto update = statement("UPDATE runs SET gradients = max(gradients, ?) WHERE id = ?");
    update.bind(1, gradients);
    update.bind(2, target_.id);
    update.exec();
}

void Appender::event(std::string_view kind, const std::string& text) {
    auto insert = statement(
        (std::string("INSERT INTO events(run_id, time, kind, text) VALUES (?, ") + sqlNow + ", ?, ?)")
            .c_str());
    insert.bind(1, target_.id);
    insert.bind(2, std::string(kind));
    insert.bind(3, text);
    insert.exec();
}

void Appender::setState(RunState state, const std::string& reason) {
    auto update = statement("UPDATE runs SET state = ?, reason = ? WHERE id = ?");
    update.bind(1, std::string(name(state)));
    update.bind(2, reason);
    update.bind(3, target_.id);
    update.exec();
    if (!ended(state)) archive_.own(target_.id);
}

void Appender::operator()(const StateChanged& change) {
    setState(change.state, change.reason);
    event("state", std::string(name(change.state)) + (change.reason.empty() ? "" : ": " + change.reason));
}

void Appender::operator()(const HyperparameterSet& set) {
    event("hyperparameter",
          set.name + " set to " + exactNumber(set.value) + " at step " + std::to_string(set.step));
}

void Appender::operator()(const LogLine& line) {
    event(line.level == LogLevel::info      ? "info"
          : line.level == LogLevel::warning ? "warning"
                                            : "error",
          line.text);
}

void Appender::operator()(const CheckpointTaken& checkpoint) {
    if (checkpoint.bytes == nullptr) return;
    target_.kept = archive_.storeCheckpoint(target_.id, run_, checkpoint, target_.kept);
}

void Appender::operator()(const RunFinished& finished) {
    setState(finished.state, finished.message);
    const bool forGood = finished.state == RunState::completed || finished.state == RunState::stopped;
    if (target_.tail > 0 && forGood) {
        closeTail(finished.steps);
        execute("UPDATE runs SET steps = 0, seconds = 0, gradients = 0 WHERE id = ?");
    }
    advance(finished.steps, finished.seconds);
    spend(finished.gradients);
    if (finished.best && target_.tail == 0) updateBest(*finished.best);
    event("finished", std::string(name(finished.state)) + " after " + std::to_string(finished.steps) +
                          " steps" + (finished.message.empty() ? "" : ": " + finished.message));
    letGo();
}

} // namespace

void Archive::Impl::amend(std::int64_t id, const Experiment& experiment, std::int64_t step) {
    auto original = statement("SELECT experiment FROM runs WHERE id = ?");
    original.bind(1, id);
    original.executeStep();
    const std::vector<Amendment> added =
        amendmentsTo(experiment, original.getColumn(0).getString(), amendments(id));
    auto insert = statement((std::string("INSERT INTO amendments(run_id, time, step, path, old_value, "
                                         "new_value) VALUES (?, ") +
                             sqlNow + ", ?, ?, ?, ?)")
                                .c_str());
    insert.bind(1, id);
    insert.bind(2, step);
    for (const Amendment& amendment : added) {
        insert.bind(3, amendment.path);
        int index = 4;
        for (const std::string* value : {&amendment.before, &amendment.after})
            value->empty() ? insert.bind(index++) : insert.bind(index++, *value);
        insert.exec();
        insert.reset();
        if (amendment.path != "name") continue;
        auto rename = statement("UPDATE runs SET name = ? WHERE id = ?");
        rename.bind(1, experiment.name);
        rename.bind(2, id);
        rename.exec();
    }
}

void Archive::append(const std::string& run, const std::vector<Event>& events) {
    if (events.empty()) return;
    const bool full =
        std::ranges::any_of(events, [](const Event& event) { return urgency(event) == Urgency::lasting; });
    impl_->guard(
        [&] { impl_->database->exec(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"); });
    std::optional<Impl::Target> target; // what is known once it is written
    std::vector<Event> early;
    impl_->write([&] {
        Appender append(*impl_, run);
        early = impl_->early[run];
        for (const Event& event : events) {
            if (!append.begun() && !std::holds_alternative<RunStarted>(event)) {
                early.push_back(event);
                if (const auto* finished = std::get_if<RunFinished>(&event)) {
                    append.noteFailedResumption(*finished);
                    early.clear();
                }
                continue;
            }
            std::visit(append, event);
            if (!early.empty())
                for (const Event& earlier : std::exchange(early, {})) std::visit(append, earlier);
        }
        append.signOfLife();
        target = append.target();
    });
    impl_->early[run] = std::move(early);
    if (target->lease != 0)
        impl_->targets[run] = std::move(*target);
    else
        impl_->targets.erase(run);
}

} // namespace dstn
