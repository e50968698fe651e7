#include "app/dstn/run_text.h"

#include "app/dstn/terminal.h"
#include "core/number_text.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

namespace dstn::cli {

static std::string epochsText(const RunRow& run) {
    if (run.stepsPerEpoch <= 0) return "-";
    return quantityText(static_cast<double>(run.steps) / static_cast<double>(run.stepsPerEpoch)) + "/" +
           quantityText(static_cast<double>(run.stepsTotal) / static_cast<double>(run.stepsPerEpoch));
}

static std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// A row for each line of a text, the first of them with a head; nothing for an empty one.
static void addLines(Table& table, std::string head, const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) table.rows.push_back({std::exchange(head, ""), line});
}

/// "0.881", or of a language model "61.7 ppl".
static std::string validationFigure(const RunRow& run) {
    if (!run.language) return shortNumber(run.bestValidationAccuracy);
    return run.bestValidationPerplexity ? shortNumber(run.bestValidationPerplexity) + " ppl" : "-";
}

std::string listText(const std::vector<RunRow>& runs) {
    Table table{.rows = {{"ID", "", "NAME", "DATA", "MODEL", "METHOD", "STATE", "EPOCHS", "LOSS", "ACCURACY",
                          "TIME", "CREATED", "TAGS"}},
                .right = {false, false, false, false, false, false, false, true, true, true, true}};
    for (const RunRow& run : runs)
        table.rows.push_back({run.id.substr(0, 8), run.starred ? "★" : "", shortened(run.name, 32),
                              shortened(run.dataName, 24), shortened(run.modelName, 24), run.method,
                              std::string(name(run.state)), epochsText(run),
                              shortNumber(run.bestValidationLoss), validationFigure(run),
                              durationText(run.seconds), run.created, joined(run.tags)});
    return table.text();
}

/// JSON on one line, cut where it is long.
static std::string valueOrDash(const std::string& json) {
    constexpr int widest = 60;
    return json.empty() ? "-" : shortened(json, widest);
}

std::string detailsText(const RunDetails& details) {
    const RunRow& run = details.row;
    Table facts;
    const auto fact = [&](const std::string& what, const std::string& value) {
        if (value != "-") addLines(facts, what, value);
    };
    fact("run", run.id);
    fact("name", run.name + (run.starred ? " ★" : ""));
    fact("tags", joined(run.tags));
    fact("note", run.note);
    fact("state", std::string(name(run.state)) + (run.reason.empty() ? "" : ": " + run.reason));
    fact("created", run.created);
    fact("data", run.dataName + " (" + std::to_string(details.trainExamples) + " training, " +
                     std::to_string(details.validationExamples) + " validation, " +
                     std::to_string(details.testExamples) +
                     (run.language ? " test tokens)" : " test examples)"));
    fact("data read", identityText(details.data));
    fact("model", run.modelName + " (" + std::to_string(details.parameters) + " parameters, " +
                      std::to_string(details.responseParameters) + " of the response)");
    fact("method", run.method);
    fact("device", details.environment.device + " (" + details.environment.deviceName + "), " +
                       std::to_string(details.environment.threads) + " threads, LibTorch " +
                       details.environment.torchVersion);
    fact("epochs", epochsText(run));
    fact("steps", std::to_string(run.steps));
    fact("time", durationText(run.seconds));
    fact("gradients", shortNumber(run.gradients));
    if (!run.study.empty())
        fact("study",
             run.studyName + " (" + run.study.substr(0, 8) + "), trial " + std::to_string(run.trial));
    fact("best epoch", run.bestEpoch ? std::to_string(*run.bestEpoch) : "-");
    fact("validation loss", shortNumber(run.bestValidationLoss));
    if (run.language) {
        fact("validation perplexity", shortNumber(run.bestValidationPerplexity));
        fact("test perplexity", shortNumber(run.testPerplexityAtBest));
    } else {
        fact("validation accuracy", shortNumber(run.bestValidationAccuracy));
        fact("test", shortNumber(run.testAtBest));
    }
    if (run.resumable) fact("resume with", "dstn run --resume " + run.id.substr(0, 8));
    std::string text = facts.text();

    if (!details.amendments.empty()) {
        Table changes{.rows = {{"CHANGED ON RESUMING", "AFTER STEP", "FROM", "TO"}},
                      .right = {false, true, false, false}};
        for (const Amendment& each : details.amendments)
            changes.rows.push_back({each.path.empty() ? "the whole experiment" : each.path,
                                    std::to_string(each.step), valueOrDash(each.before),
                                    valueOrDash(each.after)});
        text += "\n" + changes.text();
    }
    if (!details.epochs.empty()) {
        const auto figure = [&](const std::optional<double>& loss, const std::optional<double>& accuracy) {
            return shortNumber(run.language && loss ? std::optional(std::exp(*loss)) : accuracy);
        };
        Table epochs{.rows = {{"EPOCH", "TIME", "TRAIN LOSS", "VALID. LOSS",
                               run.language ? "VALID. PPL" : "VALID. ACC.", "TEST LOSS",
                               run.language ? "TEST PPL" : "TEST ACC."}},
                     .right = std::vector<bool>(99, true)};
        for (const auto& [hyperparameter, value] : details.epochs.back().hyperparameters)
            epochs.rows.front().push_back(hyperparameter);
        for (const EpochResult& epoch : details.epochs) {
            epochs.rows.push_back({std::to_string(epoch.epoch), durationText(epoch.seconds),
                                   shortNumber(epoch.trainLoss), shortNumber(epoch.validationLoss),
                                   figure(epoch.validationLoss, epoch.validationAccuracy),
                                   shortNumber(epoch.testLoss), figure(epoch.testLoss, epoch.testAccuracy)});
            for (const auto& [hyperparameter, value] : epoch.hyperparameters)
                epochs.rows.back().push_back(shortNumber(value));
        }
        text += "\n" + epochs.text();
    }
    if (!details.events.empty()) {
        Table events;
        for (const auto& [time, what] : details.events) addLines(events, time, what);
        text += "\n" + events.text();
    }
    return text;
}

std::string comparisonText(const std::vector<RunDetails>& runs) {
    Table table;
    const auto add = [&](const std::string& what, auto value) {
        std::vector<std::string> row{what};
        bool any = false;
        for (const RunDetails& run : runs) {
            row.push_back(shortened(value(run), 40));
            any = any || (row.back() != "-" && !row.back().empty());
        }
        if (any) table.rows.push_back(std::move(row));
    };
    const auto section = [&](const std::string& title) {
        table.rows.insert(table.rows.end(), {{""}, {title}});
    };
    add("RUN", [](const RunDetails& run) { return run.row.id.substr(0, 8); });
    add("name", [](const RunDetails& run) { return run.row.name; });
    add("data", [](const RunDetails& run) { return run.row.dataName; });
    add("model", [](const RunDetails& run) { return run.row.modelName; });
    add("method", [](const RunDetails& run) { return run.row.method; });
    add("state", [](const RunDetails& run) { return std::string(name(run.row.state)); });
    add("epochs", [](const RunDetails& run) { return epochsText(run.row); });
    add("time", [](const RunDetails& run) { return durationText(run.row.seconds); });
    section("BEST EPOCH");
    add("epoch",
        [](const RunDetails& run) { return run.row.bestEpoch ? std::to_string(*run.row.bestEpoch) : "-"; });
    add("validation loss", [](const RunDetails& run) { return shortNumber(run.row.bestValidationLoss); });
    add("validation perplexity",
        [](const RunDetails& run) { return shortNumber(run.row.bestValidationPerplexity); });
    add("test perplexity", [](const RunDetails& run) { return shortNumber(run.row.testPerplexityAtBest); });
    const auto unlessText = [](const RunDetails& run, const std::optional<double>& value) {
        return shortNumber(run.row.language ? std::nullopt : value);
    };
    add("validation accuracy",
        [&](const RunDetails& run) { return unlessText(run, run.row.bestValidationAccuracy); });
    add("test", [&](const RunDetails& run) { return unlessText(run, run.row.testAtBest); });

    std::vector<std::string> names;
    for (const RunDetails& run : runs)
        if (!run.epochs.empty())
            for (const auto& [hyperparameter, value] : run.epochs.back().hyperparameters)
                if (std::find(names.begin(), names.end(), hyperparameter) == names.end())
                    names.push_back(hyperparameter);
    if (!names.empty()) section("HYPERPARAMETERS AT THE END");
    for (const std::string& wanted : names)
        add(wanted, [&](const RunDetails& run) -> std::string {
            if (run.epochs.empty()) return "-";
            for (const auto& [hyperparameter, value] : run.epochs.back().hyperparameters)
                if (hyperparameter == wanted) return shortNumber(value);
            return "-";
        });

    std::vector<std::string> experiments;
    for (const RunDetails& run : runs) experiments.push_back(comparedDocument(run));
    std::vector<Difference> different = differences(experiments);
    std::erase_if(different, [](const Difference& difference) {
        return difference.path == "name" || difference.path == "description";
    });
    section(different.empty() ? "THE RUNS DO NOT DIFFER" : "WHAT DIFFERS");
    for (const Difference& difference : different) {
        std::vector<std::string> row{difference.path};
        for (const std::string& value : difference.values)
            row.push_back(value.empty() ? "-" : shortened(value, 40));
        table.rows.push_back(std::move(row));
    }
    return table.text();
}

} // namespace dstn::cli
