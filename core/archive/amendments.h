#pragma once

#include "core/archive/archive.h"

#include <string>
#include <vector>

namespace dstn {

/// The document in force: the original with the amendments in their order. An original that is no JSON stays
/// as it is.
std::string amended(const std::string& original, const std::vector<Amendment>& amendments);

/// What has to be amended for the document in force to be this experiment, as far as both mean something
/// else; time and step are for whoever keeps it.
std::vector<Amendment> amendmentsTo(const Experiment& experiment, const std::string& original,
                                    const std::vector<Amendment>& earlier);

} // namespace dstn
