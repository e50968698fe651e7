#pragma once

#include "core/engine/torch.h"
#include "core/export.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The state of a run at one step: its tensors by name, and everything else as text. In memory it is a
/// safetensors file, which Python reads as a state dictionary.
struct Checkpoint {
    std::map<std::string, std::string> metadata;
    std::vector<std::pair<std::string, Tensor>> tensors; ///< names unique
};

/// Tensors on any device, float64, float32, float16, bfloat16, int64, uint8 or bool.
/// Throws Error{archive} for another dtype and for a name given twice.
std::string writeCheckpoint(const Checkpoint& checkpoint);

/// Tensors on the CPU, in the order in which they were written, equal bit for bit.
/// Throws Error{archive} saying what is wrong with the bytes.
Checkpoint readCheckpoint(std::string_view bytes);

} // namespace dstn
