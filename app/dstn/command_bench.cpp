#include "app/dstn/experiment_source.h"
#include "app/dstn/subcommands.h"
#include "app/dstn/terminal.h"
#include "app/dstn/whole_number.h"
#include "core/number_text.h"
#include "core/run/engine.h"
#include "core/study/search_bench.h"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace dstn::cli {

namespace {

nlohmann::ordered_json benchJson(const BenchReport& report) {
    const auto number = [](const auto& value) {
        return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
    };
    return {{"preset", report.preset},
            {"device", report.device},
            {"torch_version", report.torchVersion},
            {"threads", report.threads},
            {"batch", report.batch},
            {"data_at_hand", report.dataAtHand},
            {"repetitions", report.repetitions},
            {"plain_step_ms", report.plainStepMs},
            {"stock_step_ms", number(report.stockStepMs)},
            {"train_step_ms", report.trainStepMs},
            {"shared_train_step_ms", number(report.sharedTrainStepMs)},
            {"validation_step_ms", report.validationStepMs},
            {"average_step_ms", report.averageStepMs},
            {"step_ratio", report.stepRatio},
            {"shared_step_ratio", number(report.sharedStepRatio)},
            {"stock_step_ratio", number(report.stockStepRatio)},
            {"hyperparameter_ratio", number(report.hyperparameterRatio)},
            {"replayed_step_ms", number(report.replayedStepMs)},
            {"synchronous_step_ms", number(report.synchronousStepMs)},
            {"plain_bytes", number(report.plainBytes)},
            {"tuned_bytes", number(report.tunedBytes)},
            {"memory_ratio", number(report.memoryRatio())}};
}

std::string benchText(const BenchReport& report) {
    Table table{.rows = {}, .right = {false, true}};
    const auto add = [&](const std::string& what, std::optional<double> value, const std::string& unit) {
        if (value) table.rows.push_back({"  " + what, shortNumber(value), unit});
    };
    const auto addMemory = [&](const std::string& what, const std::optional<std::size_t>& bytes) {
        if (bytes) table.rows.push_back({"  " + what, bytesText(static_cast<double>(*bytes)), ""});
    };
    add("plain step", report.plainStepMs, "ms");
    add("plain step of stock modules", report.stockStepMs, "ms");
    add("training step", report.trainStepMs, "ms");
    add("training step, primal shared", report.sharedTrainStepMs, "ms");
    add("validation step", report.validationStepMs, "ms");
    add("step on average, with its data", report.averageStepMs, "ms");
    add("training step over plain step", report.stepRatio, "");
    add("the same, primal shared", report.sharedStepRatio, "");
    add("training step over stock step", report.stockStepRatio, "");
    add("20 tuned hyperparameters over 1", report.hyperparameterRatio, "");
    add("training step, replayed as a graph", report.replayedStepMs, "ms");
    add("training step, figures read after each", report.synchronousStepMs, "ms");
    addMemory("memory of plain training", report.plainBytes);
    addMemory("memory of tuned training", report.tunedBytes);
    add("tuned over plain memory", report.memoryRatio(), "");
    return report.preset + ": batch " + std::to_string(report.batch) + " on " + report.device + ", " +
           std::to_string(report.threads) + " threads, LibTorch " + report.torchVersion + ", medians of " +
           std::to_string(report.repetitions) + " interleaved repetitions\n" + table.text();
}

std::string benchTable(const std::vector<BenchReport>& reports) {
    constexpr std::size_t numbers = 11;
    Table table{.rows = {{"preset", "batch", "plain ms", "train ms", "valid. ms", "ratio", "shared", "stock",
                          "20 : 1", "memory", "over plain", "times"}},
                .right = std::vector<bool>(numbers + 1, true)};
    table.right.front() = false;
    for (const BenchReport& report : reports) {
        const auto bytes = report.tunedBytes;
        table.rows.push_back({report.preset, std::to_string(report.batch), shortNumber(report.plainStepMs),
                              shortNumber(report.trainStepMs), shortNumber(report.validationStepMs),
                              shortNumber(report.stepRatio), shortNumber(report.sharedStepRatio),
                              shortNumber(report.stockStepRatio), shortNumber(report.hyperparameterRatio),
                              bytes ? bytesText(static_cast<double>(*bytes)) : "-",
                              shortNumber(report.memoryRatio()), std::to_string(report.repetitions)});
    }
    return table.text() + "Milliseconds and ratios are medians of `times` interleaved repetitions. ratio, "
                          "stock: the training step "
                          "over the plain one,\nof the same operations and of LibTorch's modules; shared: "
                          "ratio with the primal "
                          "shared; 20 : 1: training steps with as many\ntuned hyperparameters; memory, over "
                          "plain: peak of the "
                          "tensors in tuned training, and its ratio to plain training.\n";
}

nlohmann::ordered_json tunersJson(const TunerBenchReport& report, const SearchBench& search) {
    const auto number = [](const std::optional<double>& value) {
        return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
    };
    nlohmann::ordered_json tuners = nlohmann::ordered_json::array();
    for (const TunerTiming& timing : report.tuners)
        tuners.push_back({{"tuner", timing.tuner},
                          {"train_step_ms", number(timing.trainStepMs)},
                          {"validation_step_ms", number(timing.validationStepMs)},
                          {"train_ratio", number(timing.trainRatio)},
                          {"validation_ratio", number(timing.validationRatio)},
                          {"validation_gradients", number(timing.hypergradientGradients)},
                          {"counted_train", number(timing.countedTrain)},
                          {"counted_validation", number(timing.countedValidation)},
                          {"note", timing.note}});
    return {{"preset", report.preset},
            {"device", report.device},
            {"torch_version", report.torchVersion},
            {"threads", report.threads},
            {"batch", report.batch},
            {"data_at_hand", report.dataAtHand},
            {"repetitions", report.repetitions},
            {"plain_step_ms", report.plainStepMs},
            {"gradient_ms", report.gradientMs},
            {"tuners", std::move(tuners)},
            {"stn_over_delta_stn", number(report.stnOverDeltaStn)},
            {"bayesian_proposal_ms", report.proposalMs},
            {"random_search",
             {{"trials", search.trials},
              {"repetitions", search.repetitions},
              {"seconds", search.searchSeconds},
              {"plain_trainings_seconds", search.plainSeconds},
              {"over_plain_trainings", search.ratio}}}};
}

std::string tunersText(const TunerBenchReport& report, const SearchBench& search) {
    Table table{.rows = {{"tuner", "train ms", "over plain", "counted", "valid. ms", "over plain",
                          "in gradients", "counted"}},
                .right = {false, true, true, true, true, true, true, true}};
    std::string notes;
    for (const TunerTiming& t : report.tuners) {
        table.rows.push_back({t.tuner, shortNumber(t.trainStepMs), shortNumber(t.trainRatio),
                              shortNumber(t.countedTrain), shortNumber(t.validationStepMs),
                              shortNumber(t.validationRatio), shortNumber(t.hypergradientGradients),
                              shortNumber(t.countedValidation)});
        if (!t.note.empty()) notes += t.tuner + ": " + t.note + "\n";
    }
    return report.preset + ": batch " + std::to_string(report.batch) + " on " + report.device + ", " +
           std::to_string(report.threads) + " threads, LibTorch " + report.torchVersion + ", medians of " +
           std::to_string(report.repetitions) + " interleaved repetitions\n" + table.text() + "plain step " +
           shortNumber(report.plainStepMs) + " ms, a gradient evaluation " + shortNumber(report.gradientMs) +
           " ms, STN's training step over the Δ-STN's " + shortNumber(report.stnOverDeltaStn) +
           "\nnext proposal of a Bayesian search, " + std::to_string(TunerBenchReport::proposalTrials) +
           " trials in " + std::to_string(TunerBenchReport::proposalHyperparameters) + " dimensions, " +
           shortNumber(report.proposalMs) + " ms\nrandom search of " + std::to_string(search.trials) +
           " trials " + shortNumber(search.searchSeconds) + " s, over as many plain trainings " +
           shortNumber(search.ratio) + " (quickstart, medians of " + std::to_string(search.repetitions) +
           ")\nover plain: of the plain step; in gradients, counted: of gradient evaluations, measured and "
           "by "
           "counting products.\n" +
           notes;
}

/// Carries out a bench and says what is to be said of its preset.
template <typename Report, typename F>
Report measure(const std::string& source, const F& bench) {
    try {
        Report report = bench();
        report.preset = source;
        if (!report.dataAtHand)
            complain(source + ": the data are not available; measured on random data of the same shape");
        return report;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::numeric) throw;
        throw Error(ErrorKind::numeric,
                    source + ": in one of the measured steps " + error.what() +
                        ". A smaller learning rate (optimizers.general.lr) usually helps.");
    }
}

} // namespace

Subcommand benchCommand(CLI::App& program) {
    struct Options {
        std::string preset = "fashion-mnist-cnn", device;
        BenchOptions bench;
        bool json = false, all = false, tuners = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* app = program.add_subcommand("bench", "Measure how long the steps of a preset's training take");
    auto* preset = app->add_option("--preset", options->preset, "A preset's id or an experiment file");
    auto* all = app->add_flag("--all", options->all, "All presets, as a table")->excludes(preset);
    app->add_flag("--tuners", options->tuners,
                  "Time the steps of every tuner that works within a run, and the cost of a search")
        ->excludes(all);
    app->add_option("--device", options->device, "auto, cpu, cuda or cuda:N");
    app->add_option("--repetitions", options->bench.repetitions, "Interleaved repetitions of each step")
        ->check(wholeNumber(1, 1000000))
        ->capture_default_str();
    app->add_option("--seconds", options->bench.seconds,
                    "Fewer repetitions, three at least, of a preset that takes longer")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app->add_flag("--json", options->json, "Print one JSON object per line");
    return {app, [options] {
                std::vector<std::string> sources{options->preset};
                if (options->all) {
                    sources.clear();
                    for (const Preset& each : presets()) sources.push_back(each.id);
                }
                std::vector<std::pair<std::string, std::string>> assignments;
                if (!options->device.empty()) assignments.emplace_back("device", options->device);
                std::vector<Experiment> experiments;
                for (const std::string& source : sources)
                    experiments.push_back(requireExperiment(source, experimentText(source), assignments));
                const auto engine = createEngine();
                if (options->tuners) {
                    const auto report = measure<TunerBenchReport>(sources.front(), [&] {
                        return engine->benchTuners(experiments.front(), options->bench);
                    });
                    constexpr std::int64_t enough = 5;
                    const SearchBench search =
                        benchSearch(experiments.front().device,
                                    std::min<std::int64_t>(options->bench.repetitions, enough));
                    if (options->json)
                        std::cout << tunersJson(report, search).dump() << '\n';
                    else
                        std::cout << tunersText(report, search);
                    return 0;
                }
                std::vector<BenchReport> reports;
                int code = 0;
                for (std::size_t i = 0; i < experiments.size(); ++i) {
                    try {
                        reports.push_back(measure<BenchReport>(
                            sources[i], [&] { return engine->bench(experiments[i], options->bench); }));
                    } catch (const Error& error) {
                        // Of all presets, one whose data are missing does not keep back the others.
                        if (!options->all || error.kind() != ErrorKind::data) throw;
                        complain(sources[i] + ": " + error.what());
                        code = exitCode(error.kind());
                        continue;
                    }
                    if (options->json)
                        std::cout << benchJson(reports.back()).dump() << std::endl;
                    else if (!options->all)
                        std::cout << benchText(reports.back()) << std::flush;
                    else if (stderrIsTerminal())
                        std::cerr << sources[i] << " measured\n";
                }
                if (options->all && !options->json) std::cout << benchTable(reports) << std::flush;
                return code;
            }};
}

} // namespace dstn::cli
