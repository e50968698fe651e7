#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

namespace dstn::kernels {

/// Fewer numbers than these are not worth a second thread.
constexpr std::int64_t grain = 16384;

/// Runs f(first, last) over shares of the rows, of `width` numbers each, in parallel.
template <typename F>
void overRows(std::int64_t rows, std::int64_t width, const F& f) {
    at::parallel_for(0, rows, std::max<std::int64_t>(1, grain / std::max<std::int64_t>(1, width)), f);
}

} // namespace dstn::kernels
