#include "core/error.h"
#include "tests/fuzz/fuzz.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        fuzz(std::as_bytes(std::span(data, size)));
    } catch (const dstn::Error&) {
        // A message for a person is the right answer to bytes that are no such file.
        return 0;
    }
    return 0;
}
