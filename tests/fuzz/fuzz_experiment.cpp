#include "core/experiment/experiment.h"
#include "tests/fuzz/fuzz.h"

#include <cstdlib>

using namespace dstn;

void fuzz(std::span<const std::byte> bytes) {
    const ParsedExperiment parsed = parseExperiment(asText(bytes));
    if (!parsed.experiment) return;
    // What was accepted comes back from its own document.
    const ParsedExperiment again = parseExperiment(toJson(*parsed.experiment));
    if (!again.experiment || !(*again.experiment == *parsed.experiment)) std::abort();
}
