#include "core/data/image_gather.h"

#include <cstddef>

namespace dstn {

std::vector<ByteTable> tabulated(const std::vector<Scaling>& channels) {
    std::vector<ByteTable> tables(channels.size());
    for (std::size_t c = 0; c < channels.size(); ++c)
        for (std::size_t v = 0; v < tables[c].size(); ++v)
            tables[c][v] =
                static_cast<float>((static_cast<double>(v) - channels[c].shift) * channels[c].factor);
    return tables;
}

void gatherImages(std::span<const std::uint8_t> source, std::span<const std::int64_t> rows,
                  std::span<const ByteTable> tables, std::int64_t pixels, float* into) {
    const std::size_t size = tables.size() * static_cast<std::size_t>(pixels);
    for (const std::int64_t row : rows) {
        const std::uint8_t* from = source.data() + static_cast<std::size_t>(row) * size;
        for (const ByteTable& table : tables)
            for (std::int64_t p = 0; p < pixels; ++p) *into++ = table[*from++];
    }
}

} // namespace dstn
