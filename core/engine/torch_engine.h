#pragma once

#include "core/export.h"
#include "core/run/engine.h"

namespace DSTN_EXPORT dstn {

/// The engine itself, for those who link it; programs load it by createEngine().
std::unique_ptr<Engine> makeTorchEngine();

} // namespace dstn
