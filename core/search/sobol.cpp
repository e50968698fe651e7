#include "core/search/sobol.h"

#include "core/error.h"

#include <boost/random/sobol.hpp>

namespace dstn {

namespace {

constexpr unsigned bitCount = 32;
using Engine = boost::random::sobol_engine<std::uint32_t, bitCount>;

/// A hash: the mixing function of SplitMix64 (Steele, Lea & Flood 2014).
std::uint64_t mix(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

/// The bits after scrambling, the highest first.
std::uint32_t owen(std::uint32_t bits, std::uint64_t key) {
    std::uint32_t result = 0;
    for (unsigned b = 0; b < bitCount; ++b) {
        // A one before the bits above b tells 01 from 001.
        const std::uint64_t above = (std::uint64_t{1} << b) | (std::uint64_t{bits} >> (bitCount - b));
        const std::uint32_t bit = (bits >> (bitCount - 1 - b)) & 1U;
        result = (result << 1) | (bit ^ static_cast<std::uint32_t>(mix(key ^ above) & 1U));
    }
    return result;
}

} // namespace

std::size_t ScrambledSobol::largestDimension() { return boost::random::default_sobol_table::max_dimension; }

ScrambledSobol::ScrambledSobol(std::size_t dimension, std::uint64_t seed)
    : dimension_(dimension), seed_(seed) {
    if (dimension > largestDimension())
        throw Error(ErrorKind::usage, "A Sobol sequence has at most " + std::to_string(largestDimension()) +
                                          " dimensions, and " + std::to_string(dimension) +
                                          " hyperparameters are tuned. Tune fewer, or draw them uniformly.");
}

Point ScrambledSobol::scrambled(const std::vector<std::uint32_t>& bits) const {
    Point point(dimension_);
    for (std::size_t i = 0; i < dimension_; ++i)
        point[i] = (static_cast<double>(owen(bits[i], mix(mix(seed_) + i))) + 0.5) * 0x1p-32;
    return point;
}

Point ScrambledSobol::point(std::uint32_t index) const {
    std::vector<std::uint32_t> bits(dimension_, 0);
    if (index > 0) { // Boost leaves the point 0 out: its sequence starts at the point 1
        Engine engine(dimension_);
        engine.seed(index - 1);
        engine.generate(bits.begin(), bits.end());
    }
    return scrambled(bits);
}

std::vector<Point> ScrambledSobol::first(std::uint32_t count) const {
    std::vector<Point> points;
    points.reserve(count);
    Engine engine(dimension_);
    std::vector<std::uint32_t> bits(dimension_, 0);
    for (std::uint32_t i = 0; i < count; ++i) {
        if (i > 0) engine.generate(bits.begin(), bits.end());
        points.push_back(scrambled(bits));
    }
    return points;
}

std::optional<Point> SobolSearch::next(const std::vector<Trial>& trials) const {
    return space_.rounded(sequence_.point(static_cast<std::uint32_t>(trials.size())));
}

} // namespace dstn
