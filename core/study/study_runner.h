#pragma once

#include "core/archive/archive.h"
#include "core/export.h"
#include "core/run/session.h"
#include "core/study/study.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace DSTN_EXPORT dstn {

/// The events of a study while it is executed, sent from its thread.
struct StudyRunBegun {
    StudyPlace place;
    std::string run;
    std::string name;          ///< of the run: study, method, seed, trial
    std::int64_t maxSteps = 0; ///< to which it trains; 0: to the end of its experiment
    bool resumed = false;
};
/// An event of one of its runs.
struct StudyRunEvent {
    StudyPlace place;
    Event event;
};
struct StudyProgress {
    double spent = 0.0, total = 0.0; ///< over all methods and seeds, in the budget's unit
    std::int64_t runsDone = 0;
    double secondsLeft = 0.0; ///< 0: not known yet
};
struct StudyNote {
    LogLevel level = LogLevel::info;
    std::string text;
};
struct StudyFinished {
    RunState state = RunState::completed; ///< completed, paused, interrupted or failed
    std::optional<ErrorKind> error = {};
    std::string message = {};
    std::int64_t runs = 0, failedRuns = 0;
    bool dataChanged = false; ///< as in RunFinished
};
using StudyEvent = std::variant<StudyRunBegun, StudyRunEvent, StudyProgress, StudyNote, StudyFinished>;

/// Takes a study's events; called from several threads, one at a time, and must return at once.
using StudySink = std::function<void(const StudyEvent&)>;

/// The data of a study's first method and seed, from where its runs have read them.
DataSpec dataOf(const Study& document, const std::vector<StudyRun>& runs);

/// Executes a study of the archive on a thread of its own until it is finished or paused: the next run
/// follows from the study's document and its archived runs alone, so a study that was paused, or whose
/// process died, continues where it stopped. Each run has its own Recorder. A failed run does not affect the
/// others. The destructor pauses the study and waits for it.
class StudySession {
  public:
    /// Starts at once; the last event is StudyFinished. The archive must hold the study.
    /// All runs must read the same data as the first one of the same data's specification did.
    /// @param maxSteps ends it as completed after so many training steps, all runs together; 0: the budget's
    /// @param acceptChangedData goes on, with a warning, where they do not
    StudySession(std::filesystem::path archive, std::string study, StudySink sink,
                 EngineFactory makeEngine = createEngine, std::int64_t maxSteps = 0,
                 bool acceptChangedData = false);
    ~StudySession();
    StudySession(const StudySession&) = delete;
    StudySession& operator=(const StudySession&) = delete;

    /// Interrupts what runs, each with a checkpoint, and ends. Returns at once.
    /// @param interrupted it ends as interrupted, not as paused
    void pause(bool interrupted = false);
    void wait();
    const std::string& study() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace dstn
