#pragma once

#include "core/export.h"
#include "core/search/search.h"

#include <optional>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Where the next new trial of a search trains. How long, and which trials continue, is decided by the
/// search. Like a search, it has no state.
class Sampler {
  public:
    virtual ~Sampler() = default;
    /// The point of trial number trials.size(); nothing: there are no further points.
    virtual std::optional<Point> next(const std::vector<Trial>& trials) const = 0;
};

} // namespace dstn
