#pragma once

#include "core/export.h"

#include <cstdint>

namespace dstn {
namespace DSTN_EXPORT kernels {

/// 64 bytes, as one, two or four registers; loads need no alignment.
template <typename T>
struct Vector {
    static constexpr std::int64_t size = 64 / sizeof(T);
    typedef T type
        __attribute__((vector_size(64), aligned(alignof(T)), may_alias)); // NOLINT(modernize-use-using)
};
template <typename T>
using VectorOf = typename Vector<T>::type;

template <typename T>
inline __attribute__((always_inline)) VectorOf<T>& at(T* place) {
    return *reinterpret_cast<VectorOf<T>*>(place);
}
template <typename T>
inline __attribute__((always_inline)) const VectorOf<T>& at(const T* place) {
    return *reinterpret_cast<const VectorOf<T>*>(place);
}

} // namespace kernels
} // namespace dstn
