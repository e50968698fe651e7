#pragma once

#include "core/study/study.h"
#include "tests/ui/sample_runs.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace dstn {

/// A study of two methods: the first a tuner within the training, the second a random search.
inline Study sampleStudy(std::vector<std::uint64_t> seeds = {0, 1, 2}) {
    const Preset* preset = findPreset("quickstart");
    Study study;
    study.name = "Two methods";
    study.experimentJson = preset->json;
    study.set = {{"hyperparameters.weight_decay.min", "1e-6"}, {"hyperparameters.weight_decay.max", "0.1"}};
    study.methods = {{"Δ-STN", {{"tuner.type", "delta-stn"}}}, {"Random search", {{"tuner.type", "random"}}}};
    study.seeds = std::move(seeds);
    const auto epochs = parseExperiment(preset->json).experiment->epochs;
    study.budget = static_cast<double>(3 * epochs);
    return study;
}

inline std::string sampleStudyId(int number) {
    return "abcd000" + std::to_string(number) + "-1111-4222-8333-444455556666";
}

struct SampleTrial {
    StudyPlace place;
    double loss = 0.4; ///< validation loss that it comes down to; NaN: it diverges at once
    RunState state = RunState::completed;
};

/// A run of a study as the archive holds it after training, without training anything.
inline std::string addTrial(Archive& archive, const SampleTrial& trial) {
    static int number = 5000;
    SampleRun sample{.id = sampleId(number++),
                     .name = "trial",
                     .seed = trial.place.seed,
                     .loss = trial.loss,
                     .state = trial.state,
                     .hyperparameters = {"dropout_in", "dropout_hidden"}};
    RunStarted started = startOf(sample);
    started.place = trial.place;
    std::vector<Event> events{started, StateChanged{RunState::running, ""}};
    EpochResult best;
    if (trial.state != RunState::failed || std::isnan(trial.loss))
        for (int epoch = 0; epoch <= sample.epochs; ++epoch) {
            EpochResult result = sampleEpoch(sample, epoch);
            result.gradients = 2.0 * static_cast<double>(result.step);
            if (epoch == 0 || result.validationLoss < best.validationLoss) best = result;
            events.push_back(EpochFinished{result, best});
        }
    if (ended(trial.state)) {
        RunFinished finished;
        finished.state = trial.state;
        finished.steps = static_cast<std::int64_t>(sample.epochs) * sample.stepsPerEpoch;
        finished.seconds = 7.5 * sample.epochs;
        finished.gradients = 2.0 * static_cast<double>(finished.steps);
        if (trial.state == RunState::failed) {
            finished.error = ErrorKind::numeric;
            finished.message = "The training loss became NaN at step 12. Lower the learning rate.";
        } else {
            finished.best = best;
        }
        events.push_back(finished);
    }
    archive.append(sample.id, events);
    return sample.id;
}

/// All runs of the sample study: the second method three trials a seed, worse than the first.
inline void addWholeStudy(Archive& archive, const std::string& id, const Study& study) {
    archive.createStudy(id, study.name, toJson(study));
    for (const std::uint64_t seed : study.seeds) {
        addTrial(archive, {.place = {.study = id, .method = 0, .seed = seed}, .loss = 0.30});
        for (std::int64_t trial = 0; trial < 3; ++trial)
            addTrial(archive, {.place = {.study = id, .method = 1, .seed = seed, .trial = trial},
                               .loss = 0.45 + 0.02 * static_cast<double>(trial)});
    }
    archive.setStudyState(id, RunState::completed);
}

} // namespace dstn
