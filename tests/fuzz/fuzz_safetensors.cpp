#include "core/data/safetensors.h"
#include "tests/fuzz/fuzz.h"

using namespace dstn;

void fuzz(std::span<const std::byte> bytes) {
    const Safetensors file = parseSafetensors(asText(bytes));
    parseSafetensors(writeSafetensors(file));
}
