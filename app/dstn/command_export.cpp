#include "app/dstn/archive_option.h"
#include "app/dstn/subcommands.h"

#include <filesystem>
#include <iostream>
#include <memory>

namespace dstn::cli {

Subcommand exportCommand(CLI::App& program) {
    struct Options {
        ArchiveOption archive;
        std::string run, format, out;
        bool force = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* app = program.add_subcommand("export", "Write a run's figures to a file");
    app->add_option("RUN", options->run, "Its id or the start of it, its name, or last")->required();
    app->add_option("--format", options->format,
                    "csv: one row per step, one column per series; json: everything known about the run")
        ->required()
        ->check(CLI::IsMember({"csv", "json"}));
    app->add_option("--out", options->out, "The file to write, - for standard output")
        ->required()
        ->type_name("PATH");
    app->add_flag("--force", options->force, "Replace the file if it exists");
    options->archive.addTo(*app);
    return {app, [options] {
                const Archive archive = options->archive.open();
                const std::string run = archive.resolve(options->run);
                const auto format = options->format == "csv" ? ExportFormat::csv : ExportFormat::json;
                // By its name it could be the file that the shell has opened, which is not ours to replace.
                if (options->out == "-" || options->out == "/dev/stdout") {
                    archive.exportRun(run, format, std::cout);
                    return 0;
                }
                std::error_code ignored; // exportRun() says why a place cannot be looked at
                if (!options->force && std::filesystem::is_regular_file(options->out, ignored))
                    throw Error(ErrorKind::usage,
                                options->out +
                                    " exists already. Name another file, or replace it with --force.");
                archive.exportRun(run, format, std::filesystem::path(options->out));
                return 0;
            }};
}

} // namespace dstn::cli
