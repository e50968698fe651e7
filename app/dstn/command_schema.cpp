#include "app/dstn/subcommands.h"
#include "core/experiment/experiment.h"

#include <iostream>

namespace dstn::cli {

Subcommand schemaCommand(CLI::App& program) {
    CLI::App* app = program.add_subcommand("schema", "Print the JSON Schema of an experiment");
    return {app, [] {
                std::cout << experimentSchema() << '\n';
                return 0;
            }};
}

} // namespace dstn::cli
