#pragma once

/// Before a function with a hot loop: compiles it for three generations of x86-64 vector units, of which the
/// dynamic linker picks the machine's. Elsewhere, and under the sanitizers, which start before that choice
/// can be made, it means nothing.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&     \
    !defined(__SANITIZE_THREAD__)
#define DSTN_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DSTN_VECTOR_CLONES
#endif
