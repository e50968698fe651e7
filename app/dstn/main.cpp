#include "app/dstn/subcommands.h"
#include "app/dstn/terminal.h"
#include "core/error.h"

#include <array>
#include <exception>
#include <iostream>
#include <new>

int main(int argc, char** argv) {
    using namespace dstn;
    CLI::App program(
        "Tunes the regularisation of neural networks while they train (Δ-STN), and keeps every run.", "dstn");
    program.set_version_flag("--version", DSTN_VERSION);
    program.require_subcommand(1);
    program.footer(
        "Exit codes: 0 done; 1 a loss that is not finite; 2 wrong usage or an invalid experiment; 3 data;\n"
        "4 device or memory; 5 archive; 130 interrupted (the run is saved and can be resumed).");
    const std::array commands{runCommand(program),     presetsCommand(program), validateCommand(program),
                              schemaCommand(program),  listCommand(program),    showCommand(program),
                              compareCommand(program), exportCommand(program),  benchCommand(program),
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
    try {
        for (const Subcommand& command : commands)
            if (command.options->parsed()) return command.execute();
    } catch (const Error& error) {
        complain(error.what());
        return exitCode(error.kind());
    } catch (const std::bad_alloc&) {
        complain("Memory ran out.");
        return exitCode(ErrorKind::device);
    } catch (const std::exception& error) {
        complain(std::string("Something unforeseen happened: ") + error.what());
        return 1;
    }
    return exitCode(ErrorKind::usage);
}
