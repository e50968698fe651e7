#pragma once

#include "core/experiment/experiment.h"
#include "core/export.h"

#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// A mistake found in the meaning of an experiment.
struct Finding {
    Mistake mistake;
    /// Parts of the document that were examined besides the mistake's own place. Where one of them could not
    /// be read, the finding may be a mere consequence.
    std::vector<std::string> needs = {};
};

/// Values outside their fields' ranges, by the fields' descriptions.
std::vector<Finding> rangeFindings(Experiment experiment);
/// Names, references between the document's parts, and options that do not go together.
std::vector<Finding> meaningFindings(const Experiment& experiment);
/// What a search over trainings (grid, random, bayesian, pbt) needs of ranges and options; a part of the
/// above.
std::vector<Finding> searchFindings(const Experiment& experiment);

/// What the map of a hypernetwork to so many parameters needs, its gradient and its optimiser's state
/// included.
double hypernetworkBytes(const Experiment& experiment, std::int64_t parameters);

} // namespace dstn
