#include "app/dstn/experiment_source.h"
#include "app/dstn/subcommands.h"
#include "app/dstn/terminal.h"
#include "core/error.h"
#include "core/utf8.h"

#include <iostream>
#include <memory>

namespace dstn::cli {

/// Says every mistake of one experiment. @return the exit code it asks for
static int validateOne(const std::string& source, bool withData) {
    try {
        const ParsedExperiment parsed = parseExperiment(experimentText(source));
        std::vector<Mistake> mistakes = parsed.mistakes;
        if (parsed.experiment && withData) {
            requireDataFound(source, parsed.experiment->data);
            mistakes =
                validate(*parsed.experiment, probeDataset(parsed.experiment->data, parsed.experiment->seed));
        }
        if (mistakes.empty()) {
            std::cout << source << ": ok\n";
            return 0;
        }
        std::cerr << mistakeLines(source, mistakes) << '\n';
        return exitCode(ErrorKind::usage);
    } catch (const Error& error) {
        std::cerr << bounded(source + ": " + error.what()) << '\n';
        return exitCode(error.kind());
    }
}

Subcommand validateCommand(CLI::App& program) {
    struct Options {
        std::vector<std::string> files;
        bool withoutData = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* app =
        program.add_subcommand("validate", "Check experiments and list every mistake, without running them");
    app->add_option("FILE", options->files, "Experiment files or presets")->required();
    app->add_flag("--without-data", options->withoutData, "Do not read the data that they name");
    return {app, [options] {
                int code = 0;
                for (const std::string& file : options->files) {
                    const int one = validateOne(file, !options->withoutData);
                    // An invalid experiment outweighs data that are missing here.
                    if (one != 0 && code != exitCode(ErrorKind::usage)) code = one;
                }
                return code;
            }};
}

} // namespace dstn::cli
