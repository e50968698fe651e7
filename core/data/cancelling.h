#pragma once

#include "core/data/dataset.h"

#include <functional>
#include <limits>
#include <string>

namespace dstn {

/// For readers that only ask whether to continue: reports to `progress` what is being done, without a
/// fraction.
inline std::function<bool()> cancelledBy(const LoadingProgress& progress, std::string what) {
    if (!progress) return {};
    return [&progress, what = std::move(what)] {
        return !progress(what, std::numeric_limits<double>::quiet_NaN());
    };
}

} // namespace dstn
