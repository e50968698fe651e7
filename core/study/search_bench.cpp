#include "core/study/search_bench.h"

#include "core/archive/archive.h"
#include "core/error.h"
#include "core/study/study_runner.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace dstn {

namespace {

/// An empty folder, removed at the end with what is in it.
class TemporaryFolder {
  public:
    TemporaryFolder() : path_(std::filesystem::temp_directory_path() / ("dstn-bench-" + newUuid())) {
        std::error_code error;
        if (!std::filesystem::create_directory(path_, error))
            throw Error(ErrorKind::archive, "The folder " + path_.string() +
                                                " cannot be created: " + error.message() +
                                                ". TMPDIR names another place for temporary files.");
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

Study randomSearch(const std::string& device, std::int64_t trials) {
    Study study;
    study.name = "bench";
    study.experimentJson = findPreset("quickstart")->json;
    study.set = {{"device", device},
                 {"hyperparameters.weight_decay.min", "1e-6"},
                 {"hyperparameters.weight_decay.max", "0.1"}};
    study.methods = {
        {.name = "random", .set = {{"tuner.type", "random"}, {"tuner.trials", std::to_string(trials)}}}};
    study.seeds = {0};
    study.budget = static_cast<double>(trials * parseExperiment(study.experimentJson).experiment->epochs);
    return study;
}

/// The seconds that `work` takes.
template <typename F>
double timed(const F& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void execute(const std::filesystem::path& archive, const std::string& study,
             const EngineFactory& makeEngine) {
    StudyFinished finished;
    StudySession session(
        archive, study,
        [&finished](const StudyEvent& event) {
            if (const auto* end = std::get_if<StudyFinished>(&event)) finished = *end;
        },
        makeEngine);
    session.wait();
    if (finished.error) throw Error(*finished.error, finished.message);
    if (finished.failedRuns > 0) throw Error(ErrorKind::numeric, "a trial of the search");
}

/// Keeps how a run ended.
class End : public EventSink {
  public:
    void publish(const Event& event) override {
        if (const auto* finished = std::get_if<RunFinished>(&event)) finished_ = *finished;
    }
    const RunFinished& finished() const { return finished_; }

  private:
    RunFinished finished_;
};

void train(const std::filesystem::path& archive, const Experiment& experiment,
           const EngineFactory& makeEngine) {
    const RunRequest request{.experiment = experiment, .run = newUuid()};
    const auto recorder = std::make_shared<Recorder>(archive, request.run);
    const auto end = std::make_shared<End>();
    Session session(request, {recorder, end}, makeEngine);
    session.wait();
    if (end->finished().error) throw Error(*end->finished().error, end->finished().message);
    if (const auto trouble = recorder->finish()) throw Error(ErrorKind::archive, *trouble);
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

} // namespace

SearchBench benchSearch(const std::string& device, std::int64_t repetitions,
                        const EngineFactory& makeEngine) {
    constexpr std::int64_t trials = 4;
    const Study study = randomSearch(device, trials);
    std::vector<double> searches, trainings, ratios;
    for (std::int64_t i = 0; i < repetitions; ++i) {
        const TemporaryFolder folder;
        const std::filesystem::path searched = folder.path() / "search.sqlite",
                                    plain = folder.path() / "plain.sqlite";
        const std::string id = newUuid();
        Archive archive(searched);
        archive.createStudy(id, study.name, toJson(study));
        const Archive made(plain); // as the search's is already
        searches.push_back(timed([&] { execute(searched, id, makeEngine); }));
        const std::vector<StudyRun> runs = archive.studyRuns(id);
        trainings.push_back(timed([&] {
            for (const StudyRun& run : runs)
                train(plain, *parseExperiment(run.experimentJson).experiment, makeEngine);
        }));
        ratios.push_back(searches.back() / trainings.back());
    }
    return {.trials = trials,
            .repetitions = repetitions,
            .searchSeconds = median(searches),
            .plainSeconds = median(trainings),
            .ratio = median(ratios)};
}

} // namespace dstn
