#pragma once

/// Marks the namespace in a header whose declarations other libraries and programs use: everything else is
/// hidden in the library that defines it.
#define DSTN_EXPORT [[gnu::visibility("default")]]
