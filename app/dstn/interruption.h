#pragma once

namespace dstn::cli {

/// While it exists, SIGINT, SIGTERM and SIGHUP are recorded instead of ending the program, and a reader that
/// closes its end of our output does not end it; a SIGHUP that was ignored stays so. A second SIGINT ends the
/// program at once with exit code 130. One at a time in a process.
class Interruption {
  public:
    Interruption();
    ~Interruption();
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;
    static bool wanted();
};

} // namespace dstn::cli
