#include "app/dstn/experiment_source.h"
#include "app/dstn/subcommands.h"
#include "app/dstn/terminal.h"
#include "core/data/dataset.h"
#include "core/data/source_guess.h"
#include "core/error.h"
#include "core/number_text.h"
#include "core/run/json.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

namespace dstn::cli {
namespace {

struct DataOptions {
    std::string path, source;
    std::vector<std::string> settings;
    bool json = false, headers = false;
};

/// What is known of the data, and why no more is.
struct Findings {
    DataSpec spec;
    std::uint64_t seed = 0; ///< the experiment's
    std::string why;        ///< of the source; empty: it was given
    TableReport table;
    std::optional<DataInfo> info;
    std::optional<Error> problem;
};

/// The data of an experiment file, or a source with this path.
Experiment experimentNamed(const DataOptions& options, std::string& why) {
    if (options.source.empty() && std::filesystem::path(options.path).extension() == ".json")
        return requireExperiment(options.path, experimentText(options.path),
                                 parseAssignments(options.settings));
    DataSpec spec;
    spec.path = options.path;
    if (options.source.empty()) {
        try {
            const SourceGuess guess = guessSource(options.path);
            spec.source = guess.source;
            why = guess.why;
        } catch (const Error& error) {
            if (!std::filesystem::exists(options.path)) throw;
            throw Error(error.kind(), std::string(error.what()) + " (--source SOURCE)");
        }
    } else {
        const auto named = std::ranges::find(sourceTypes, options.source, &SourceTraits::id);
        if (named == std::end(sourceTypes)) {
            std::string ids;
            for (const SourceTraits& source : sourceTypes)
                if (source.path != PathKind::none) ids += (ids.empty() ? "" : ", ") + std::string(source.id);
            throw Error(ErrorKind::usage,
                        "There is no source " + printable(options.source) + ". Expected one of " + ids + ".");
        }
        spec.source = named->source;
    }
    // The options are those of an experiment; which one does not matter.
    Experiment experiment = requireExperiment("quickstart", experimentText("quickstart"), {});
    experiment.data = spec;
    return requireExperiment("--set", toJson(experiment), parseAssignments(options.settings));
}

Findings findOut(const DataOptions& options) {
    Findings findings;
    const Experiment experiment = experimentNamed(options, findings.why);
    findings.spec = experiment.data;
    findings.seed = experiment.seed;
    try {
        findings.info = probeDataset(findings.spec, findings.seed, &findings.table);
        // What a run would meet: images and numbers that cannot be read, columns that cannot be normalised.
        if (!options.headers) loadDataset(findings.spec, findings.seed);
    } catch (const Error& error) {
        findings.problem = error;
    }
    return findings;
}

const char* roleName(ColumnReport::Role role) {
    switch (role) {
    case ColumnReport::Role::target:
        return "target";
    case ColumnReport::Role::index:
        return "index";
    case ColumnReport::Role::ignored:
        return "ignored";
    case ColumnReport::Role::feature:
        break;
    }
    return "feature";
}

const char* taskName(TaskKind task) {
    if (task == TaskKind::language) return "language";
    return task == TaskKind::regression ? "regression" : "classification";
}

std::string columnsText(const TableReport& report) {
    Table table{.rows = {{"", "Column", "Role", "Type", "Values", "Missing", "Different", "Least", "Mean",
                          "Most", "First values"}},
                .right = {true, false, false, false, true, true, true, true, true, true, false}};
    std::size_t place = 0;
    for (const ColumnReport& column : report.columns) {
        const bool numbers = column.type.ends_with("number") || column.type == "mixed";
        const auto figure = [&](double value) { return numbers ? valueText(value) : ""; };
        std::string examples;
        for (const std::string& example : column.examples)
            examples += (examples.empty() ? "" : ", ") + example;
        table.rows.push_back({std::to_string(place++), shortened(column.name, 24), roleName(column.role),
                              column.type, countText(column.values), countText(column.missing),
                              column.distinct < ColumnReport::mostDistinct ? countText(column.distinct)
                                                                           : countText(column.distinct) + "+",
                              figure(column.least), figure(column.mean), figure(column.most),
                              shortened(examples, 40)});
    }
    return table.text();
}

std::string rowsText(const TableReport& report) {
    Table table;
    std::vector<std::string> head;
    for (const ColumnReport& column : report.columns)
        head.push_back(shortened(column.name.empty() ? std::to_string(head.size()) : column.name, 16));
    table.rows.push_back(std::move(head));
    for (const auto& row : report.firstRows) {
        auto& shown = table.rows.emplace_back();
        for (const std::string& cell : row) shown.push_back(shortened(cell, 16));
    }
    table.right.assign(table.rows.front().size(), true);
    return table.text();
}

std::string partsText(const DataInfo& info) {
    const char* unit = info.task == TaskKind::language ? "tokens" : "examples";
    std::string text = "Training " + countText(info.train) + ", validation " + countText(info.validation) +
                       ", test " + countText(info.test) + " " + unit + ".\n";
    if (info.task == TaskKind::language)
        return text + "Vocabulary: " + countText(info.vocabulary) + " different tokens.\n";
    text += "Each example: " + shapeText(info.input) + ". Task: " + taskName(info.task) + ", " +
            countText(info.outputs) + (info.task == TaskKind::regression ? " outputs" : " classes") + ".\n";
    if (info.task != TaskKind::classification) return text;
    constexpr std::int64_t most = 30;
    Table table{.rows = {{"Class", "Training", "Validation", "Test"}}, .right = {false, true, true, true}};
    const auto count = [](const std::vector<std::int64_t>& counts, std::int64_t of) {
        const auto at = static_cast<std::size_t>(of);
        return at < counts.size() ? countText(counts[at]) : std::string("-");
    };
    for (std::int64_t i = 0; i < std::min(info.outputs, most); ++i) {
        const auto at = static_cast<std::size_t>(i);
        table.rows.push_back(
            {shortened(at < info.classNames.size() ? printable(info.classNames[at]) : std::to_string(i), 30),
             count(info.trainOfClass, i), count(info.validationOfClass, i), count(info.testOfClass, i)});
    }
    text += "\n" + table.text();
    if (info.outputs > most) text += "and " + countText(info.outputs - most) + " more classes\n";
    return text;
}

void print(const Findings& findings) {
    const SourceTraits& source = traitsOf(findings.spec.source);
    std::cout << printable(findings.spec.path) << ": source " << source.id
              << (findings.why.empty() ? "" : ", as " + findings.why) << '\n';
    if (!findings.table.columns.empty())
        std::cout << '\n'
                  << countText(findings.table.rows) << " rows, separated by " << findings.table.separator
                  << (findings.table.header ? ", with a header" : ", without a header") << "\n\n"
                  << columnsText(findings.table);
    if (!findings.table.firstRows.empty() && !findings.table.columns.empty())
        std::cout << "\nFirst rows\n" << rowsText(findings.table);
    if (!findings.info) return;
    std::cout << '\n' << partsText(*findings.info);
    for (const std::string& decision : findings.info->decisions) std::cout << "- " << decision << '\n';
    for (const std::string& warning : findings.info->warnings) std::cout << "warning: " << warning << '\n';
}

nlohmann::ordered_json jsonTable(const TableReport& report) {
    nlohmann::ordered_json columns = nlohmann::ordered_json::array();
    for (const ColumnReport& column : report.columns) {
        nlohmann::ordered_json json{{"name", column.name},       {"role", roleName(column.role)},
                                    {"type", column.type},       {"values", column.values},
                                    {"missing", column.missing}, {"different", column.distinct}};
        const bool numbers = column.type.ends_with("number") || column.type == "mixed";
        for (const auto& [key, value] : {std::pair{"least", column.least}, std::pair{"mean", column.mean},
                                         std::pair{"most", column.most}})
            json[key] = numbers ? jsonNumber(value) : nlohmann::ordered_json();
        json["first_values"] = column.examples;
        columns.push_back(std::move(json));
    }
    return {
        {"separator", report.separator}, {"header", report.header},        {"rows", report.rows},
        {"dropped", report.droppedRows}, {"first_rows", report.firstRows}, {"columns", std::move(columns)}};
}

nlohmann::ordered_json json(const Findings& findings) {
    nlohmann::ordered_json result{{"path", findings.spec.path},
                                  {"source", traitsOf(findings.spec.source).id},
                                  {"source_because", findings.why}};
    if (!findings.table.columns.empty()) result["table"] = jsonTable(findings.table);
    if (findings.info) {
        const DataInfo& info = *findings.info;
        result["task"] = taskName(info.task);
        result["input"] = info.input;
        result["outputs"] = info.outputs;
        result["classes"] = info.classNames;
        result["examples_of_class"] = {
            {"train", info.trainOfClass}, {"validation", info.validationOfClass}, {"test", info.testOfClass}};
        result["train"] = info.train;
        result["validation"] = info.validation;
        result["test"] = info.test;
        result["decisions"] = info.decisions;
        result["warnings"] = info.warnings;
    }
    result["problem"] = findings.problem ? nlohmann::ordered_json(findings.problem->what()) : nullptr;
    return result;
}

} // namespace

Subcommand dataCommand(CLI::App& program) {
    auto options = std::make_shared<DataOptions>();
    CLI::App* app =
        program.add_subcommand("data", "Show how a data set is read: its columns, classes and parts");
    app->add_option("PATH", options->path, "A file or folder of data, or an experiment file (.json)")
        ->required();
    app->add_option("--source", options->source, "What it is, such as csv or image-folder; else found out");
    app->add_option("--set", options->settings, "An option of the data, such as data.header=true")
        ->type_name("PATH=VALUE");
    app->add_flag("--headers", options->headers, "Do not read all of the data, as a run does");
    app->add_flag("--json", options->json, "Print one JSON object");
    return {app, [options] {
                const Findings findings = findOut(*options);
                if (options->json)
                    std::cout << json(findings).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                              << '\n';
                else
                    print(findings);
                if (!findings.problem) return 0;
                if (!options->json) complain(findings.problem->what());
                return exitCode(findings.problem->kind());
            }};
}

} // namespace dstn::cli
