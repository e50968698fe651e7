#include "core/data/checksum.h"

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <thread>
#include <vector>

namespace dstn {

static std::uint32_t crc32OnThisThread(std::span<const std::uint8_t> bytes) {
    return static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

std::uint32_t crc32Of(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t worthAThread = std::size_t{1} << 22;
    const std::size_t threads = std::clamp<std::size_t>(bytes.size() / worthAThread, 1,
                                                        std::max(1U, std::thread::hardware_concurrency()));
    const std::size_t share = (bytes.size() + threads - 1) / threads;
    std::vector<std::uint32_t> parts(threads);
    const auto part = [&](std::size_t i) {
        return bytes.subspan(i * share, std::min(share, bytes.size() - i * share));
    };
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < threads; ++i)
        others.emplace_back([&, i] { parts[i] = crc32OnThisThread(part(i)); });
    parts[0] = crc32OnThisThread(part(0));
    others.clear();
    uLong whole = parts[0];
    for (std::size_t i = 1; i < threads; ++i)
        whole = crc32_combine(whole, parts[i], static_cast<z_off_t>(part(i).size()));
    return static_cast<std::uint32_t>(whole);
}

void Fnv1a::add(std::string_view text) {
    for (const char c : text) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    // So that "ab", "c" and "a", "bc" differ.
    add(static_cast<std::int64_t>(text.size()));
}

void Fnv1a::add(std::int64_t number) {
    auto bits = static_cast<std::uint64_t>(number);
    for (int i = 0; i < 8; ++i, bits >>= 8U) value_ = (value_ ^ (bits & 0xFFU)) * 0x100000001B3ULL;
}

} // namespace dstn
