#pragma once

#include "core/export.h"
#include "core/run/engine.h"

namespace DSTN_EXPORT dstn {

/// The engine itself, for targets that link it; programs load it with createEngine().
std::unique_ptr<Engine> makeTorchEngine();

} // namespace dstn
