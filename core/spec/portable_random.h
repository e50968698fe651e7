#pragma once

#include <cstdint>
#include <random>

namespace dstn {

/// Draws that are the same on every standard library: std::mt19937_64 is fixed by the standard, its
/// distributions are not.
class PortableRandom {
  public:
    /// Streams of one seed are independent of each other.
    PortableRandom(std::uint64_t seed, std::uint64_t stream);

    /// Uniform on 0 … n − 1; n > 0.
    std::uint64_t below(std::uint64_t n);
    /// Uniform on (0, 1).
    double uniform();
    /// Standard normal, by Box and Muller (1958).
    double normal();

  private:
    std::mt19937_64 engine_;
    double spare_ = 0.0;
    bool hasSpare_ = false;
};

} // namespace dstn
