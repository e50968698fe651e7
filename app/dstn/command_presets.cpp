#include "app/dstn/subcommands.h"
#include "app/dstn/terminal.h"
#include "core/error.h"
#include "core/experiment/experiment.h"
#include "core/study/study.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>

namespace dstn::cli {

Subcommand presetsCommand(CLI::App& program) {
    struct Options {
        bool json = false, studies = false;
        std::string id;
    };
    auto options = std::make_shared<Options>();
    CLI::App* app = program.add_subcommand("presets", "List the experiments that come with the program");
    app->add_option("ID", options->id, "Print this preset's experiment, as a start for your own file");
    app->add_flag("--studies", options->studies, "List the studies instead");
    app->add_flag("--json", options->json, "Print one JSON object per line");
    return {app, [options] {
                const std::vector<Preset>& all = options->studies ? studyPresets() : presets();
                if (!options->id.empty()) {
                    const auto preset = std::ranges::find(all, options->id, &Preset::id);
                    if (preset == all.end())
                        throw Error(ErrorKind::usage, "There is no preset \"" + options->id +
                                                          "\". List them with: dstn presets" +
                                                          (options->studies ? " --studies" : ""));
                    std::cout << preset->json;
                    return 0;
                }
                Table table;
                for (const Preset& preset : all) {
                    if (options->json)
                        std::cout << nlohmann::ordered_json{{"id", preset.id},
                                                            {"title", preset.title},
                                                            {"description", preset.description}}
                                         .dump()
                                  << '\n';
                    table.rows.push_back({preset.id, preset.title});
                }
                if (!options->json) std::cout << table.text();
                return 0;
            }};
}

} // namespace dstn::cli
