#include "app/dstn/archive_option.h"
#include "app/dstn/run_text.h"
#include "app/dstn/subcommands.h"
#include "core/archive/run_json.h"
#include "core/archive/stored_experiment.h"

#include <iostream>
#include <memory>

namespace dstn::cli {

Subcommand showCommand(CLI::App& program) {
    struct Options {
        ArchiveOption archive;
        std::string run;
        bool json = false, experiment = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* app = program.add_subcommand("show", "Show a run: what it was, its epochs, what happened");
    app->add_option("RUN", options->run, "Its id or the start of it, its name, or last")->required();
    options->archive.addTo(*app);
    CLI::Option* const jsonFlag = app->add_flag("--json", options->json, "Print one JSON object");
    app->add_flag("--experiment", options->experiment,
                  "Print its experiment alone, with what was changed when it was resumed, as run takes it")
        ->excludes(jsonFlag);
    return {app, [options] {
                const Archive archive = options->archive.open();
                const RunDetails details = archive.details(archive.resolve(options->run));
                if (options->experiment) {
                    std::cout << storedExperiment(details, details.experimentJson).dump(2) << '\n';
                } else if (options->json) {
                    nlohmann::ordered_json json = jsonRun(details);
                    addHistory(json, details);
                    json["series"] = details.series;
                    std::cout << json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
                } else {
                    std::cout << detailsText(details);
                }
                return 0;
            }};
}

} // namespace dstn::cli
