#pragma once

#include <CLI/CLI.hpp>

#include <functional>

namespace dstn::cli {

/// One command of the program: its options, which its constructor adds to the program, and what it does.
/// `execute` returns the exit code and throws Error.
struct Subcommand {
    CLI::App* options = nullptr;
    std::function<int()> execute;
};

// One per file, command_NAME.cpp.
Subcommand runCommand(CLI::App& program);
Subcommand presetsCommand(CLI::App& program);
Subcommand validateCommand(CLI::App& program);
Subcommand dataCommand(CLI::App& program);
Subcommand schemaCommand(CLI::App& program);
Subcommand listCommand(CLI::App& program);
Subcommand showCommand(CLI::App& program);
Subcommand compareCommand(CLI::App& program);
Subcommand studyCommand(CLI::App& program);
Subcommand exportCommand(CLI::App& program);
Subcommand renameCommand(CLI::App& program);
Subcommand deleteCommand(CLI::App& program);
Subcommand benchCommand(CLI::App& program);
Subcommand hypergradientsCommand(CLI::App& program);
Subcommand doctorCommand(CLI::App& program);

} // namespace dstn::cli
