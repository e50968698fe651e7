#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// The labels of so many examples of class 0, then 1, …
inline std::vector<std::int64_t> labelsOf(const std::vector<std::int64_t>& counts) {
    std::vector<std::int64_t> labels;
    for (std::size_t c = 0; c < counts.size(); ++c)
        labels.insert(labels.end(), static_cast<std::size_t>(counts[c]), static_cast<std::int64_t>(c));
    return labels;
}
