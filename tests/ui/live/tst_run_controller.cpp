#include "tests/program.h"

#include "ui/live/run_controller.h"
#include <QApplication>

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <chrono>
#include <optional>
#include <thread>

using namespace dstn;
using namespace dstn::ui;

namespace {

/// Stands in for the engine: a thread that takes steps of a millisecond, obeys commands and publishes events.
class PretendedRun : public RunHandle {
  public:
    struct Behaviour {
        std::chrono::milliseconds stepLasts{1};
        std::int64_t steps = 1'000'000;
        std::int64_t notFiniteAt = -1; ///< pauses by itself after this step
        bool dataChanged = false;      ///< since the run that it goes on with
    };

    PretendedRun(RunRequest request, std::vector<std::shared_ptr<EventSink>> sinks, Behaviour behaviour)
        : request_(std::move(request)),
          sinks_(std::move(sinks)),
          behaviour_(behaviour),
          thread_([this] { loop(); }) {}
    ~PretendedRun() override {
        commands_.send(Stop{.interrupted = true});
        thread_.join();
    }
    void send(Command command) override { commands_.send(std::move(command)); }

  private:
    void publish(const Event& event) {
        for (const auto& sink : sinks_) sink->publish(event);
    }
    void finish(RunState state) {
        publish(StateChanged{state, {}});
        publish(RunFinished{
            .state = state, .steps = step_, .best = {}, .hyperparameters = {}, .error = {}, .message = {}});
    }
    /// True if the run ends.
    bool obey(const Command& command, bool& paused) {
        if (std::holds_alternative<Pause>(command)) {
            paused = true;
            publish(StateChanged{RunState::paused, {}});
        } else if (std::holds_alternative<Resume>(command)) {
            paused = false;
            publish(StateChanged{RunState::running, {}});
        } else if (const auto* stop = std::get_if<Stop>(&command)) {
            finish(stop->interrupted ? RunState::interrupted : RunState::stopped);
            return true;
        } else if (const auto* set = std::get_if<SetHyperparameter>(&command)) {
            publish(HyperparameterSet{set->name, set->value, step_});
        } else {
            publish(CheckpointTaken{step_, std::make_shared<const std::string>("state")});
        }
        return false;
    }
    void loop() {
        publish(StateChanged{RunState::preparing, {}});
        if (behaviour_.dataChanged && !request_.acceptChangedData) {
            publish(RunFinished{.state = RunState::failed,
                                .best = {},
                                .hyperparameters = {},
                                .error = ErrorKind::data,
                                .message = "The data have changed.",
                                .dataChanged = true});
            return;
        }
        RunStarted started;
        started.run = request_.run;
        started.experiment = request_.experiment;
        started.series = {"train/loss"};
        started.stepsTotal = behaviour_.steps;
        started.stepsPerEpoch = 100;
        publish(started);
        publish(StateChanged{RunState::running, {}});
        bool paused = false;
        while (step_ < behaviour_.steps) {
            while (auto command = paused ? std::optional(commands_.wait()) : commands_.poll())
                if (obey(*command, paused)) return;
            std::this_thread::sleep_for(behaviour_.stepLasts);
            ++step_;
            publish(
                SamplesTaken{{Sample{Series::trainLoss, step_, 0.001 * static_cast<double>(step_), 1.0}}});
            if (step_ == behaviour_.notFiniteAt) {
                paused = true;
                publish(StateChanged{RunState::paused, "The training loss is NaN after step 3."});
            }
        }
        finish(RunState::completed);
    }

    RunRequest request_;
    std::vector<std::shared_ptr<EventSink>> sinks_;
    Behaviour behaviour_;
    CommandQueue commands_;
    std::int64_t step_ = 0;
    std::thread thread_;
};

RunLauncher pretend(PretendedRun::Behaviour behaviour, std::shared_ptr<RunRequest> seen = {}) {
    return [behaviour, seen](RunRequest request,
                             std::vector<std::shared_ptr<EventSink>> sinks) -> std::unique_ptr<RunHandle> {
        if (seen) *seen = request;
        return std::make_unique<PretendedRun>(std::move(request), std::move(sinks), behaviour);
    };
}

Experiment someExperiment() {
    const Preset* preset = findPreset("fashion-mnist-cnn");
    return *parseExperiment(preset->json).experiment;
}

} // namespace

class TestRunController : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    int archives_ = 0;
    std::filesystem::path newArchive() {
        return folder_.filePath(QStringLiteral("%1.sqlite").arg(archives_++)).toStdString();
    }

  private slots:
    void aRunIsRecordedFromStartToEnd() {
        const auto path = newArchive();
        const auto request = std::make_shared<RunRequest>();
        RunController controller(path, pretend({.steps = 20}, request));
        QSignalSpy started(&controller, &RunController::runStarted),
            finished(&controller, &RunController::runFinished), idled(&controller, &RunController::idled);
        controller.start(someExperiment());
        QVERIFY(controller.isActive());
        QCOMPARE(controller.pending(), Pending::starting);
        QTRY_COMPARE(idled.count(), 1);
        QCOMPARE(started.count(), 1);
        QCOMPARE(finished.count(), 1);
        QVERIFY(controller.isIdle());
        QCOMPARE(controller.state(), RunState::completed);
        QVERIFY(request->pauseOnError);
        const Archive archive(path, Archive::Mode::readOnly);
        const auto rows = archive.runs();
        QCOMPARE(rows.size(), std::size_t{1});
        QCOMPARE(QString::fromStdString(rows[0].id), controller.run());
        QCOMPARE(rows[0].state, RunState::completed);
        QCOMPARE(archive.curve(rows[0].id, "train/loss").value.size(), std::size_t{20});
    }

    void pauseAndResumeAreShownAtOnceAndConfirmedLater() {
        RunController controller(newArchive(), pretend({}));
        controller.start(someExperiment());
        QTRY_COMPARE(controller.state(), RunState::running);
        controller.pause();
        QCOMPARE(controller.pending(), Pending::pausing);
        QCOMPARE(controller.state(), RunState::running);
        QTRY_COMPARE(controller.state(), RunState::paused);
        QCOMPARE(controller.pending(), Pending::none);
        controller.resume();
        QCOMPARE(controller.pending(), Pending::resuming);
        QTRY_COMPARE(controller.state(), RunState::running);
        controller.stop();
        QTRY_VERIFY(controller.isIdle());
        QCOMPARE(controller.state(), RunState::stopped);
    }

    void commandsGivenWhileTheRunIsLaunchedAreNotLost() {
        RunController controller(newArchive(), pretend({}));
        QSignalSpy finished(&controller, &RunController::runFinished);
        controller.start(someExperiment());
        controller.stop();
        QTRY_COMPARE(finished.count(), 1);
        QCOMPARE(controller.state(), RunState::stopped);
    }

    void nudgesAndCheckpointsReachTheRun() {
        RunController controller(newArchive(), pretend({}));
        std::optional<HyperparameterSet> set;
        bool checkpoint = false;
        connect(&controller, &RunController::eventArrived, this, [&](const Event& event) {
            if (const auto* moved = std::get_if<HyperparameterSet>(&event)) set = *moved;
            checkpoint = checkpoint || std::holds_alternative<CheckpointTaken>(event);
        });
        controller.start(someExperiment());
        controller.setHyperparameter(QStringLiteral("dropout0"), 0.25);
        controller.takeCheckpoint();
        QTRY_VERIFY(set.has_value() && checkpoint);
        QCOMPARE(set->name, std::string("dropout0"));
        QCOMPARE(set->value, 0.25);
    }

    void aLossThatIsNotFinitePausesWithItsReason() {
        RunController controller(newArchive(), pretend({.notFiniteAt = 3}));
        QString reason;
        connect(&controller, &RunController::stateChanged, this, [&](RunState state, const QString& text) {
            if (state == RunState::paused) reason = text;
        });
        controller.start(someExperiment());
        QTRY_VERIFY(reason.contains(QLatin1String("NaN")));
        QVERIFY(controller.isActive());
    }

    void aSecondRunIsRefusedWhileOneGoesOn() {
        RunController controller(newArchive(), pretend({}));
        QSignalSpy failed(&controller, &RunController::failed),
            launched(&controller, &RunController::launched);
        controller.start(someExperiment());
        controller.start(someExperiment());
        QCOMPARE(failed.count(), 1);
        QTRY_COMPARE(launched.count(), 1);
    }

    void anArchiveThatCannotBeWrittenFailsTheStartWithItsName() {
        RunController controller("/proc/no-such-folder/runs.sqlite", pretend({}));
        QSignalSpy failed(&controller, &RunController::failed), idled(&controller, &RunController::idled);
        controller.start(someExperiment());
        QTRY_COMPARE(idled.count(), 1);
        QCOMPARE(failed.count(), 1);
        QVERIFY(failed.at(0).at(0).toString().contains(QLatin1String("/proc/no-such-folder")));
        QVERIFY(controller.isIdle());
        QCOMPARE(controller.state(), RunState::failed);
    }

    void aRunThatGoesOnElsewhereIsNotResumed() {
        const auto path = newArchive();
        RunController first(path, pretend({})), second(path, pretend({}));
        QSignalSpy failed(&second, &RunController::failed), launched(&second, &RunController::launched);
        first.start(someExperiment());
        QTRY_COMPARE(first.state(), RunState::running);
        first.takeCheckpoint();
        const std::string run = first.run().toStdString();
        QTRY_VERIFY(!Archive(path, Archive::Mode::readOnly).runs().empty() &&
                    Archive(path, Archive::Mode::readOnly).checkpoint(run).bytes != nullptr);
        second.resumeFromArchive(first.run());
        QTRY_COMPARE(failed.count(), 1);
        QVERIFY2(failed.at(0).at(0).toString().contains(QLatin1String("is running in another process")),
                 qPrintable(failed.at(0).at(0).toString()));
        QCOMPARE(launched.count(), 0);
    }

    void whatIsRefusedForItsDataGoesOnOnceTheyAreAccepted() {
        const auto request = std::make_shared<RunRequest>();
        RunController controller(newArchive(), pretend({.steps = 5, .dataChanged = true}, request));
        QSignalSpy idled(&controller, &RunController::idled);
        RunRequest wanted{.experiment = someExperiment(), .run = "another's"};
        wanted.sameData = DataIdentity{.path = "/d.csv", .files = 1, .bytes = 3, .hash = "abc"};
        controller.follow(wanted);
        QTRY_COMPARE(idled.count(), 1);
        QCOMPARE(controller.state(), RunState::failed);
        QCOMPARE(request->sameData->hash, std::string("abc"));
        QVERIFY(request->run != wanted.run);
        QVERIFY(!request->acceptChangedData);
        controller.continueWithChangedData();
        QTRY_COMPARE(idled.count(), 2);
        QCOMPARE(controller.state(), RunState::completed);
        QVERIFY(request->acceptChangedData);
        QCOMPARE(request->sameData->hash, std::string("abc"));
    }

    void aDestroyedControllerLeavesAnInterruptedRun() {
        const auto path = newArchive();
        {
            RunController controller(path, pretend({}));
            controller.start(someExperiment());
            QTRY_COMPARE(controller.state(), RunState::running);
        }
        const Archive archive(path, Archive::Mode::readOnly);
        QCOMPARE(archive.runs().at(0).state, RunState::interrupted);
    }

    void destroyedWhileLaunchingItStillEndsTheRun() {
        const auto path = newArchive();
        {
            RunController controller(path, pretend({}));
            controller.start(someExperiment());
        }
        const Archive archive(path, Archive::Mode::readOnly);
        QCOMPARE(archive.runs().at(0).state, RunState::interrupted);
    }

    void interruptDoesNotWait() {
        // Steps of two seconds: whoever waited for one would be seen, on a busy machine too.
        RunController controller(newArchive(), pretend({.stepLasts = std::chrono::seconds(2)}));
        QSignalSpy idled(&controller, &RunController::idled);
        controller.start(someExperiment());
        QTRY_COMPARE(controller.state(), RunState::running);
        QElapsedTimer clock;
        clock.start();
        controller.interrupt();
        QVERIFY(clock.elapsed() < 1000);
        QTRY_COMPARE(idled.count(), 1);
        QCOMPARE(controller.state(), RunState::interrupted);
    }
};

DSTN_TEST_IN(QApplication, TestRunController)
#include "tst_run_controller.moc"
