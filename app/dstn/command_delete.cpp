#include "app/dstn/archive_option.h"
#include "app/dstn/subcommands.h"
#include "core/experiment/experiment_text.h"

#include <algorithm>
#include <iostream>
#include <memory>

namespace dstn::cli {

namespace {

struct DeleteOptions {
    ArchiveOption archive;
    std::vector<std::string> wanted;
    bool studies = false, undo = false, purge = false;
    std::string noun() const { return studies ? "study" : "run"; }
};

std::string counted(std::size_t count, const std::string& one, const std::string& many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

bool isActive(const RunRow& run) {
    return run.state == RunState::preparing || run.state == RunState::running ||
           run.state == RunState::paused;
}
bool isActive(const StudyRow& study) { return study.state == RunState::running; }

/// The one of the deleted rows that a person means. Throws Error{usage}.
template <class Row>
Row deletedOne(const std::vector<Row>& rows, const std::string& wanted, const std::string& noun) {
    std::vector<Row> matches;
    for (const Row& row : rows)
        if (row.deleted &&
            (wanted == "last" || row.name == wanted || (!wanted.empty() && row.id.starts_with(wanted))))
            matches.push_back(row);
    if (matches.empty())
        throw Error(ErrorKind::usage, "No deleted " + noun + " is named " + inQuotes(wanted) +
                                          " or has an id that starts with it.");
    if (matches.size() > 1 && wanted != "last")
        throw Error(ErrorKind::usage, std::to_string(matches.size()) + " deleted ones match " +
                                          inQuotes(wanted) + ", such as " + matches[0].id.substr(0, 8) +
                                          " and " + matches[1].id.substr(0, 8) + ". Give more of the id.");
    return matches.front(); // the newest
}

/// Hides the chosen rows, or shows them again. All are looked up before the first is changed.
template <class Row, class Resolve, class Change>
int change(const DeleteOptions& options, const std::vector<Row>& rows, Resolve resolve, Change apply) {
    std::vector<std::string> ids, lines;
    for (const std::string& wanted : options.wanted) {
        const std::string id = options.undo ? deletedOne(rows, wanted, options.noun()).id : resolve(wanted);
        if (std::ranges::find(ids, id) != ids.end()) continue;
        const auto found = std::ranges::find(rows, id, &Row::id);
        if (found == rows.end())
            throw Error(ErrorKind::usage, "The " + options.noun() + " " + id.substr(0, 8) +
                                              " has only just begun; nothing was deleted. Try again.");
        const Row& row = *found;
        if (!options.undo && isActive(row))
            throw Error(ErrorKind::usage, "The " + options.noun() + " " + id.substr(0, 8) + " (" + row.name +
                                              ") is " + std::string(name(row.state)) +
                                              ". Stop it first; nothing was deleted.");
        ids.push_back(id);
        lines.push_back((options.undo ? "restored " : "deleted ") + options.noun() + " " + id.substr(0, 8) +
                        " (" + row.name + ")");
    }
    apply(ids, !options.undo);
    for (const std::string& line : lines) std::cout << line << '\n';
    if (options.undo) return 0;
    std::cerr << "undo with: dstn delete --undo" << (options.studies ? " --study" : "");
    for (const std::string& id : ids) std::cerr << ' ' << id.substr(0, 8);
    std::cerr << archiveArgument(options.archive.resolved()) << '\n';
    return 0;
}

int purge(Archive& archive) {
    const auto deleted = [&] {
        const auto runs = archive.runs(true);
        const auto studies = archive.studies(true);
        return std::pair{std::ranges::count_if(runs, &RunRow::deleted),
                         std::ranges::count_if(studies, &StudyRow::deleted)};
    };
    const auto before = deleted();
    archive.purgeDeleted();
    const auto after = deleted();
    std::cout << "removed for good: "
              << counted(static_cast<std::size_t>(before.first - after.first), "deleted run", "deleted runs")
              << ", "
              << counted(static_cast<std::size_t>(before.second - after.second), "deleted study",
                         "deleted studies")
              << '\n';
    if (after.first > 0)
        std::cerr << counted(static_cast<std::size_t>(after.first), "deleted run is", "deleted runs are")
                  << " still running, and will go with the next --purge after its end\n";
    return 0;
}

int execute(const DeleteOptions& options) {
    if (options.purge ? !options.wanted.empty() : options.wanted.empty())
        throw Error(ErrorKind::usage, options.purge
                                          ? "--purge removes all that is deleted; leave " +
                                                inQuotes(options.wanted.front()) + " out, or delete it first."
                                          : "Name what to delete: ids or the start of them, names, or last.");
    Archive archive = options.archive.openIfThereForWriting();
    if (options.purge) return purge(archive);
    if (options.studies)
        return change(
            options, archive.studies(true),
            [&](const std::string& wanted) { return archive.resolveStudy(wanted); },
            [&](const std::vector<std::string>& ids, bool hide) { archive.setStudiesDeleted(ids, hide); });
    return change(
        options, archive.runs(true), [&](const std::string& wanted) { return archive.resolve(wanted); },
        [&](const std::vector<std::string>& ids, bool hide) { archive.setDeleted(ids, hide); });
}

} // namespace

Subcommand deleteCommand(CLI::App& program) {
    auto options = std::make_shared<DeleteOptions>();
    CLI::App* app = program.add_subcommand("delete", "Delete runs or studies of the archive, or undo that");
    app->add_option("RUN", options->wanted, "Ids or the start of them, names, or last");
    app->add_flag("--study", options->studies, "RUN is a study; its runs go with it");
    auto* undo = app->add_flag("--undo", options->undo, "Bring deleted ones back");
    app->add_flag("--purge", options->purge, "Remove all that is deleted for good, and free its disk space")
        ->excludes(undo);
    options->archive.addTo(*app);
    return {app, [options] { return execute(*options); }};
}

} // namespace dstn::cli
