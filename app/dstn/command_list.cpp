#include "app/dstn/archive_option.h"
#include "app/dstn/run_text.h"
#include "app/dstn/subcommands.h"
#include "core/archive/run_filter.h"
#include "core/archive/run_json.h"

#include <iostream>
#include <memory>

namespace dstn::cli {

static RunFilter filterOf(const std::string& expression) {
    try {
        return RunFilter(expression);
    } catch (const Error& error) {
        throw Error(error.kind(), std::string("--filter: ") + error.what());
    }
}

Subcommand listCommand(CLI::App& program) {
    struct Options {
        ArchiveOption archive;
        std::string filter;
        bool json = false, deleted = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* app = program.add_subcommand("list", "List the runs of the archive, newest first");
    options->archive.addTo(*app);
    app->add_flag("--json", options->json, "Print one JSON object per line");
    app->add_option("--filter", options->filter, "Only runs that meet these conditions (see below)")
        ->type_name("EXPR");
    app->add_flag("--deleted", options->deleted, "The deleted runs instead, which can be brought back");
    app->footer(RunFilter::help());
    return {app, [options] {
                const RunFilter filter = filterOf(options->filter);
                const auto archive = options->archive.openIfThere();
                std::vector<RunRow> runs;
                if (archive) runs = archive->runs(options->deleted);
                std::erase_if(runs, [&](const RunRow& run) {
                    return run.deleted != options->deleted || !filter.matches(run);
                });
                if (options->json)
                    for (const RunRow& run : runs)
                        std::cout << jsonRun(run).dump(-1, ' ', false,
                                                       nlohmann::json::error_handler_t::replace)
                                  << '\n';
                else if (runs.empty())
                    std::cerr << (!options->filter.empty() ? "no run meets the filter\n"
                                  : options->deleted       ? "no deleted runs\n"
                                                           : "no runs yet\n");
                else
                    std::cout << listText(runs);
                return 0;
            }};
}

} // namespace dstn::cli
