#include "app/dstn/archive_option.h"
#include "app/dstn/experiment_source.h"
#include "app/dstn/study_execution.h"
#include "app/dstn/subcommands.h"
#include "app/dstn/terminal.h"
#include "app/dstn/whole_number.h"
#include "core/experiment/experiment_file.h"
#include "core/run/session.h"
#include "core/study/study_results.h"
#include "core/study/study_runner.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

namespace dstn::cli {

namespace {

struct StudyOptions {
    ArchiveOption archive;
    std::string source, resume, show, format = "text", out, device, seeds;
    std::vector<std::string> settings;
    std::optional<double> budget;
    std::optional<std::int64_t> parallel;
    bool list = false, fresh = false, acceptChangedData = false, json = false, quiet = false;
};

/// "0-9", "3", "0,2,5-7". Throws Error{usage} for anything else.
std::vector<std::uint64_t> parseSeeds(const std::string& text) {
    std::vector<std::uint64_t> seeds;
    std::istringstream parts(text);
    const auto wrong = [&] {
        return Error(ErrorKind::usage, "--seeds \"" + text + "\": expected seeds such as 0-4 or 0,1,7.");
    };
    const auto number = [&](const std::string& digits) {
        constexpr std::size_t most = 18;
        if (digits.empty() || digits.size() > most ||
            digits.find_first_not_of("0123456789") != std::string::npos)
            throw wrong();
        return std::stoull(digits);
    };
    for (std::string part; std::getline(parts, part, ',');) {
        const std::size_t dash = part.find('-');
        const std::uint64_t first = number(part.substr(0, dash));
        const std::uint64_t last = dash == std::string::npos ? first : number(part.substr(dash + 1));
        if (last < first) throw wrong();
        if (last - first >= mostSeeds || seeds.size() + (last - first) >= mostSeeds)
            throw Error(ErrorKind::usage, "--seeds \"" + text + "\" names more than the " +
                                              std::to_string(mostSeeds) +
                                              " seeds that a study may have. Name fewer.");
        for (std::uint64_t seed = first; seed <= last; ++seed) seeds.push_back(seed);
    }
    if (seeds.empty()) throw wrong();
    return seeds;
}

std::string studyText(const std::string& source) {
    if (const Preset* preset = findStudyPreset(source)) return preset->json;
    if (source == "-") return readExperimentText(std::cin, "Standard input");
    std::error_code ignored;
    if (std::filesystem::exists(source, ignored)) return readExperimentFile(source);
    std::string names;
    for (const Preset& preset : studyPresets()) names += (names.empty() ? "" : ", ") + preset.id;
    throw Error(ErrorKind::usage,
                "There is no study file or study preset \"" + source + "\". The presets are " + names + ".");
}

/// The study's experiment, where it names one: a preset, or a file, which may lie beside the study's.
std::string experimentBeside(const std::string& study, const std::string& source) {
    const std::filesystem::path beside = std::filesystem::path(study).parent_path() / source;
    std::error_code ignored;
    const bool file = findPreset(source) == nullptr && std::filesystem::exists(beside, ignored);
    return experimentText(file ? beside.string() : source);
}

void apply(const StudyOptions& options, Study& study) {
    for (auto& assignment : parseAssignments(options.settings)) study.set.push_back(std::move(assignment));
    if (!options.device.empty()) study.set.emplace_back("device", options.device);
    if (!options.seeds.empty()) study.seeds = parseSeeds(options.seeds);
    if (options.budget) study.budget = *options.budget;
    if (options.parallel) study.parallel = *options.parallel;
}

void requireNoMistakes(const std::string& source, const std::vector<Mistake>& mistakes) {
    if (!mistakes.empty()) throw Error(ErrorKind::usage, mistakeLines(source, mistakes));
}

Study requireStudy(const std::string& source, const std::string& text) {
    ParsedStudy parsed =
        parseStudy(text, [&](const std::string& experiment) { return experimentBeside(source, experiment); });
    requireNoMistakes(source, parsed.mistakes);
    return std::move(*parsed.study);
}

/// Refuses what would mix runs of different experiments under one name.
void requireGrowth(const std::string& title, const Study& before, const Study& after) {
    const std::vector<std::string> changes = changesBeyondGrowth(before, after);
    if (changes.empty()) return;
    std::string list;
    for (const std::string& change : changes) list += "\n  " + change;
    throw Error(ErrorKind::usage,
                title +
                    " has runs of a different study: a study may grow (budget, seeds, further "
                    "methods), not change. Start another one with --new, or under another name."
                    "\nWhat differs:" +
                    list);
}

/// The archived study to execute: the one that is named, one of the same name that is not deleted, or a new
/// one.
std::string prepare(const StudyOptions& options) {
    Archive archive(options.archive.resolved(), Archive::Mode::readWrite);
    std::string id;
    Study study;
    if (!options.resume.empty()) {
        if (!options.source.empty())
            throw Error(ErrorKind::usage, "--resume continues a study of the archive; leave \"" +
                                              options.source + "\" out, or leave --resume out.");
        id = archive.resolveStudy(options.resume);
        study = requireStudy("Study " + id.substr(0, 8), archive.studyDocument(id));
    } else {
        if (options.source.empty())
            throw Error(
                ErrorKind::usage,
                "Name a study file or a preset, such as: dstn study ridge; or --resume STUDY, or --list.");
        study = requireStudy(options.source, studyText(options.source));
    }
    apply(options, study);
    requireNoMistakes(options.source, validate(study));
    if (id.empty() && !options.fresh)
        for (const StudyRow& row : archive.studies())
            if (row.name == study.name) {
                id = row.id; // the newest
                break;
            }
    const DataSpec data = dataOf(study, id.empty() ? std::vector<StudyRun>() : archive.studyRuns(id));
    requireDataFound(options.source, data);
    requireNoMistakes(options.source, validate(study, probeDataset(data)));
    if (id.empty()) {
        id = newUuid();
        archive.createStudy(id, study.name, toJson(study));
        return id;
    }
    const Study before = requireStudy("Study " + id.substr(0, 8), archive.studyDocument(id));
    requireGrowth("Study " + id.substr(0, 8) + " (" + before.name + ")", before, study);
    archive.setStudyDocument(id, study.name, toJson(study));
    return id;
}

int list(const StudyOptions& options) {
    const auto archive = options.archive.openIfThere();
    const std::vector<StudyRow> studies = archive ? archive->studies() : std::vector<StudyRow>{};
    if (options.json) {
        for (const StudyRow& study : studies) {
            const nlohmann::ordered_json json{{"study", study.id},
                                              {"name", study.name},
                                              {"state", name(study.state)},
                                              {"reason", study.reason},
                                              {"created", study.created},
                                              {"runs", study.runs},
                                              {"failed_runs", study.failedRuns}};
            std::cout << json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
        }
        return 0;
    }
    if (studies.empty()) {
        std::cerr << "no studies yet\n";
        return 0;
    }
    Table table{.rows = {{"study", "created", "state", "runs", "failed", "name"}},
                .right = {false, false, false, true, true}};
    for (const StudyRow& study : studies)
        table.rows.push_back({study.id.substr(0, 8), study.created, std::string(name(study.state)),
                              std::to_string(study.runs), std::to_string(study.failedRuns), study.name});
    std::cout << table.text();
    return 0;
}

int show(const StudyOptions& options) {
    const Archive archive = options.archive.open();
    const std::string id = archive.resolveStudy(options.show);
    const Study study = requireStudy("Study " + id.substr(0, 8), archive.studyDocument(id));
    const StudyResults results = studyResults(study, archive.studyRuns(id));
    std::ostringstream text;
    if (options.format == "csv")
        exportCsv(study, results, text);
    else if (options.format == "json")
        text << exportJson(study, results) << '\n';
    else if (options.format == "markdown")
        text << resultsMarkdown(study, results);
    else if (options.format == "study")
        text << toJson(study) << '\n';
    else
        text << resultsText(study, results);
    if (options.out.empty() || options.out == "-") {
        std::cout << text.str();
        return 0;
    }
    std::error_code ignored;
    if (std::filesystem::exists(options.out, ignored))
        throw Error(ErrorKind::usage, options.out + " exists already. Name another file.");
    std::ofstream file(options.out, std::ios::binary);
    file << text.str();
    if (!file.flush())
        throw Error(ErrorKind::archive, options.out +
                                            " cannot be written. Name a file in an existing folder that "
                                            "can be written to.");
    return 0;
}

} // namespace

Subcommand studyCommand(CLI::App& program) {
    auto options = std::make_shared<StudyOptions>();
    CLI::App* app =
        program.add_subcommand("study", "Compare methods: several seeds, one budget, one experiment");
    app->add_option(
        "STUDY", options->source,
        "A study file, a study preset's id, or - for standard input. A study of this name in the archive "
        "is resumed");
    auto* resume = app->add_option("--resume", options->resume,
                                   "Resume this study: its id or the start of it, its name, or last")
                       ->type_name("STUDY");
    app->add_flag("--new", options->fresh, "Start a new study, even if the archive has one of this name")
        ->excludes(resume);
    app->add_option("--set", options->settings,
                    "path=value for the experiment of all methods; may be repeated")
        ->allow_extra_args(false);
    app->add_option("--seeds", options->seeds, "Such as 0-4 or 0,1,7");
    app->add_option("--budget", options->budget, "Budget of each method and seed, in the study's unit")
        ->check(CLI::PositiveNumber);
    constexpr std::uint64_t most = 256;
    app->add_option("--parallel", options->parallel, "Runs at once")->check(wholeNumber(1, most));
    app->add_option("--device", options->device, "auto, cpu, cuda or cuda:N");
    options->archive.addTo(*app);
    app->add_flag("--list", options->list, "List the studies of the archive, newest first");
    app->add_option("--show", options->show, "Print the results of this study so far")->type_name("STUDY");
    app->add_option(
           "--format", options->format,
           "Of --show: text, markdown, csv (every change of the best loss), json, study (its document)")
        ->check(CLI::IsMember({"text", "markdown", "csv", "json", "study"}));
    app->add_option("--out", options->out, "File for --show, - for standard output")->type_name("PATH");
    app->add_flag("--accept-changed-data", options->acceptChangedData,
                  "Go on where the data have changed since the study's runs read them");
    app->add_flag("--json", options->json, "Print one JSON object per line");
    app->add_flag("--quiet", options->quiet, "Print nothing but errors to stderr");
    return {app, [options] {
                if (options->list) return list(*options);
                if (!options->show.empty()) return show(*options);
                const std::string id = prepare(*options);
                if (!options->quiet) std::cerr << "study " << id.substr(0, 8) << '\n';
                return executeStudy({.archive = options->archive.resolved(),
                                     .study = id,
                                     .maxSteps = 0,
                                     .acceptChangedData = options->acceptChangedData,
                                     .json = options->json,
                                     .quiet = options->quiet});
            }};
}

} // namespace dstn::cli
