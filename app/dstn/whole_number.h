#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>

namespace dstn::cli {

/// A check for options: a whole number in this range, in decimal digits. CLI11's own conversion goes
/// wrong silently: -1 and 2^64 become the largest number, 010 becomes 8.
CLI::Validator wholeNumber(std::uint64_t least, std::uint64_t most);

} // namespace dstn::cli
