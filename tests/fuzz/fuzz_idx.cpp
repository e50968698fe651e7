#include "core/data/idx_reader.h"
#include "tests/fuzz/fuzz.h"

using namespace dstn;

void fuzz(std::span<const std::byte> bytes) { parseIdx(bytes, "f"); }
