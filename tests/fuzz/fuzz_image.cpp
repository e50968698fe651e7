#include "core/data/image_file.h"
#include "tests/fuzz/fuzz.h"

using namespace dstn;

void fuzz(std::span<const std::byte> bytes) {
    constexpr std::int64_t enough = 1 << 18;
    const ImageSize size = imageFacts(bytes, "f").size;
    if (size.width * size.height > enough) return;
    for (const std::int64_t channels : {1, 3}) squared(decodeImage(bytes, channels, "f"), 7);
}
