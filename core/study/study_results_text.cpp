#include "core/error.h"
#include "core/number_text.h"
#include "core/study/study_results.h"

#include "core/utf8.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace dstn {

namespace {

/// Cells of a table, its first row the heads; the first column is text, the others numbers.
using Rows = std::vector<std::vector<std::string>>;

/// "-" where absent.
std::string meanCell(const std::optional<Mean>& mean) {
    return mean ? meanText(mean->mean, mean->error) : "-";
}
std::string probabilityCell(const std::optional<double>& p) { return p ? probabilityText(*p) : "-"; }

using Member = std::optional<Mean> MethodResult::*;

/// Losses, costs and runs of each method. A figure that no method has gets no column.
Rows methodRows(const StudyResults& results) {
    static const std::array<std::pair<const char*, Member>, 7> columns{
        {{"validation loss", &MethodResult::validationLoss},
         {"validation accuracy", &MethodResult::validationAccuracy},
         {"test loss", &MethodResult::testLoss},
         {"test accuracy", &MethodResult::testAccuracy},
         {"epochs", &MethodResult::epochs},
         {"gradient evaluations", &MethodResult::gradients},
         {"seconds", &MethodResult::seconds}}};
    Rows rows{{"method"}};
    for (const MethodResult& method : results.methods) rows.push_back({method.name});
    for (const auto& [head, member] : columns) {
        const auto hasIt = [&, column = member](const MethodResult& method) {
            return (method.*column).has_value();
        };
        if (std::ranges::none_of(results.methods, hasIt)) continue;
        rows[0].emplace_back(head);
        for (std::size_t i = 0; i < results.methods.size(); ++i)
            rows[i + 1].push_back(meanCell(results.methods[i].*member));
    }
    for (const char* head : {"seeds", "runs", "failed"}) rows[0].emplace_back(head);
    for (std::size_t i = 0; i < results.methods.size(); ++i) {
        std::int64_t seeds = 0, runs = 0, failed = 0;
        for (const SeedResult& seed : results.methods[i].seeds) {
            if (seed.best) ++seeds;
            runs += seed.runs;
            failed += seed.failedRuns;
        }
        for (const std::int64_t count : {seeds, runs, failed}) rows[i + 1].push_back(std::to_string(count));
    }
    return rows;
}

Rows hyperparameterRows(const StudyResults& results) {
    std::vector<std::string> names;
    for (const MethodResult& method : results.methods)
        for (const auto& [name, mean] : method.hyperparameters)
            if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    if (names.empty()) return {};
    Rows rows{{"method"}};
    rows[0].insert(rows[0].end(), names.begin(), names.end());
    for (const MethodResult& method : results.methods) {
        auto& row = rows.emplace_back(std::vector{method.name});
        for (const std::string& name : names) {
            const auto found =
                std::ranges::find(method.hyperparameters, name, &std::pair<std::string, Mean>::first);
            row.push_back(meanCell(found == method.hyperparameters.end() ? std::nullopt
                                                                         : std::optional(found->second)));
        }
    }
    return rows;
}

Rows testRows(const StudyResults& results) {
    const bool tested =
        std::ranges::any_of(results.tests, [](const PairedTest& t) { return t.testDifference.has_value(); });
    Rows rows{{"methods", "validation loss", "p"}};
    if (tested) rows[0].insert(rows[0].end(), {"test loss", "p"});
    rows[0].emplace_back("seeds");
    for (const PairedTest& test : results.tests) {
        if (test.pairs == 0) continue;
        auto& row = rows.emplace_back(
            std::vector{results.methods[test.first].name + " − " + results.methods[test.second].name,
                        signedText(test.difference), probabilityCell(test.p)});
        if (tested) {
            row.push_back(test.testDifference ? signedText(*test.testDifference) : "-");
            row.push_back(probabilityCell(test.testP));
        }
        row.push_back(std::to_string(test.pairs));
    }
    return rows.size() > 1 ? rows : Rows{};
}

/// The tables, each with what it shows.
std::vector<std::pair<std::string, Rows>> tables(const StudyResults& results) {
    std::vector<std::pair<std::string, Rows>> all{
        {"At the lowest validation loss, mean ± standard error over seeds; costs are of all runs of a seed:",
         methodRows(results)},
        {"Hyperparameters chosen:", hyperparameterRows(results)},
        {"Differences of the lowest losses, and paired t-test, two-sided:", testRows(results)}};
    std::erase_if(all, [](const auto& table) { return table.second.empty(); });
    return all;
}

std::string aligned(const Rows& rows) {
    std::vector<std::size_t> widths(rows[0].size(), 0);
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], countCodePoints(row[i]));
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string space(widths[i] - countCodePoints(row[i]), ' ');
            line += i == 0 ? row[i] + space : "  " + space + row[i];
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

/// A text that Markdown shows as it is, in one line.
std::string markdownText(const std::string& text) {
    std::string shown;
    for (const char c : printable(text))
        if (c == '&')
            shown += "&amp;";
        else if (c == '<')
            shown += "&lt;";
        else if (std::string_view("\\`*_[]#|~$").find(c) != std::string_view::npos)
            shown += {'\\', c};
        else
            shown += c;
    return shown;
}

std::string markdownTable(const Rows& rows) {
    std::string text;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        text += '|';
        for (const std::string& cell : rows[i]) text += ' ' + markdownText(cell) + " |";
        text += '\n';
        if (i > 0) continue;
        text += "| --- |";
        for (std::size_t k = 1; k < rows[0].size(); ++k) text += " ---: |";
        text += '\n';
    }
    return text;
}

std::string budgetText(const Study& study) {
    static constexpr std::array<const char*, 3> units{"epochs", "gradient evaluations", "seconds"};
    return "Budget of each method and seed: " + quantityText(study.budget) + ' ' +
           units[static_cast<std::size_t>(study.unit)] + ".";
}

} // namespace

std::string resultsText(const Study& study, const StudyResults& results) {
    std::string text = study.name + '\n' + budgetText(study) + '\n';
    for (const auto& [title, rows] : tables(results)) text += '\n' + title + '\n' + aligned(rows);
    return text;
}

std::string resultsMarkdown(const Study& study, const StudyResults& results) {
    std::string text = "## " + markdownText(study.name) + "\n\n" + budgetText(study) + '\n';
    for (const auto& [title, rows] : tables(results)) text += '\n' + title + "\n\n" + markdownTable(rows);
    return text;
}

} // namespace dstn
