#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace dstn::ui {

/// Numbers in a row that can be drawn at any zoom without losing a spike: above the values stand levels of
/// buckets of 8, 16, 32 … values, each knowing where its least and its greatest finite value are.
///
/// append() is O(1) amortised, view() O(columns + log n), range() O(log n). Two bytes a value are spent on
/// the levels.
class MinMaxPyramid {
  public:
    struct Range {
        double min = 0.0, max = 0.0;
    };

    void append(double value);
    /// Forgets everything from index `size` on.
    void truncate(std::size_t size);
    std::size_t size() const { return values_.size(); }
    double operator[](std::size_t index) const { return values_[index]; }

    /// Ascending indices that draw [first, last) on `columns` columns: all of them where they are few, else
    /// the least and greatest of at least one bucket a column. Buckets without a finite value yield none.
    std::vector<std::size_t> view(std::size_t first, std::size_t last, std::size_t columns) const;
    /// Least and greatest finite value in [first, last), empty where there is none.
    std::optional<Range> range(std::size_t first, std::size_t last) const;

  private:
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
    static constexpr unsigned baseBits = 3;
    struct Bucket {
        std::uint32_t min = none, max = none;
    };

    void include(Bucket& bucket, std::uint32_t index) const;
    Bucket merged(const Bucket& a, const Bucket& b) const;
    template <typename OnValue, typename OnBucket>
    void walk(std::size_t first, std::size_t last, int topLevel, OnValue onValue, OnBucket onBucket) const;

    std::vector<double> values_;
    std::vector<std::vector<Bucket>> levels_; ///< complete buckets only
};

} // namespace dstn::ui
