#pragma once

#include "core/export.h"

namespace DSTN_EXPORT dstn {

/// Has OpenMP's threads sleep while they wait (OMP_WAIT_POLICY=passive), unless the environment already has a
/// policy.
///
/// Threads that spin while they wait take the cores from BLAS, from the window and from other programs:
/// next to one busy process, training is many times slower. libgomp reads the policy when it is loaded, and a
/// Qt program has loaded it before main(). Where that is so, this program restarts itself in the same process
/// with the policy set: call it first in main(), before anything has threads, open files or output. It
/// returns if nothing had to be done, or if the program cannot be restarted.
///
/// @param argv as main() was given
void letThreadsSleepWhileWaiting(char** argv);

} // namespace dstn
