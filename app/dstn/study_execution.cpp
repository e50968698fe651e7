#include "app/dstn/study_execution.h"
#include "app/dstn/archive_option.h"

#include "app/dstn/interruption.h"
#include "app/dstn/terminal.h"
#include "core/number_text.h"
#include "core/run/json.h"
#include "core/run/overloaded.h"
#include "core/study/study_results.h"
#include "core/study/study_runner.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>

namespace dstn::cli {

namespace {

/// Collects a study's events from its threads.
class StudyQueue {
  public:
    void push(const StudyEvent& event) {
        const std::lock_guard lock(mutex_);
        events_.push_back(event);
    }
    std::vector<StudyEvent> drain() {
        const std::lock_guard lock(mutex_);
        return std::exchange(events_, {});
    }

  private:
    std::mutex mutex_;
    std::vector<StudyEvent> events_;
};

/// What the terminal says of a study.
class StudyDisplay {
  public:
    explicit StudyDisplay(const StudyExecution& execution)
        : execution_(execution), bar_(!execution.quiet && stderrIsTerminal()) {}

    void show(const StudyEvent& event) {
        std::visit([this](const auto& one) { take(one); }, event);
    }
    void drawBar() {
        if (!bar_ || live_.empty()) return;
        clearBar();
        std::cerr << shortened(barText(), terminalWidth() - 1) << std::flush;
        drawn_ = true;
    }
    void clearBar() {
        if (drawn_) clearTerminalLine();
        drawn_ = false;
    }
    const std::optional<StudyFinished>& finished() const { return finished_; }

  private:
    struct LiveRun {
        std::string name;
        ProgressMade progress;
    };

    void line(const std::string& text) {
        if (execution_.quiet) return;
        clearBar();
        std::cerr << printable(text) << '\n';
    }
    void take(const StudyRunBegun& begun) {
        // A trial that goes on, as those of a population do, is no news.
        const bool known = !names_.emplace(begun.run, begun.name).second;
        runs_[key(begun.place)] = begun.run;
        live_[begun.run] = {.name = begun.name, .progress = {}};
        if (begun.resumed && !known) line(begun.name + ": resumed");
    }
    void take(const StudyRunEvent& of) {
        const std::string& run = runs_[key(of.place)];
        std::visit(overloaded{[&](const ProgressMade& progress) { live_[run].progress = progress; },
                              [&](const LogLine& told) {
                                  if (told.level != LogLevel::info) line(names_[run] + ": " + told.text);
                              },
                              [&](const RunStarted& started) {
                                  whole_[run] = {started.experiment.epochs, started.stepsPerEpoch};
                              },
                              [&](const RunFinished& finished) { takeEnd(of.place, run, finished); },
                              ignore<SamplesTaken, HyperparametersSampled, EpochFinished, StateChanged,
                                     HyperparameterSet, CheckpointTaken, LoadingProgressed>},
                   of.event);
    }
    void takeEnd(const StudyPlace& place, const std::string& run, const RunFinished& ending) {
        live_.erase(run);
        const auto loss = ending.best ? std::optional(ending.best->validationLoss) : std::nullopt;
        line(names_[run] + ": " + howFar(run, ending) + " in " + durationText(ending.seconds) +
             (loss ? ", best validation loss " + shortNumber(loss) : std::string()));
        if (!execution_.json) return;
        nlohmann::ordered_json json{{"event", "run"},
                                    {"study", execution_.study},
                                    {"run", run},
                                    {"name", names_[run]},
                                    {"method", place.method},
                                    {"seed", place.seed},
                                    {"trial", place.trial},
                                    {"state", name(ending.state)},
                                    {"steps", ending.steps},
                                    {"seconds", jsonNumber(ending.seconds)},
                                    {"gradients", jsonNumber(ending.gradients)},
                                    {"validation_loss", jsonNumber(loss)},
                                    {"hyperparameters", jsonValues(ending.hyperparameters)}};
        std::cout << json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
    }
    /// "completed", or "3 of 50 epochs" of a trial that may go on.
    std::string howFar(const std::string& run, const RunFinished& ending) {
        const auto [epochs, stepsPerEpoch] = whole_[run];
        if (ending.state != RunState::completed || ending.steps >= epochs * stepsPerEpoch)
            return std::string(name(ending.state));
        return quantityText(static_cast<double>(ending.steps) / static_cast<double>(stepsPerEpoch)) + " of " +
               countText(epochs) + " epochs";
    }
    void take(const StudyProgress& progress) { progress_ = progress; }
    void take(const StudyNote& note) { line(note.text); }
    void take(const StudyFinished& finished) { finished_ = finished; }

    static std::string key(const StudyPlace& place) {
        return std::to_string(place.method) + "/" + std::to_string(place.seed) + "/" +
               std::to_string(place.trial);
    }
    std::string barText() const {
        const double share = progress_.total > 0 ? std::min(1.0, progress_.spent / progress_.total) : 0.0;
        std::string text = std::to_string(static_cast<int>(100 * share)) + " % of the study";
        if (progress_.secondsLeft > 0) text += ", " + durationText(progress_.secondsLeft) + " left";
        for (const auto& [run, live] : live_)
            text += "; " + live.name + ": step " + std::to_string(live.progress.step) + "/" +
                    std::to_string(live.progress.stepsTotal);
        return text;
    }

    const StudyExecution& execution_;
    bool bar_, drawn_ = false;
    std::map<std::string, std::string> names_, runs_;                    ///< by run; by place
    std::map<std::string, LiveRun> live_;                                ///< by run
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> whole_; ///< by run: epochs, steps of one
    StudyProgress progress_;
    std::optional<StudyFinished> finished_;
};

/// What is known of the study at its end, or so far.
void printResults(const StudyExecution& execution, const StudyFinished& finished) {
    const Archive archive(execution.archive, Archive::Mode::readOnly);
    const ParsedStudy parsed =
        parseStudy(archive.studyDocument(execution.study), [](const std::string& source) { return source; });
    if (!parsed.study) return; // its mistakes are what it failed by
    const StudyResults results = studyResults(*parsed.study, archive.studyRuns(execution.study));
    if (!execution.json) {
        std::cout << resultsText(*parsed.study, results) << std::flush;
        return;
    }
    const nlohmann::ordered_json json{
        {"event", "finished"},
        {"study", execution.study},
        {"state", name(finished.state)},
        {"runs", finished.runs},
        {"failed_runs", finished.failedRuns},
        {"results", nlohmann::ordered_json::parse(exportJson(*parsed.study, results))}};
    std::cout << json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

} // namespace

int executeStudy(const StudyExecution& execution) {
    const Interruption interruption;
    StudyQueue queue;
    StudyDisplay display(execution);
    bool pausing = false;
    {
        StudySession session(
            execution.archive, execution.study, [&queue](const StudyEvent& event) { queue.push(event); },
            createEngine, execution.maxSteps, execution.acceptChangedData);
        while (!display.finished()) {
            for (const StudyEvent& event : queue.drain()) display.show(event);
            if (!pausing && (Interruption::wanted() || !std::cout)) {
                pausing = true;
                display.clearBar();
                if (!execution.quiet)
                    std::cerr << "interrupted: saving the runs (interrupt again to end at once)\n";
                session.pause(true);
            }
            display.drawBar();
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        display.clearBar();
    }
    const StudyFinished finished = *display.finished();
    printResults(execution, finished);
    if (!finished.message.empty()) complain(finished.message);
    if (finished.error) return exitCode(*finished.error);
    if (finished.state == RunState::interrupted) {
        if (!execution.quiet)
            std::cerr << "resume with: dstn study --resume " << execution.study.substr(0, 8)
                      << archiveArgument(execution.archive) << '\n';
        return exitCode(ErrorKind::interrupted);
    }
    if (finished.state == RunState::failed) return 1;
    // Where nothing but failures came of it, nobody should take the table for a result.
    return finished.runs > 0 && finished.failedRuns == finished.runs ? exitCode(ErrorKind::numeric) : 0;
}

} // namespace dstn::cli
