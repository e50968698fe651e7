#pragma once

#include "core/engine/kernels/kernels.h"
#include "core/export.h"

#include <optional>

namespace DSTN_EXPORT dstn {

/// What follows a layer's own map and is computed with it: one pass over memory instead of three.
struct Tail {
    bool relu = false;
    std::optional<kernels::PoolShape> pool = {}; ///< after the ReLU
};

} // namespace dstn
