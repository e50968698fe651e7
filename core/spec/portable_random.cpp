#include "core/spec/portable_random.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace dstn {

/// The mixing function of SplitMix64 (Steele, Lea & Flood 2014): near seeds give unrelated results.
static std::uint64_t mix(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

PortableRandom::PortableRandom(std::uint64_t seed, std::uint64_t stream) : engine_(mix(mix(seed) + stream)) {}

std::uint64_t PortableRandom::below(std::uint64_t n) {
    // Draws beyond the last whole multiple of n are thrown away: they would favour small results.
    const std::uint64_t excess = (std::numeric_limits<std::uint64_t>::max() % n + 1) % n;
    const std::uint64_t last = std::numeric_limits<std::uint64_t>::max() - excess;
    std::uint64_t drawn = engine_();
    while (drawn > last) drawn = engine_();
    return drawn % n;
}

double PortableRandom::uniform() { return (static_cast<double>(engine_() >> 12) + 0.5) * 0x1p-52; }

double PortableRandom::normal() {
    if (hasSpare_) {
        hasSpare_ = false;
        return spare_;
    }
    const double radius = std::sqrt(-2.0 * std::log(uniform()));
    const double angle = 2.0 * std::numbers::pi * uniform();
    spare_ = radius * std::sin(angle);
    hasSpare_ = true;
    return radius * std::cos(angle);
}

} // namespace dstn
