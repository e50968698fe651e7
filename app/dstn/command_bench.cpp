#include "app/dstn/experiment_source.h"
#include "app/dstn/subcommands.h"
#include "app/dstn/terminal.h"
#include "app/dstn/whole_number.h"
#include "core/run/engine.h"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace dstn {

namespace {

nlohmann::ordered_json benchJson(const BenchReport& report) {
    return {{"preset", report.preset},
            {"device", report.device},
            {"torch_version", report.torchVersion},
            {"threads", report.threads},
            {"batch", report.batch},
            {"repetitions", report.repetitions},
            {"plain_step_ms", report.plainStepMs},
            {"stock_step_ms", report.stockStepMs},
            {"train_step_ms", report.trainStepMs},
            {"shared_train_step_ms", report.sharedTrainStepMs},
            {"validation_step_ms", report.validationStepMs},
            {"average_step_ms", report.averageStepMs},
            {"step_ratio", report.stepRatio},
            {"shared_step_ratio", report.sharedStepRatio},
            {"stock_step_ratio", report.stockStepRatio}};
}

std::string benchText(const BenchReport& report) {
    Table table{.rows = {}, .right = {false, true}};
    const auto add = [&](const std::string& what, double value, const std::string& unit) {
        table.rows.push_back({"  " + what, shortNumber(value), unit});
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
    return report.preset + ": batch " + std::to_string(report.batch) + " on " + report.device + ", " +
           std::to_string(report.threads) + " threads, LibTorch " + report.torchVersion + ", medians of " +
           std::to_string(report.repetitions) + " interleaved repetitions\n" + table.text();
}

BenchReport measure(Engine& engine, const Experiment& experiment, const std::string& source,
                    int repetitions) {
    try {
        BenchReport report = engine.bench(experiment, repetitions);
        report.preset = source;
        return report;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::numeric) throw;
        throw Error(ErrorKind::numeric,
                    source + ": in one of the steps measured " + error.what() +
                        ". A smaller learning rate (optimizers.general.lr) usually helps.");
    }
}

} // namespace

Subcommand benchCommand(CLI::App& program) {
    struct Options {
        std::string preset = "fashion-mnist-cnn", device;
        int repetitions = 50;
        bool json = false, all = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* app = program.add_subcommand("bench", "Measure how long the steps of a preset's training take");
    auto* preset = app->add_option("--preset", options->preset, "A preset's id or an experiment file");
    app->add_flag("--all", options->all, "All presets, one after the other")->excludes(preset);
    app->add_option("--device", options->device, "auto, cpu, cuda or cuda:N");
    app->add_option("--repetitions", options->repetitions, "Interleaved repetitions of each step")
        ->check(wholeNumber(1, 1000000))
        ->capture_default_str();
    app->add_flag("--json", options->json, "Print one JSON object a line");
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
                for (std::size_t i = 0; i < experiments.size(); ++i) {
                    const BenchReport report =
                        measure(*engine, experiments[i], sources[i], options->repetitions);
                    if (options->json)
                        std::cout << benchJson(report).dump() << std::endl;
                    else
                        std::cout << benchText(report) << std::flush;
                }
                return 0;
            }};
}

} // namespace dstn
