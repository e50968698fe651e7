#include "app/dstn/archive_option.h"
#include "app/dstn/run_text.h"
#include "app/dstn/subcommands.h"
#include "core/archive/run_json.h"

#include <iostream>
#include <memory>

namespace dstn::cli {

Subcommand showCommand(CLI::App& program) {
    struct Options {
        ArchiveOption archive;
        std::string run;
        bool json = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* app = program.add_subcommand("show", "Show a run: what it was, its epochs, what happened");
    app->add_option("RUN", options->run, "Its id or the start of it, its name, or last")->required();
    options->archive.addTo(*app);
    app->add_flag("--json", options->json, "Print one JSON object");
    return {app, [options] {
                const Archive archive = options->archive.open();
                const RunDetails details = archive.details(archive.resolve(options->run));
                if (options->json) {
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
