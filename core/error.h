#pragma once

#include "core/export.h"

#include <stdexcept>
#include <string>
#include <string_view>

namespace DSTN_EXPORT dstn {

/// What went wrong, as far as the caller needs to know: the headless program's exit code follows from it.
enum class ErrorKind {
    numeric,     ///< a loss or gradient is not finite; exit code 1
    usage,       ///< wrong usage or an invalid experiment; exit code 2
    data,        ///< a data file is missing or broken; exit code 3
    device,      ///< the device is not there, or memory ran out; exit code 4
    archive,     ///< the archive cannot be read, or it or results cannot be written; exit code 5
    interrupted, ///< interrupted by the user; exit code 130
};

/// The exit code of the headless program for an error of this kind.
constexpr int exitCode(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::numeric:
        return 1;
    case ErrorKind::usage:
        return 2;
    case ErrorKind::data:
        return 3;
    case ErrorKind::device:
        return 4;
    case ErrorKind::archive:
        return 5;
    case ErrorKind::interrupted:
        return 130;
    }
    return 1;
}

/// An error with a message for the user: what was wrong, where, and what to do.
class Error : public std::runtime_error {
  public:
    Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    ErrorKind kind() const { return kind_; }

  private:
    ErrorKind kind_;
};

/// External text made safe for messages: what steersDisplay() (utf8.h), which could end the message early,
/// control a terminal or make it read as another, becomes "\x1b", "\u202e" and the like, as do bytes that are
/// not UTF-8.
std::string printable(std::string_view text);

} // namespace dstn
