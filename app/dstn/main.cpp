#include "app/dstn/subcommands.h"
#include "app/dstn/terminal.h"
#include "core/error.h"
#include "core/run/thread_waiting.h"

#include <algorithm>
#include <array>
#include <exception>
#include <iostream>
#include <new>

using namespace dstn;
using namespace dstn::cli;

/// Parses the command line and carries it out. @return the exit code
static int run(int argc, char** argv) {
    CLI::App program(
        "Tunes the regularisation of neural networks while they train (Δ-STN), and keeps every run.", "dstn");
    program.set_version_flag("--version", DSTN_VERSION);
    program.require_subcommand(1);
    program.footer(
        "Exit codes: 0 done; 1 a loss that is not finite; 2 wrong usage or an invalid experiment; 3 data;\n"
        "4 device or memory; 5 archive, or results that cannot be written; 130 interrupted (the run is saved "
        "and\ncan be resumed).");
    const std::array commands{runCommand(program),
                              presetsCommand(program),
                              validateCommand(program),
                              dataCommand(program),
                              schemaCommand(program),
                              listCommand(program),
                              showCommand(program),
                              compareCommand(program),
                              exportCommand(program),
                              renameCommand(program),
                              deleteCommand(program),
                              benchCommand(program),
                              hypergradientsCommand(program),
                              studyCommand(program),
                              doctorCommand(program)};
    try {
        program.parse(argc, argv);
    } catch (const CLI::Success& wish) { // --help, --version
        return program.exit(wish);
    } catch (const CLI::ParseError& error) {
        complain(std::string(error.what()) + (argc < 2 ? "" : "."));
        std::cerr << "Try: dstn --help, or dstn COMMAND --help\n";
        return exitCode(ErrorKind::usage);
    }
    const auto command = std::find_if(commands.begin(), commands.end(),
                                      [](const Subcommand& each) { return each.options->parsed(); });
    if (command == commands.end()) return exitCode(ErrorKind::usage);
    try {
        return command->execute();
    } catch (const Error& error) {
        complain(error.what());
        return exitCode(error.kind());
    } catch (const std::bad_alloc&) {
        complain(
            "Memory ran out in dstn " + command->options->get_name() +
            ". Close other programs, or ask for less: a smaller data file or fewer examples (data.limit), a "
            "smaller batch (batch.train), narrower layers, fewer runs at once.");
        return exitCode(ErrorKind::device);
    } catch (const std::exception& error) {
        complain(std::string("An unexpected error occurred: ") + error.what());
        return 1;
    }
}

int main(int argc, char** argv) {
    letThreadsSleepWhileWaiting(argv);
    const TextOnly out(std::cout), err(std::cerr);
    const int code = run(argc, argv);
    // Here for all commands: a stream that failed once says so to the end.
    if (std::cout.flush()) return code;
    complain(
        "The results could not be written to standard output: its disk is full, or its reader has ended. "
        "Send them elsewhere and try again.");
    return code != 0 ? code : exitCode(ErrorKind::archive);
}
