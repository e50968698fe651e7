#include "core/engine/torch_engine.h"
#include "core/engine/training/training.h"
#include "tests/program.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <fstream>
#include <limits>
#include <thread>

using namespace dstn;

namespace {

/// A small network with much that could make two runs differ: shuffling, dropout, statistics, a short last
/// batch.
Experiment smallExperiment() {
    const ParsedExperiment parsed = parseExperiment(R"({
        "schema": 1, "name": "small",
        "data": {"source": "synthetic-classification", "examples": 230, "features": 6, "classes": 3, "test": 0.1,
                 "split": "random"},
        "model": {"parts": [{"type": "linear", "out": 8}, {"type": "batch_norm"}, {"type": "relu"},
                            {"type": "dropout", "rate": "dropout"}, {"type": "linear", "out": 3}]},
        "regularization": {"weight_decay": "decay"},
        "hyperparameters": [{"name": "dropout", "initial": 0.2, "min": 0, "max": 0.9},
                            {"name": "decay", "initial": 0.001, "log": true}],
        "tuner": {"type": "delta-stn", "train_steps": 2, "warmup_epochs": 1},
        "batch": {"train": 32, "validation": 16}, "budget": {"epochs": 4}, "device": "cpu", "threads": 1
    })");
    if (!parsed.experiment) qFatal("%s", describe(parsed.mistakes).c_str());
    return *parsed.experiment;
}

/// One linear layer whose squared errors overflow where its weights are large; an epoch is one step.
Experiment regression() {
    const ParsedExperiment parsed = parseExperiment(R"({
        "schema": 1, "name": "regression",
        "data": {"source": "synthetic-regression", "examples": 100, "features": 4, "test": 0.2},
        "model": {"parts": [{"type": "linear", "out": 1}]},
        "regularization": {"weight_decay": "decay"},
        "hyperparameters": [{"name": "decay", "initial": 0.001, "log": true}],
        "tuner": {"type": "delta-stn", "train_steps": 1, "warmup_epochs": 0},
        "batch": {"train": 68, "validation": 12}, "budget": {"epochs": 4}, "device": "cpu", "threads": 1
    })");
    if (!parsed.experiment) qFatal("%s", describe(parsed.mistakes).c_str());
    return *parsed.experiment;
}

/// A small language model: states that carry over, every kind of dropout, AR and TAR, a short last slice.
Experiment languageModel(const QString& path) {
    const ParsedExperiment parsed = parseExperiment(R"({
        "schema": 1, "name": "language",
        "data": {"source": "text", "path": "TEXT", "sequence": 7, "validation": 0.3, "test": 0.1},
        "model": {"parts": [
            {"type": "embedding", "width": 8, "rate": "words"}, {"type": "locked_dropout", "rate": 0.1},
            {"type": "lstm", "hidden": 8, "layers": 2, "rate": 0.1, "drop_connect": "connections"},
            {"type": "temporal_activation_regularization", "strength": "tar"},
            {"type": "activation_regularization", "strength": 0.5}, {"type": "tied_linear"}]},
        "regularization": {"label_smoothing": "smoothing"},
        "hyperparameters": [{"name": "words", "initial": 0.1, "min": 0, "max": 0.9},
                            {"name": "connections", "initial": 0.1, "min": 0, "max": 0.9},
                            {"name": "tar", "initial": 1, "min": 0, "max": 10},
                            {"name": "smoothing", "initial": 0.05, "min": 0, "max": 0.5}],
        "tuner": {"type": "delta-stn", "train_steps": 2, "warmup_epochs": 1},
        "optimizers": {"general": {"type": "adam", "lr": 0.02, "clip_norm": 1},
                       "response": {"type": "adam", "lr": 0.02}},
        "batch": {"train": 4, "validation": 3}, "budget": {"epochs": 4}, "device": "cpu", "threads": 1
    })",
                                                    {{"data.path", path.toStdString()}});
    if (!parsed.experiment) qFatal("%s", describe(parsed.mistakes).c_str());
    return *parsed.experiment;
}

/// A text in which every word follows from the one before it.
QString writeText(const QTemporaryDir& folder) {
    const QString path = folder.filePath("text.txt");
    std::ofstream file(path.toStdString());
    for (int i = 0; i < 60; ++i) file << "one two three four five six\n";
    return path;
}

class Collector : public EventSink {
  public:
    void publish(const Event& event) override {
        events.push_back(event);
        if (const auto* samples = std::get_if<SamplesTaken>(&event); samples != nullptr && onSamples)
            onSamples();
        if (const auto* state = std::get_if<StateChanged>(&event); state != nullptr && onState)
            onState(*state);
        if (std::holds_alternative<CheckpointTaken>(event) && onCheckpoint) onCheckpoint();
    }
    template <typename T>
    std::vector<T> all() const {
        std::vector<T> result;
        for (const Event& event : events)
            if (const auto* one = std::get_if<T>(&event)) result.push_back(*one);
        return result;
    }
    /// (series, step, value) of every sample but throughput, which is time; behind the table's series the
    /// values of the hyperparameters, and their scales.
    std::vector<std::tuple<std::size_t, std::int64_t, double>> samples() const {
        std::vector<std::tuple<std::size_t, std::int64_t, double>> result;
        for (const SamplesTaken& taken : all<SamplesTaken>())
            for (const Sample& s : taken.samples)
                if (s.series != Series::throughput)
                    result.emplace_back(static_cast<std::size_t>(s.series), s.step, s.value);
        for (const HyperparametersSampled& sampled : all<HyperparametersSampled>())
            for (std::size_t i = 0; i < sampled.points.size(); ++i) {
                result.emplace_back(seriesTable.size() + 2 * i, sampled.step, sampled.points[i].value);
                if (const auto& spread = sampled.points[i].spread)
                    result.emplace_back(seriesTable.size() + 2 * i + 1, sampled.step, spread->scale);
            }
        return result;
    }
    std::vector<Event> events;
    /// The texts of all log lines, one a line.
    std::string log() const {
        std::string text;
        for (const LogLine& line : all<LogLine>()) text += line.text + "\n";
        return text;
    }
    std::function<void()> onSamples, onCheckpoint;
    std::function<void(const StateChanged&)> onState;
};

Collector runToEnd(const RunRequest& request, CommandQueue& commands) {
    Collector collector;
    makeTorchEngine()->run(request, commands, collector);
    return collector;
}
Collector runToEnd(const RunRequest& request) {
    CommandQueue commands;
    return runToEnd(request, commands);
}

} // namespace

class TestTraining : public QObject {
    Q_OBJECT

    static bool sameTensors(const Checkpoint& one, const Checkpoint& other) {
        if (one.tensors.size() != other.tensors.size()) return false;
        for (std::size_t i = 0; i < one.tensors.size(); ++i) {
            if (one.tensors[i].first != other.tensors[i].first) return false;
            // The last of the sums is time.
            Tensor a = one.tensors[i].second, b = other.tensors[i].second;
            if (one.tensors[i].first == "sums") {
                a = a.narrow(0, 0, 3);
                b = b.narrow(0, 0, 3);
            }
            if (!at::equal(a, b)) return false;
        }
        return true;
    }

  private Q_SLOTS:
    void sameSeedGivesTheSameRunBitForBit() {
        const RunRequest request{.experiment = smallExperiment(), .run = "a"};
        const Collector one = runToEnd(request), two = runToEnd(request);
        QVERIFY(one.samples() == two.samples());
        QVERIFY(sameTensors(readCheckpoint(*one.all<CheckpointTaken>().back().bytes),
                            readCheckpoint(*two.all<CheckpointTaken>().back().bytes)));
        RunRequest other = request;
        other.experiment.seed = 1;
        QVERIFY(runToEnd(other).samples() != one.samples());
    }

    /// Every state that a run can be saved in, mid-epoch and at its border, continues to the same end.
    void resumedRunContinuesBitForBit_data() {
        QTest::addColumn<bool>("language");
        QTest::newRow("classes") << false;
        QTest::newRow("language") << true;
    }
    void resumedRunContinuesBitForBit() {
        QFETCH(bool, language);
        const QTemporaryDir folder;
        const Experiment experiment = language ? languageModel(writeText(folder)) : smallExperiment();
        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        const auto advance = [](Training& training, std::int64_t until) {
            while (training.stepsDone() < until) {
                if (training.evaluationDue()) training.accept(*training.evaluate([] { return true; }));
                training.step();
            }
        };
        Training whole(experiment, dataset, at::kCPU);
        const std::int64_t end = 3 * whole.stepsPerEpoch() + 2;
        advance(whole, end);
        const Checkpoint expected = whole.save();
        for (std::int64_t pause = 0; pause <= end; ++pause) {
            Training first(experiment, dataset, at::kCPU);
            advance(first, pause);
            const std::string bytes = writeCheckpoint(first.save());
            Training second(experiment, dataset, at::kCPU);
            second.load(readCheckpoint(bytes));
            QCOMPARE(second.stepsDone(), pause);
            advance(second, end);
            QVERIFY2(sameTensors(second.save(), expected), qPrintable(QString::number(pause)));
            QCOMPARE(second.best()->validationLoss, whole.best()->validationLoss);
        }
    }

    /// Each tuner learns a text whose next word is certain; the loss counts every token once.
    void languageModelsLearnUnderEveryTuner() {
        const QTemporaryDir folder;
        for (const char* tuner : {"delta-stn", "stn", "fixed"})
            for (const bool share : {false, true}) {
                if (share && std::string(tuner) != "delta-stn") continue;
                Experiment experiment = languageModel(writeText(folder));
                chooseTuner(experiment.tuner, tuner);
                experiment.tuner.sharePrimal = share;
                experiment.epochs = 25;
                const Collector run = runToEnd({.experiment = experiment, .run = "a"});
                const RunFinished finished = run.all<RunFinished>().back();
                QVERIFY2(finished.state == RunState::completed, finished.message.c_str());
                const auto epochs = run.all<EpochFinished>();
                // Seven words and line ends: chance is log 7 or so, with <unk> log 8.
                QVERIFY(std::abs(epochs.front().result.validationLoss - std::log(8.0)) < 0.3);
                const double end = epochs.back().best.validationLoss;
                QVERIFY2(end < 0.7, qPrintable(QString("%1: %2").arg(tuner).arg(end)));
                QVERIFY(epochs.back().result.testAccuracy.value() > 0.9);
                QVERIFY(epochs.back().result.trainAccuracy.value() <= 1.0);
            }
    }

    void throughputOfATextCountsItsTokens() {
        const QTemporaryDir folder;
        const Experiment experiment = languageModel(writeText(folder));
        const Collector collector = runToEnd({.experiment = experiment, .run = "r"});
        const RunStarted started = collector.all<RunStarted>().front();
        const double tokens =
            static_cast<double>(started.data.train) / static_cast<double>(started.stepsPerEpoch);
        QVERIFY(tokens > 2.0 * static_cast<double>(experiment.trainBatch));
        // It is taken since the last one, or the last evaluation, whose time is no training's.
        std::int64_t step = 0, rates = 0;
        double seconds = 0.0;
        for (const Event& event : collector.events) {
            if (const auto* epoch = std::get_if<EpochFinished>(&event)) {
                step = epoch->result.step;
                seconds = epoch->result.seconds;
            }
            const auto* taken = std::get_if<SamplesTaken>(&event);
            if (taken == nullptr) continue;
            for (const Sample& sample : taken->samples) {
                if (sample.series != Series::throughput) continue;
                const double passed = sample.value * (sample.seconds - seconds);
                QVERIFY(std::abs(passed / (tokens * static_cast<double>(sample.step - step)) - 1) < 1e-9);
                step = sample.step;
                seconds = sample.seconds;
                ++rates;
            }
        }
        QVERIFY(rates > 2);
    }

    /// What has one value for a batch is perturbed once for it; everything else for each row.
    void whatIsTheWholeBatchsIsPerturbedOnce() {
        const QTemporaryDir folder;
        const Experiment experiment = languageModel(writeText(folder));
        const Training training(experiment, loadDataset(experiment.data, 0), at::kCPU);
        at::Generator generator = at::detail::createCPUGenerator(1);
        const Tensor noise = training.problem().space.noise(6, true, generator);
        for (std::int64_t h = 0; h < 4; ++h) {
            const Tensor column = noise.select(1, h);
            QCOMPARE(at::equal(column, column[0].expand({6})), h == 1); // "connections"
        }
    }

    void hyperparametersStandStillDuringWarmupAndMoveAfterwards() {
        const Experiment experiment = smallExperiment();
        Training training(experiment, loadDataset(experiment.data, 0), at::kCPU);
        const auto start = training.hyperparameters();
        const auto step = [&] {
            training.step();
            return training.finished(false).at(0); // on the CPU a step's figures are there with its end
        };
        while (training.warmup()) QVERIFY(!step().validationLoss.has_value());
        QVERIFY(training.hyperparameters() == start);
        QVERIFY(!step().validationLoss.has_value()); // T_train = 2
        QVERIFY(step().validationLoss.has_value());
        QVERIFY(training.hyperparameters() != start);
        QCOMPARE(training.hyperparameters()[0].first, std::string("dropout"));
    }

    void runEndsWithAllItsEvents() {
        const Collector run = runToEnd({.experiment = smallExperiment(), .run = "a"});
        const RunFinished finished = run.all<RunFinished>().back();
        QVERIFY2(finished.state == RunState::completed, finished.message.c_str());
        const RunStarted started = run.all<RunStarted>().front();
        QCOMPARE(finished.steps, started.stepsTotal);
        const auto epochs = run.all<EpochFinished>();
        QCOMPARE(epochs.size(), std::size_t{5}); // the start and four epochs
        QCOMPARE(epochs.front().result.epoch, 0);
        QVERIFY(!epochs.front().result.trainLoss.has_value());
        QVERIFY(epochs.back().result.testAccuracy.has_value());
        for (const EpochFinished& epoch : epochs)
            QVERIFY(epoch.best.validationLoss <= epoch.result.validationLoss);
        QVERIFY(epochs.back().result.validationLoss < epochs.front().result.validationLoss);
        QVERIFY(finished.best->validationLoss == epochs.back().best.validationLoss);
        QVERIFY(std::holds_alternative<RunFinished>(run.events.back()));
    }

    void maxStepsEndsTheRunAsCompleted() {
        const Collector run = runToEnd({.experiment = smallExperiment(), .run = "a", .maxSteps = 3});
        QCOMPARE(run.all<RunFinished>().back().steps, 3);
        QVERIFY(run.all<RunFinished>().back().state == RunState::completed);
    }

    void commandsActWithinOneStep() {
        CommandQueue commands;
        Collector collector;
        std::int64_t stepsAtPause = -1, stepsAtResume = -1;
        int samples = 0;
        collector.onSamples = [&] {
            if (++samples == 6) {
                commands.send(SetHyperparameter{"dropout", 0.5});
                commands.send(Pause{});
            }
            if (samples == 12) commands.send(Stop{});
        };
        collector.onState = [&](const StateChanged& state) {
            if (state.state == RunState::paused) {
                stepsAtPause = samples;
                std::thread([&] { commands.send(Resume{}); }).join();
            }
            if (state.state == RunState::running && stepsAtPause >= 0 && stepsAtResume < 0)
                stepsAtResume = samples;
        };
        makeTorchEngine()->run({.experiment = smallExperiment(), .run = "a"}, commands, collector);
        QVERIFY(stepsAtPause >= 6 && stepsAtPause <= 8); // the set value is a sample too
        QCOMPARE(stepsAtResume, stepsAtPause);
        const auto set = collector.all<HyperparameterSet>();
        QCOMPARE(set.size(), std::size_t{1});
        QCOMPARE(set.front().value, 0.5);
        QVERIFY(collector.all<RunFinished>().back().state == RunState::stopped);
        QVERIFY(collector.all<RunFinished>().back().steps <= 12);
        QVERIFY(!collector.all<CheckpointTaken>().empty());
    }

    void anUnfitHyperparameterIsRefusedInWords() {
        const Experiment experiment = smallExperiment();
        Training training(experiment, loadDataset(experiment.data, 0), at::kCPU);
        QVERIFY_EXCEPTION_THROWN(training.setHyperparameter("dropout", 1.5), Error);
        QVERIFY_EXCEPTION_THROWN(training.setHyperparameter("nothing", 0.5), Error);
        training.setHyperparameter("dropout", 0.5);
        QVERIFY(std::abs(training.hyperparameters()[0].second - 0.5) < 1e-6);
    }

    void aLossThatIsNotFiniteFailsTheHeadlessRunAndSaysWhere() {
        Experiment experiment = smallExperiment();
        experiment.optimizers.general.lr = 1e30;
        const Collector run = runToEnd({.experiment = experiment, .run = "a"});
        const RunFinished finished = run.all<RunFinished>().back();
        QVERIFY(finished.state == RunState::failed);
        QVERIFY(finished.error == ErrorKind::numeric);
        QVERIFY2(finished.message.find("loss is") != std::string::npos, finished.message.c_str());
        QVERIFY2(finished.message.find("At step") != std::string::npos, finished.message.c_str());
        for (const auto& [series, step, value] : run.samples()) QVERIFY(std::isfinite(value));
    }

    void aLossThatIsNotFinitePausesTheRunInTheWindow() {
        Experiment experiment = smallExperiment();
        experiment.optimizers.general.lr = 1e30;
        CommandQueue commands;
        Collector collector;
        std::string reason;
        collector.onState = [&](const StateChanged& state) {
            if (state.state != RunState::paused) return;
            reason = state.reason;
            commands.send(Stop{});
        };
        makeTorchEngine()->run(
            {.experiment = experiment, .run = "a", .pauseOnError = true, .checkpointSeconds = 0}, commands,
            collector);
        QVERIFY2(reason.find("At step") != std::string::npos, reason.c_str());
        QVERIFY(collector.all<RunFinished>().back().state == RunState::stopped);
        QVERIFY(
            collector.all<CheckpointTaken>().empty()); // broken weights must not replace a good checkpoint
    }

    void validationStepThatFailsIsNamedAndItsTrainingStepKept() {
        Experiment experiment = regression();
        // The first validation step makes σ huge, the second fails on it.
        experiment.tuner.validationSteps = 2;
        experiment.tuner.entropyWeight = 1000;
        experiment.optimizers.scales.lr = 1e30;
        const Collector run = runToEnd({.experiment = experiment, .run = "a"});
        const RunFinished finished = run.all<RunFinished>().back();
        QVERIFY2(finished.message.starts_with("At step 1 the validation loss is infinite."),
                 finished.message.c_str());
        QVERIFY(finished.error == ErrorKind::numeric);
        QCOMPARE(finished.steps, 1);
        const auto samples = run.samples();
        QVERIFY(std::any_of(samples.begin(), samples.end(), [&](const auto& sample) {
            return std::get<0>(sample) == static_cast<std::size_t>(Series::trainLoss) &&
                   std::get<1>(sample) == 1;
        }));
    }

    void splitThatGivesNoFiniteLossIsNamedWithItsStep() {
        Experiment experiment = regression();
        experiment.tuner.options = FixedOptions{};
        experiment.optimizers.general.lr = 1e30;
        const RunFinished finished =
            runToEnd({.experiment = experiment, .run = "a"}).all<RunFinished>().back();
        QVERIFY2(
            finished.message.starts_with("At step 1 the validation loss of the whole split is infinite."),
            finished.message.c_str());
    }

    void trainingStepThatFailsIsNamed() {
        Experiment experiment = regression();
        experiment.tuner.options = FixedOptions{};
        experiment.optimizers.general.lr = 1e30;
        experiment.trainBatch = 34; // the second step of the epoch meets what the first has done
        const RunFinished finished =
            runToEnd({.experiment = experiment, .run = "a"}).all<RunFinished>().back();
        QVERIFY2(finished.message.starts_with("At step 2 the training loss is infinite."),
                 finished.message.c_str());
        QCOMPARE(finished.steps, 1);
    }

    void testLossThatIsNotFiniteIsTold() {
        QTemporaryDir folder;
        const std::string path = folder.filePath("far.csv").toStdString();
        std::ofstream file(path);
        file << "x,y\n";
        for (int i = 0; i < 99; ++i) file << i << ',' << i * 0.5 << '\n';
        file << "1,1e35\n"; // in the test part, the last
        file.close();
        Experiment far = regression();
        far.data = {.source = DataSource::csv,
                    .path = path,
                    .test = 0.1,
                    .split = SplitKind::tail,
                    .normalize = Normalize::none};
        far.trainBatch = 50;
        far.optimizers.general.lr = 1e-6;
        far.tuner.options = FixedOptions{};
        const Collector run = runToEnd({.experiment = far, .run = "a"});
        QVERIFY2(run.all<RunFinished>().back().state == RunState::completed,
                 run.all<RunFinished>().back().message.c_str());
        QVERIFY2(run.log().find("At step 0 the test loss is infinite.") != std::string::npos,
                 run.log().c_str());
    }

    void checkpointsAreTakenAtTheStartAndByTheClock() {
        const Experiment experiment = smallExperiment();
        const auto steps = [](const Collector& run) {
            std::vector<std::int64_t> list;
            for (const CheckpointTaken& taken : run.all<CheckpointTaken>()) list.push_back(taken.step);
            return list;
        };
        RunRequest request{.experiment = experiment, .run = "a", .maxSteps = 4};
        const Collector seldom = runToEnd(request);
        QCOMPARE(steps(seldom), (std::vector<std::int64_t>{0, 4}));
        request.checkpointSeconds = 0;
        QCOMPARE(steps(runToEnd(request)), std::vector<std::int64_t>{4});
        request.checkpointSeconds = 1e-9; // as often as the time that they take allows
        request.maxSteps = 400;
        request.checkpointEachEpoch = false;
        request.experiment.epochs = 1000;
        QVERIFY(steps(runToEnd(request)).size() > 2);

        // The first one is enough to go on from, and what comes of it is the same.
        const CheckpointTaken first = seldom.all<CheckpointTaken>().front();
        request = {.experiment = experiment,
                   .run = "a",
                   .checkpoint = first.bytes,
                   .checkpointStep = 0,
                   .maxSteps = 4};
        const Collector again = runToEnd(request);
        QVERIFY(again.all<EpochFinished>().front().result.validationLoss ==
                seldom.all<EpochFinished>().front().result.validationLoss);
        QVERIFY(again.all<RunFinished>().back().hyperparameters ==
                seldom.all<RunFinished>().back().hyperparameters);
        request.checkpointStep = std::int64_t{1} << 62;
        const RunFinished refused = runToEnd(request).all<RunFinished>().back();
        QVERIFY(refused.error == ErrorKind::archive);
        QVERIFY2(refused.message.find("is damaged: it is of step 0, and the archive has it as of step "
                                      "4611686018427387904") != std::string::npos,
                 refused.message.c_str());
    }

    void checkpointAskedForBehindABrokenLossIsNotTaken() {
        Experiment experiment = smallExperiment();
        experiment.optimizers.general.lr = 1e30;
        CommandQueue commands;
        Collector collector;
        collector.onState = [&](const StateChanged& state) {
            if (state.state != RunState::paused) return;
            commands.send(TakeCheckpoint{});
            commands.send(Stop{});
        };
        makeTorchEngine()->run(
            {.experiment = experiment, .run = "a", .pauseOnError = true, .checkpointSeconds = 0}, commands,
            collector);
        QVERIFY(collector.all<CheckpointTaken>().empty());
        QVERIFY2(collector.log().find("No checkpoint was saved at step") != std::string::npos,
                 collector.log().c_str());
    }

    void brokenStateNeverReplacesACheckpoint_data() {
        QTest::addColumn<QString>("part");
        for (const char* part : {"general.", "response.", "lambda", "raw_scale"})
            QTest::newRow(part) << QString(part);
    }
    void brokenStateNeverReplacesACheckpoint() {
        QFETCH(QString, part);
        const Experiment experiment = smallExperiment();
        Training training(experiment, loadDataset(experiment.data, 0), at::kCPU);
        training.accept(*training.evaluate([] { return true; }));
        training.step();
        Checkpoint state = readCheckpoint(writeCheckpoint(training.save()));
        const auto broken = std::find_if(state.tensors.begin(), state.tensors.end(), [&](const auto& named) {
            return named.first.starts_with(part.toStdString());
        });
        QVERIFY(broken != state.tensors.end());
        broken->second.view(-1)[0].fill_(std::numeric_limits<double>::infinity());
        // It ends at once, and saves what it has.
        const Collector run = runToEnd({.experiment = experiment,
                                        .run = "a",
                                        .checkpoint = std::make_shared<std::string>(writeCheckpoint(state)),
                                        .maxSteps = 1});
        QVERIFY2(run.all<RunFinished>().back().state == RunState::completed,
                 run.all<RunFinished>().back().message.c_str());
        QVERIFY(run.all<CheckpointTaken>().empty());
        QVERIFY2(run.log().find(": " + broken->first + " is not finite") != std::string::npos,
                 run.log().c_str());
    }

    void bestResultWithNumbersThatAreNotFiniteIsSavedAndRead() {
        const Experiment experiment = smallExperiment();
        const Dataset dataset = loadDataset(experiment.data, 0);
        constexpr double infinity = std::numeric_limits<double>::infinity();
        Training training(experiment, dataset, at::kCPU);
        EpochResult result = *training.evaluate([] { return true; });
        result.testLoss = std::numeric_limits<double>::quiet_NaN();
        result.hyperparameters[1].second = infinity;
        result.scales[0].second = -infinity;
        training.accept(result);
        Training other(experiment, dataset, at::kCPU);
        other.load(readCheckpoint(writeCheckpoint(training.save())));
        QVERIFY(std::isnan(other.best()->testLoss.value()));
        QVERIFY(other.best()->hyperparameters == result.hyperparameters);
        QVERIFY(other.best()->scales == result.scales);
    }

    void damagedCheckpointEndsTheRunInWords_data() {
        QTest::addColumn<QString>("best");
        QTest::addColumn<bool>("counters");
        QTest::newRow("no number") << R"({"epoch": 0, "step": 0, "seconds": 0, "train_loss": null,
            "train_accuracy": null, "validation_loss": 1, "validation_accuracy": null, "test_loss": null,
            "test_accuracy": null, "hyperparameters": [["dropout", null]], "scales": []})"
                                   << true;
        QTest::newRow("no JSON") << "{" << true;
        QTest::newRow("no object") << "7" << true;
        QTest::newRow("missing counters") << "" << false;
    }
    void damagedCheckpointEndsTheRunInWords() {
        QFETCH(QString, best);
        QFETCH(bool, counters);
        const Experiment experiment = smallExperiment();
        Training training(experiment, loadDataset(experiment.data, 0), at::kCPU);
        Checkpoint checkpoint = training.save();
        if (!best.isEmpty()) checkpoint.metadata["best"] = best.toStdString();
        if (!counters)
            for (auto& [name, tensor] : checkpoint.tensors)
                if (name == "counters") tensor = at::zeros({1}, at::kLong);
        const Collector run =
            runToEnd({.experiment = experiment,
                      .run = "a",
                      .checkpoint = std::make_shared<std::string>(writeCheckpoint(checkpoint))});
        const RunFinished finished = run.all<RunFinished>().back();
        QVERIFY(finished.state == RunState::failed);
        QVERIFY2(finished.error == ErrorKind::archive, finished.message.c_str());
        QVERIFY2(finished.message.find("damaged") != std::string::npos, finished.message.c_str());
        QVERIFY(run.all<RunStarted>().empty());
    }

    void failureAfterStopIsNoInterruption() {
        CommandQueue commands;
        Collector collector;
        collector.onSamples = [&] { commands.send(Stop{.interrupted = true}); };
        collector.onCheckpoint = [] { throw Error(ErrorKind::archive, "There is no room."); };
        makeTorchEngine()->run({.experiment = smallExperiment(), .run = "a"}, commands, collector);
        const RunFinished finished = collector.all<RunFinished>().back();
        QVERIFY(finished.state == RunState::failed);
        QVERIFY(finished.error == ErrorKind::archive);
        QCOMPARE(finished.message, std::string("There is no room."));
    }

    void stopWhileTheDataAreReadIsAnInterruption() {
        CommandQueue commands;
        commands.send(Stop{.interrupted = true});
        const Collector run = runToEnd({.experiment = smallExperiment(), .run = "a"}, commands);
        QVERIFY(run.all<RunFinished>().back().state == RunState::interrupted);
        QVERIFY(run.all<RunStarted>().empty());
    }

    void whatNobodyForesawFailsTheRunInWords() {
        CommandQueue commands;
        Collector collector;
        collector.onSamples = [] { throw std::out_of_range("no such key"); };
        makeTorchEngine()->run({.experiment = smallExperiment(), .run = "a"}, commands, collector);
        const RunFinished finished = collector.all<RunFinished>().back();
        QVERIFY(finished.state == RunState::failed);
        QVERIFY(!finished.error);
        QVERIFY2(finished.message.find("no such key") != std::string::npos, finished.message.c_str());
    }

    void aBenchThatCannotFitIsRefusedBeforeItStarts() {
        Experiment experiment = smallExperiment();
        const LinearPart wide{.out = 300'000};
        experiment.model.parts = {wide, wide, LinearPart{.out = 3},
                                  DropoutPart{{.hyperparameter = "dropout"}}};
        try {
            makeTorchEngine()->bench(experiment, {.repetitions = 1});
            QFAIL("it ran");
        } catch (const Error& error) {
            QVERIFY(error.kind() == ErrorKind::device);
            QVERIFY2(std::string(error.what()).find("the bench needs about") != std::string::npos,
                     error.what());
        }
    }

    void aDeviceThatIsNotThereIsNamed() {
        Experiment experiment = smallExperiment();
        experiment.device = "cuda:7";
        const RunFinished finished =
            runToEnd({.experiment = experiment, .run = "a"}).all<RunFinished>().back();
        QVERIFY(finished.error == ErrorKind::device);
        QVERIFY2(finished.message.find("cuda:7") != std::string::npos, finished.message.c_str());
    }

    void aRunThatCannotFitIsRefusedBeforeItStarts() {
        Experiment experiment = smallExperiment();
        const LinearPart wide{.out = 300'000};
        experiment.model.parts = {wide, wide, LinearPart{.out = 3},
                                  DropoutPart{{.hyperparameter = "dropout"}}};
        const RunFinished finished =
            runToEnd({.experiment = experiment, .run = "a"}).all<RunFinished>().back();
        QVERIFY2(finished.error == ErrorKind::device, finished.message.c_str());
        QVERIFY2(finished.message.find("GiB") != std::string::npos, finished.message.c_str());
    }

    void aForeignCheckpointIsRefused() {
        const Experiment experiment = smallExperiment();
        const Dataset dataset = loadDataset(experiment.data, 0);
        Experiment wider = experiment;
        std::get<LinearPart>(wider.model.parts[0]).out = 9;
        Training training(experiment, dataset, at::kCPU), other(wider, dataset, at::kCPU);
        QVERIFY_EXCEPTION_THROWN(training.load(other.save()), Error);
    }

    void everyTunerTrains_data() {
        QTest::addColumn<QString>("type");
        for (const TunerTraits& type : tunerTypes())
            if (!type.searches()) // a search's trainings are those of its trials
                QTest::newRow(std::string(type.id).c_str()) << QString::fromUtf8(type.id);
    }
    void everyTunerTrains() {
        QFETCH(QString, type);
        Experiment experiment = smallExperiment();
        chooseTuner(experiment.tuner, type.toStdString());
        if (auto* schedule = std::get_if<ReplayOptions>(&experiment.tuner.options))
            *schedule = {.steps = {0, 7}, .values = {{"dropout", {0.1, 0.2}}, {"decay", {0.01, 0.001}}}};
        const Collector run = runToEnd({.experiment = experiment, .run = "a"});
        const RunFinished finished = run.all<RunFinished>().back();
        QVERIFY2(finished.state == RunState::completed, finished.message.c_str());
        const auto epochs = run.all<EpochFinished>();
        QVERIFY(epochs.back().result.validationLoss < epochs.front().result.validationLoss);
        const bool moved = epochs.back().result.hyperparameters != epochs.front().result.hyperparameters;
        QCOMPARE(moved, type != "fixed");
    }

    void sharedPrimalAndExactResponseTrainToo() {
        for (const bool share : {true, false}) {
            Experiment experiment = smallExperiment();
            experiment.tuner.sharePrimal = share;
            experiment.tuner.linearize = share;
            experiment.tuner.perExample = share;
            const Collector run = runToEnd({.experiment = experiment, .run = "a"});
            const auto epochs = run.all<EpochFinished>();
            const RunFinished finished = run.all<RunFinished>().back();
            QVERIFY2(finished.state == RunState::completed, finished.message.c_str());
            QVERIFY(epochs.back().result.validationLoss < epochs.front().result.validationLoss);
        }
    }
};

DSTN_TEST(TestTraining)
#include "tst_training.moc"
