#include "app/dstn/archive_option.h"
#include "app/dstn/experiment_source.h"
#include "app/dstn/interruption.h"
#include "app/dstn/json_lines.h"
#include "app/dstn/progress.h"
#include "app/dstn/study_execution.h"
#include "app/dstn/subcommands.h"
#include "app/dstn/terminal.h"
#include "app/dstn/whole_number.h"
#include "core/archive/run_requests.h"
#include "core/run/overloaded.h"
#include "core/run/same_data.h"
#include "core/run/session.h"
#include "core/study/study.h"

#include <chrono>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <thread>

namespace dstn::cli {

namespace {

struct RunOptions {
    std::string source, archive, device, resume, replay, retrain;
    std::vector<std::string> settings;
    std::optional<std::uint64_t> seed;
    std::int64_t maxSteps = 0;
    std::int64_t checkpointSeconds = 60;
    bool acceptChangedData = false, json = false, quiet = false;
};

std::vector<std::pair<std::string, std::string>> assignments(const RunOptions& options) {
    auto result = parseAssignments(options.settings);
    if (!options.device.empty()) result.emplace_back("device", options.device);
    if (options.seed) result.emplace_back("seed", std::to_string(*options.seed));
    return result;
}

RunRequest resumedRequest(const RunOptions& options, const std::filesystem::path& path) {
    if (!options.source.empty())
        throw Error(ErrorKind::usage, "--resume continues the run's own experiment; leave \"" +
                                          options.source + "\" out, or start a new run without --resume.");
    if (options.seed)
        throw Error(ErrorKind::usage, "--resume continues with the run's own seed; leave --seed out.");
    const Archive archive(path, Archive::Mode::readOnly);
    return resumeRequest(archive, archive.resolve(options.resume), assignments(options), options.maxSteps);
}

/// The schedule of a run's hyperparameters, or their last values, as a plain training.
RunRequest followingRequest(const RunOptions& options, const std::filesystem::path& path) {
    const bool replays = options.retrain.empty();
    if (!options.source.empty() || (!replays && !options.replay.empty()))
        throw Error(ErrorKind::usage,
                    std::string(replays ? "--replay" : "--retrain") +
                        " uses the run's own experiment; leave " +
                        (options.source.empty() ? "--replay" : "\"" + options.source + "\"") + " out.");
    const Archive archive(path, Archive::Mode::readOnly);
    return followRequest(archive, archive.resolve(replays ? options.replay : options.retrain),
                         replays ? Follow::schedule : Follow::values, assignments(options));
}

RunRequest newRequest(const RunOptions& options) {
    if (options.source.empty())
        throw Error(ErrorKind::usage,
                    "Name an experiment file or a preset, such as: dstn run fashion-mnist-cnn; or "
                    "--resume RUN.");
    Experiment experiment =
        requireExperiment(options.source, experimentText(options.source), assignments(options));
    return {.experiment = std::move(experiment), .run = newUuid()};
}

/// Refuses before anything starts what the engine would refuse after it has.
void checkAgainstData(const RunOptions& options, const RunRequest& request) {
    if (!options.source.empty()) requireDataFound(options.source, request.experiment.data);
    const auto mistakes =
        validate(request.experiment, probeDataset(dataOf(request), request.experiment.seed));
    std::string source;
    for (const std::string* given : {&options.source, &options.resume, &options.replay, &options.retrain})
        if (!given->empty()) source = *given;
    if (!mistakes.empty()) throw Error(ErrorKind::usage, mistakeLines(source, mistakes));
}

/// Where a run's events go: progress to stderr, results to stdout.
class Display {
  public:
    Display(const RunOptions& options, std::string run)
        : run_(std::move(run)),
          lines_(run_),
          json_(options.json),
          quiet_(options.quiet),
          bar_(!options.quiet && stderrIsTerminal()) {}

    void show(const Event& event) {
        const std::string kept = progress_.note(event);
        if (!quiet_ && !kept.empty()) {
            clearBar();
            std::cerr << kept;
        }
        std::visit(
            overloaded{[&](const RunStarted&) { began_ = true; },
                       [&](const RunFinished& finished) {
                           clearBar();
                           if (!json_ && began_) std::cout << progress_.summary(run_, finished) << std::flush;
                       },
                       ignore<SamplesTaken, HyperparametersSampled, ProgressMade, EpochFinished, StateChanged,
                              HyperparameterSet, LogLine, CheckpointTaken, LoadingProgressed>},
            event);
        if (json_)
            if (const auto line = lines_.line(event)) std::cout << *line << std::endl;
    }

    void drawBar() {
        if (!bar_) return;
        clearBar();
        std::cerr << progress_.bar(terminalWidth() - 1) << std::flush;
        drawn_ = true;
    }

    void clearBar() {
        if (drawn_) clearTerminalLine();
        drawn_ = false;
    }

  private:
    std::string run_;
    JsonLines lines_;
    Progress progress_;
    bool json_, quiet_, bar_;
    bool began_ = false, drawn_ = false;
};

/// How a run went, as far as its events tell.
struct Course {
    bool began = false;
    bool saved = false;                       ///< it has left a checkpoint
    std::optional<RunFinished> finished = {}; ///< how it ended, once it has
};

/// Follows the run to its end and hands on what the terminal wants of it.
Course follow(Session& session, EventQueue& events, const Recorder& recorder, Display& display, bool quiet) {
    Course course;
    bool stopping = false, troubled = false;
    const auto stop = [&] {
        if (std::exchange(stopping, true)) return;
        session.send(Stop{.interrupted = true});
    };
    while (true) {
        for (const Event& event : events.drain()) {
            display.show(event);
            std::visit(overloaded{[&](const RunStarted&) { course.began = true; },
                                  [&](const CheckpointTaken&) { course.saved = true; },
                                  [&](const RunFinished& finished) { course.finished = finished; },
                                  ignore<SamplesTaken, HyperparametersSampled, ProgressMade, EpochFinished,
                                         StateChanged, HyperparameterSet, LogLine, LoadingProgressed>},
                       event);
            if (course.finished) return course;
        }
        // Once when it appears: its text changes with every event that waits.
        const auto trouble = recorder.trouble();
        if (trouble && !troubled && !recorder.lost()) {
            display.clearBar();
            complain(*trouble + " Writing is retried until the run ends.");
        }
        if (!trouble && troubled && !quiet) {
            display.clearBar();
            std::cerr << "the archive can be written again: nothing is lost\n";
        }
        troubled = trouble.has_value();
        if (Interruption::wanted() && !stopping) {
            display.clearBar();
            if (!quiet)
                std::cerr << (course.began ? "interrupted: saving the run (interrupt again to end at once)\n"
                                           : "interrupted: ending (interrupt again to end at once)\n");
            stop();
        }
        if (!std::cout) stop(); // nobody reads the results any more
        display.drawBar();
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

/// What an interrupted run leaves to go on with.
std::string afterInterruption(const std::string& run, const std::filesystem::path& archive,
                              const Course& course, bool resumed) {
    if (resumed || course.saved)
        return "resume with: dstn run --resume " + run.substr(0, 8) + archiveArgument(archive);
    return course.began ? "the run has no checkpoint to resume from: start a new run"
                        : "the run had not started: nothing was saved";
}

/// A search is a study of one method and one seed; its trials are the runs.
int executeSearch(const RunOptions& options, const std::filesystem::path& path,
                  const Experiment& experiment) {
    const Study study = studyOf(experiment);
    const std::string id = newUuid();
    Archive(path, Archive::Mode::readWrite).createStudy(id, study.name, toJson(study));
    return executeStudy({.archive = path,
                         .study = id,
                         .maxSteps = options.maxSteps,
                         .acceptChangedData = false, // a new study has read nothing yet
                         .json = options.json,
                         .quiet = options.quiet});
}

int execute(const RunOptions& options) {
    const std::filesystem::path path =
        options.archive.empty() ? Archive::defaultPath() : std::filesystem::path(options.archive);
    const bool follows = !options.replay.empty() || !options.retrain.empty();
    RunRequest request = follows                  ? followingRequest(options, path)
                         : options.resume.empty() ? newRequest(options)
                                                  : resumedRequest(options, path);
    request.maxSteps = options.maxSteps;
    request.checkpointSeconds = static_cast<double>(options.checkpointSeconds);
    request.acceptChangedData = options.acceptChangedData;
    checkAgainstData(options, request);
    if (traitsOf(request.experiment.tuner).searches())
        return executeSearch(options, path, request.experiment);

    const Interruption interruption;
    const std::string run = request.run;
    // Before the engine starts: a run that cannot be kept is not begun.
    auto recorder = std::make_shared<Recorder>(path, run, RunClaim{.lease = request.lease});
    auto events = std::make_shared<EventQueue>();
    Display display(options, run);
    // The recorder is first, so that what is shown is on its way to the disk.
    Session session(std::move(request), {recorder, events});
    const Course course = follow(session, *events, *recorder, display, options.quiet);
    const RunFinished& finished = *course.finished;
    session.wait();
    const auto trouble = recorder->finish();

    const bool resumed = !options.resume.empty();
    if (!finished.message.empty())
        complain(finished.message + (resumed && !course.began ? " The run is unchanged." : ""));
    if (trouble && *trouble != finished.message) complain(*trouble);
    if (finished.error) return exitCode(*finished.error);
    if (trouble) return exitCode(ErrorKind::archive);
    if (finished.state == RunState::interrupted) {
        if (!options.quiet) std::cerr << afterInterruption(run, path, course, resumed) << '\n';
        return exitCode(ErrorKind::interrupted);
    }
    return finished.state == RunState::failed ? exitCode(ErrorKind::numeric) : 0;
}

} // namespace

Subcommand runCommand(CLI::App& program) {
    auto options = std::make_shared<RunOptions>();
    CLI::App* app = program.add_subcommand("run", "Run an experiment, or resume an interrupted run");
    app->add_option("EXPERIMENT", options->source,
                    "An experiment file, a preset's id, or - for standard input");
    app->add_option(
           "--set", options->settings,
           "path=value, as in budget.epochs=20 or hyperparameters.dropout0.initial=0.2; may be repeated")
        ->allow_extra_args(false);
    app->add_option("--archive", options->archive, "The archive that keeps the run")->type_name("FILE");
    app->add_option("--device", options->device, "auto, cpu, cuda or cuda:N");
    app->add_option("--seed", options->seed, "Seed of the experiment")
        ->check(wholeNumber(0, std::numeric_limits<std::uint64_t>::max()));
    app->add_option("--max-steps", options->maxSteps, "End as completed after this many training steps")
        ->check(wholeNumber(1, std::numeric_limits<std::int64_t>::max()));
    app->add_option("--checkpoint-every", options->checkpointSeconds,
                    "Seconds between checkpoints, beside those of each epoch; 0: none between them")
        ->type_name("SECONDS")
        ->check(wholeNumber(0, std::numeric_limits<std::int32_t>::max()))
        ->capture_default_str();
    app->add_option("--resume", options->resume,
                    "Resume this run: its id or the start of it, its name, or last")
        ->type_name("RUN");
    app->add_option("--replay", options->replay,
                    "Train without tuning, with the hyperparameters following the schedule of this run")
        ->type_name("RUN");
    app->add_option("--retrain", options->retrain,
                    "Train without tuning, from the beginning, with the last hyperparameters of this run")
        ->type_name("RUN");
    app->add_flag(
        "--accept-changed-data", options->acceptChangedData,
        "With --resume, --replay or --retrain: go on where the data have changed since the run read them");
    app->add_flag("--json", options->json, "Print one JSON object per line: started, epoch, finished");
    app->add_flag("--quiet", options->quiet, "Print nothing but errors to stderr");
    return {app, [options] { return execute(*options); }};
}

} // namespace dstn::cli
