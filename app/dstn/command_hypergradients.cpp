#include "app/dstn/archive_option.h"
#include "app/dstn/subcommands.h"
#include "app/dstn/terminal.h"
#include "app/dstn/whole_number.h"
#include "core/archive/run_requests.h"
#include "core/run/engine.h"
#include "core/run/json.h"

#include <iostream>
#include <memory>

namespace dstn::cli {

namespace {

using Json = nlohmann::ordered_json;

Json listJson(const std::vector<std::optional<double>>& values) {
    Json list = Json::array();
    for (const auto& value : values) list.push_back(jsonNumber(value));
    return list;
}

Json reportJson(const std::string& run, const HypergradientReport& report) {
    std::vector<std::pair<std::string, double>> at;
    for (std::size_t i = 0; i < report.at.size(); ++i)
        at.emplace_back(report.hyperparameters[i], report.at[i]);
    Json methods = Json::array();
    for (std::size_t i = 0; i < report.methods.size(); ++i) {
        const Hypergradient& method = report.methods[i];
        Json values;
        for (std::size_t h = 0; h < report.hyperparameters.size(); ++h)
            values[report.hyperparameters[h]] = jsonNumber(method.values[h]);
        methods.push_back({{"method", method.method},
                           {"hypergradient", std::move(values)},
                           {"gradients", method.gradients},
                           {"milliseconds", method.milliseconds},
                           {"steps", method.steps},
                           {"step_gradients", method.stepGradients},
                           {"step_milliseconds", method.stepMilliseconds},
                           {"cosines", listJson(report.cosines[i])},
                           {"note", method.note}});
    }
    return {{"run", run}, {"step", report.step}, {"at", jsonValues(at)}, {"methods", std::move(methods)}};
}

std::string reportText(const std::string& run, const HypergradientReport& report) {
    const std::size_t count = report.methods.size();
    Table values{.rows = {{"dL_V/dλ"}}, .right = {false}};
    for (const std::string& name : report.hyperparameters) values.rows.front().push_back(name);
    for (const char* head : {"to reference", "gradients", "ms", "steps", "their gradients", "their ms"})
        values.rows.front().push_back(head);
    values.right.resize(values.rows.front().size(), true);
    Table cosines{.rows = {{"cosine"}}, .right = {false}};
    cosines.right.resize(count + 1, true);
    std::string notes;
    for (std::size_t i = 0; i < count; ++i) {
        const Hypergradient& method = report.methods[i];
        std::vector<std::string> row{method.method};
        for (const auto& value : method.values) row.push_back(shortNumber(value));
        for (const auto& number :
             {report.cosines[i].back(), std::optional(method.gradients), std::optional(method.milliseconds)})
            row.push_back(shortNumber(number));
        row.push_back(std::to_string(method.steps));
        row.push_back(shortNumber(method.stepGradients));
        row.push_back(shortNumber(method.stepMilliseconds));
        values.rows.push_back(std::move(row));
        cosines.rows.front().push_back(method.method);
        cosines.rows.push_back({method.method});
        for (const auto& cosine : report.cosines[i]) cosines.rows.back().push_back(shortNumber(cosine));
        if (!method.note.empty()) notes += method.method + ": " + method.note + "\n";
    }
    return "Run " + run + " after " + std::to_string(report.step) + " steps; λ in unconstrained units\n" +
           values.text() + "\n" + cosines.text() + (notes.empty() ? "" : "\n" + notes);
}

} // namespace

Subcommand hypergradientsCommand(CLI::App& program) {
    struct Options {
        ArchiveOption archive;
        std::string run, device;
        HypergradientOptions comparison;
        bool acceptChangedData = false, json = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* app = program.add_subcommand(
        "hypergradients", "Compare the hypergradients of all methods at a run's last checkpoint");
    app->add_option("RUN", options->run, "Its id or the start of it, its name, or last")->required();
    options->archive.addTo(*app);
    constexpr std::uint64_t most = 1'000'000;
    app->add_option("--fit-steps", options->comparison.fitSteps,
                    "Training steps to fit a response that the run does not have")
        ->check(wholeNumber(1, most))
        ->capture_default_str();
    app->add_option("--reference-steps", options->comparison.referenceSteps,
                    "Training steps of the long unrolled reference")
        ->check(wholeNumber(1, most))
        ->capture_default_str();
    app->add_option("--examples", options->comparison.examples,
                    "Examples of the training and of the validation batch, at most")
        ->check(wholeNumber(1, most))
        ->capture_default_str();
    app->add_option("--device", options->device, "auto, cpu, cuda or cuda:N; otherwise the run's own");
    app->add_flag("--accept-changed-data", options->acceptChangedData,
                  "Compute all the same where the data have changed since the run read them");
    app->add_flag("--json", options->json, "Print one JSON object");
    return {app, [options] {
                const Archive archive = options->archive.open();
                const std::string run = archive.resolve(options->run);
                Assignments settings;
                if (!options->device.empty()) settings.emplace_back("device", options->device);
                RunRequest request = checkpointRequest(archive, run, settings);
                request.acceptChangedData = options->acceptChangedData;
                const HypergradientReport report =
                    createEngine()->hypergradients(request, options->comparison);
                for (const std::string& warning : report.warnings)
                    std::cerr << "warning: " << warning << '\n';
                if (options->json)
                    std::cout << reportJson(run, report).dump() << '\n';
                else
                    std::cout << reportText(run, report);
                return 0;
            }};
}

} // namespace dstn::cli
