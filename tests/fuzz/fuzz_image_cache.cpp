#include "core/data/image_cache.h"
#include "tests/fuzz/fuzz.h"

#include <cstdlib>
#include <cstring>

using namespace dstn;

void fuzz(std::span<const std::byte> bytes) {
    std::uint64_t fingerprint = 0;
    if (bytes.size() >= 16) std::memcpy(&fingerprint, bytes.data() + 8, sizeof fingerprint);
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const auto source = parseImageCache(SharedBytes({data, bytes.size()}, nullptr), fingerprint, "f");
    if (!source) return;
    // What it says of itself must be there.
    for (const ImageSet* set : {&source->train, source->test ? &*source->test : nullptr}) {
        if (set == nullptr) continue;
        unsigned sum = 0;
        for (const std::uint8_t byte : set->bytes.view()) sum += byte;
        if (static_cast<std::int64_t>(set->labels.size()) != set->count || sum == ~0U) std::abort();
    }
}
