#include "app/dstn/archive_option.h"
#include "app/dstn/run_text.h"
#include "app/dstn/subcommands.h"

#include <iostream>
#include <memory>

namespace dstn::cli {

Subcommand compareCommand(CLI::App& program) {
    struct Options {
        ArchiveOption archive;
        std::vector<std::string> runs;
    };
    auto options = std::make_shared<Options>();
    CLI::App* app = program.add_subcommand("compare", "Show runs side by side, and how they differ");
    app->add_option("RUN", options->runs, "Two or more runs: ids or the start of them, names, or last")
        ->required()
        ->expected(2, 1000);
    options->archive.addTo(*app);
    return {app, [options] {
                const Archive archive = options->archive.open();
                std::vector<RunDetails> runs;
                for (const std::string& run : options->runs)
                    runs.push_back(archive.details(archive.resolve(run)));
                std::cout << comparisonText(runs);
                return 0;
            }};
}

} // namespace dstn::cli
