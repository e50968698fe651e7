#pragma once

#include "core/export.h"
#include "core/run/events.h"

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Another process has a run, or a study, and this one must leave it alone: final, whatever is tried again.
class Taken : public Error {
  public:
    explicit Taken(const std::string& message) : Error(ErrorKind::archive, message) {}
};

/// What a run can be resumed from.
struct StoredCheckpoint {
    std::shared_ptr<const std::string> bytes = {}; ///< null: there is none
    std::int64_t step = 0;                         ///< that the archive says it is of
    std::int64_t lease = 0;   ///< of the run, as of the same moment: grows when somebody takes the run up
    std::string warning = {}; ///< not empty: the last one is damaged, and this is the one before it
};

/// One line of the list of runs. Never computed from the metrics, of which there are many.
struct RunRow {
    std::string id; ///< UUID
    std::string name, dataName, modelName, method;
    RunState state = RunState::preparing; ///< a running run whose process is gone is `interrupted`
    std::string reason;                   ///< why it failed, stopped or paused
    std::string created;                  ///< UTC, ISO 8601
    double seconds = 0.0;                 ///< training time
    std::int64_t steps = 0, stepsTotal = 0, stepsPerEpoch = 0;
    std::optional<double> bestValidationLoss, bestValidationAccuracy,
        testAtBest;        ///< test accuracy, or loss in regression
    bool language = false; ///< a language model: perplexity is its main figure, accuracy is secondary
    /// Language models only: e^loss, the loss being a mean over tokens, in nats.
    std::optional<double> bestValidationPerplexity, testPerplexityAtBest;
    std::optional<std::int64_t> bestEpoch;
    std::vector<std::string> tags;
    std::string note;
    bool starred = false, deleted = false;
    std::string study, studyName; ///< the study that it belongs to: UUID and name; empty: none
    std::int64_t trial = 0;
    double gradients = 0.0; ///< gradient-evaluation equivalents spent
    bool resumable = false; ///< not running, has a checkpoint, and its budget is not used up
};

/// One line of the list of studies.
struct StudyRow {
    std::string id; ///< UUID
    std::string name;
    RunState state = RunState::paused; ///< running, paused, completed or failed; `interrupted` where its
                                       ///< process is gone
    std::string reason;                ///< why it failed or paused
    std::string created;               ///< UTC, ISO 8601
    std::int64_t runs = 0, failedRuns = 0;
    bool deleted = false;
};

/// What was changed of a run's experiment when it was resumed.
struct Amendment {
    std::string time = {};   ///< UTC, ISO 8601
    std::int64_t step = 0;   ///< after which it holds
    std::string path = {};   ///< as `dstn run --set` names it; empty: the whole document
    std::string before = {}; ///< JSON; empty: there was none
    std::string after = {};  ///< JSON; empty: there is none
};

/// A run as a study sees it.
struct StudyRun {
    std::string run; ///< UUID
    StudyPlace place;
    RunState state = RunState::preparing; ///< `interrupted` where its process is gone
    std::string reason;
    std::string experimentJson; ///< in force, with its amendments
    DataIdentity data;          ///< as it was last read
    double seconds = 0.0, gradients = 0.0;
    std::int64_t steps = 0, stepsPerEpoch = 0;
    std::int64_t stepsTotal = 0;     ///< up to which it was last asked to train
    bool checkpoint = false;         ///< there is one to resume from
    std::int64_t lease = 0;          ///< as in StoredCheckpoint
    std::vector<EpochResult> epochs; ///< in order
};

struct RunDetails {
    RunRow row;
    std::optional<StudyPlace> place;   ///< absent: not part of a study
    std::string experimentJson;        ///< in force: the original with its amendments
    std::string originalJson;          ///< as the run was begun with it; never overwritten
    std::vector<Amendment> amendments; ///< in the order in which they took effect
    Environment environment;
    std::int64_t parameters = 0, responseParameters = 0;
    std::int64_t trainExamples = 0, validationExamples = 0, testExamples = 0;
    DataIdentity data; ///< as it was last read
    std::vector<std::string> series;
    std::vector<EpochResult> epochs;
    std::vector<std::pair<std::string, std::string>> events; ///< time, text
};

/// One series of one run, in step order.
struct Curve {
    std::vector<double> step, epoch, seconds, value;
};

/// A hyperparameter of one run, in step order.
struct HyperparameterCurve {
    std::vector<double> step, epoch, seconds;
    std::vector<HyperparameterPoint> points;
};

enum class ExportFormat { csv, json };

/// Whether `path` is the archive's file or one of SQLite's files beside it, under any name or link.
bool belongsToArchive(const std::filesystem::path& archive, const std::filesystem::path& path);

/// Runs in one SQLite file (WAL). Several processes may write; a reader never blocks a writer. One object
/// belongs to one thread; open as many as you need.
/// Every member throws Error{archive} naming the file, what is wrong and what to do.
class Archive {
  public:
    enum class Mode { readWrite, readOnly };
    /// $XDG_DATA_HOME/delta-stn-workbench/runs.sqlite, ~/.local/share where unset.
    /// The home is $HOME or, where that is unset, the user's entry in the system's list. Throws
    /// Error{archive} if there is none: nothing is kept where nobody would look for it.
    static std::filesystem::path defaultPath();
    /// readWrite creates the file and its folder if missing and migrates an older schema forward; a newer
    /// schema is refused. readOnly requires the file, and reads one that cannot be written. Both take in what
    /// an earlier process could not write (core/archive/unsaved.h).
    explicit Archive(const std::filesystem::path& path, Mode mode = Mode::readWrite);
    ~Archive();
    Archive(Archive&&) noexcept;

    // Queries
    std::vector<RunRow> runs(bool withDeleted = false) const; ///< newest first
    /// The one run whose UUID starts with, or whose name is, `idOrPrefix`; "last" is the newest. Throws
    /// Error{usage} if there is none, or several.
    std::string resolve(const std::string& idOrPrefix) const;
    RunDetails details(const std::string& run) const;
    /// Empty if the run has no such series.
    Curve curve(const std::string& run, const std::string& series) const;
    /// Only points with step > `afterStep`, for following a running run.
    Curve curve(const std::string& run, const std::string& series, std::int64_t afterStep) const;
    /// Each value with the last σ up to its step, if there is one, and the band that follows by the
    /// hyperparameter's transform. Empty if the run does not have it.
    HyperparameterCurve curve(const std::string& run, const Hyperparameter& hyperparameter,
                              std::int64_t afterStep = -1) const;
    /// The last one whose bytes are what was saved. Throws Error{archive} if all are damaged.
    StoredCheckpoint checkpoint(const std::string& run) const;
    /// Reads all checkpoints. @return a sentence for each that is damaged
    std::vector<std::string> damagedCheckpoints() const;
    /// Changes whenever another connection wrote; cheap enough to call many times a second.
    std::int64_t dataVersion() const;
    /// CSV (RFC 4180): one row per step; columns step, epoch, seconds and one per series, empty where a
    /// series has no value at that step; NaN is "NaN", infinity "inf". JSON: the whole run; as JSON has no
    /// such numbers they are the strings "NaN", "Infinity" and "-Infinity". A file is written beside `out`
    /// and renamed, so that `out` is either complete or untouched; an existing file is replaced, through a
    /// link too. All of it is as of one moment. Devices and pipes are written to. The archive's own files and
    /// folders are refused.
    void exportRun(const std::string& run, ExportFormat format, const std::filesystem::path& out) const;
    /// The same into a stream.
    void exportRun(const std::string& run, ExportFormat format, std::ostream& out) const;

    // Curation
    void rename(const std::string& run, const std::string& name);
    void setStarred(const std::string& run, bool starred);
    void setTags(const std::string& run, const std::vector<std::string>& tags);
    void setNote(const std::string& run, const std::string& note);
    void setDeleted(const std::vector<std::string>& runs, bool deleted); ///< hides the run; false undoes it
    /// Removes the hidden runs permanently and frees their disk space.
    void purgeDeleted();
    /// Marks runs as interrupted whose process is gone. Also called when opening for writing.
    void settleAbandonedRuns();
    /// "ok", or what SQLite's integrity check found.
    std::string integrity() const;
    /// Returns if the archive can be written now; waits some seconds for another writer.
    void requireWritable();

    // Studies
    std::vector<StudyRow> studies(bool withDeleted = false) const; ///< newest first
    /// As resolve(), among the studies that are not deleted.
    std::string resolveStudy(const std::string& idOrPrefix) const;
    StudyRow study(const std::string& study) const;
    std::string studyDocument(const std::string& study) const;
    /// Its runs by method, seed and trial, deleted ones left out.
    /// @param known what an earlier call returned: the epochs of runs that have not changed since are taken
    ///     from there, not read again
    std::vector<StudyRun> studyRuns(const std::string& study, std::vector<StudyRun> known = {}) const;
    /// A paused study without runs.
    void createStudy(const std::string& study, const std::string& name, const std::string& document);
    void setStudyDocument(const std::string& study, const std::string& name, const std::string& document);
    /// `running` makes this object its executor, until another state is set or another process takes the
    /// study over; throws Taken if another process that lives is it. From then on these three throw Taken
    /// once another process is.
    void setStudyState(const std::string& study, RunState state, const std::string& reason = {});
    void studyHeartbeat(const std::string& study);
    /// Of the study that this object executes, for writeUnder(); 0: it executes none.
    std::int64_t studyLease(const std::string& study) const;
    /// New runs of the study are written only while its lease is this one.
    void writeUnder(const std::string& study, std::int64_t lease);
    /// Removes what these runs need to be resumed.
    void dropCheckpoints(const std::vector<std::string>& runs);
    /// Hides studies with their runs; false undoes it. purgeDeleted() removes them for good.
    void setStudiesDeleted(const std::vector<std::string>& studies, bool deleted);

    // Writing a run; one transaction per call, durable where it holds a checkpoint or the end. A run has one
    // writer: whoever takes it up last. All others get Taken, and nothing of theirs is written.
    /// Takes up a run, if the archive has it, so that others leave it alone until RunFinished is written; its
    /// state stays what it is until RunStarted.
    /// @param lease of the run when what it goes on from was read; nothing: whatever it is
    /// Throws Taken if another process has it, or has gone on with it since.
    void take(const std::string& run, std::optional<std::int64_t> lease = {});
    /// Under which this object writes the run; 0: it has not taken it up.
    std::int64_t lease(const std::string& run) const;
    /// Leaves the run to others again.
    void release(const std::string& run);
    /// A run is created by RunStarted; earlier events wait for it. RunStarted of a run that
    /// exists resumes it, and takes it up unless that is done: what an earlier execution left after its
    /// `firstStep` stays until this one has reached the same step, or is completed or stopped. Until then the
    /// run is unchanged; if the resumption ends before it starts, a note among its events says why. If a
    /// series has two samples at the same step, the later one is kept.
    void append(const std::string& run, const std::vector<Event>& events);
    /// A sign of life of a run that has no events; nothing where this object has not taken it up.
    void heartbeat(const std::string& run);

    // For core/archive alone:
    struct Impl;
    Impl& impl() { return *impl_; }

  private:
    void takeInUnsaved();
    std::unique_ptr<Impl> impl_;
};

/// Under which a run is written.
struct RunClaim {
    std::optional<std::int64_t> lease = {}; ///< as for Archive::take()
    std::string study = {};                 ///< UUID; empty: the run belongs to none
    std::int64_t studyLease = 0;            ///< as for Archive::writeUnder()
};

/// Writes a run's events into the archive on a thread of its own, four times a second and at once for state
/// changes and checkpoints. The constructor opens the archive, tries whether it can be written, takes the run
/// up and throws their errors; a later failure (disk full) is kept, retried, and reported by `trouble()`. Of
/// the checkpoints waiting meanwhile, only the newest is kept; when many events wait, and at the end, the
/// archive failing still, they are put into a file beside it (core/archive/unsaved.h).
class Recorder : public EventSink {
  public:
    Recorder(const std::filesystem::path& archive, std::string run, const RunClaim& claim = {});
    ~Recorder() override; ///< writes what is left
    /// Once another process has taken over the run, throws Taken, a single time: whoever publishes has to
    /// stop.
    void publish(const Event& event) override;
    /// Waits until everything published is written, here or beside the archive, or has finally failed;
    /// returns trouble().
    std::optional<std::string> finish();
    std::optional<std::string> trouble() const;
    /// Whether another process has taken over the run; trouble() says so.
    bool lost() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// λ-by-λ and option-by-option difference of several experiments: path and one value per run ("" where
/// absent), only where they differ, in document order. Paths are those of `--set`, with hyperparameters by
/// name: "hyperparameters.dropout0.initial". Throws Error{usage} if a text is not JSON.
struct Difference {
    std::string path;
    std::vector<std::string> values;
};
std::vector<Difference> differences(const std::vector<std::string>& experimentJsons);

/// All in which two runs may differ: the experiment in force, under "changed on resuming" what was another
/// before and until which step, and under "data read" the size and hash of what was read, where it is known.
std::string comparedDocument(const RunDetails& run);

} // namespace dstn
