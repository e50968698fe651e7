#pragma once

#include "core/data/dataset.h"

#include <functional>

namespace dstn {

/// The text that `spec` names as a data set for language modelling: tokens [count] for each part, numbered by
/// the vocabulary of the training part. Parts without files of their own are contiguous pieces from the
/// end of the training part: first `spec.test` of it for testing, then `spec.validation` of the rest. Throws
/// Error{data} as readTextFolder(), TextTokens and makeVocabulary() do, and where a part would have less than
/// two tokens; Error{interrupted} once `cancelled` says so.
Dataset loadText(const DataSpec& spec, const std::function<bool()>& cancelled);

/// What loadText() will yield. Reads the files, as their vocabulary cannot be known otherwise.
DataInfo probeText(const DataSpec& spec);

} // namespace dstn
