#pragma once

#include "core/run/engine.h"

namespace dstn {

/// The engine itself, for those who link it; programs load it by createEngine().
std::unique_ptr<Engine> makeTorchEngine();

} // namespace dstn
