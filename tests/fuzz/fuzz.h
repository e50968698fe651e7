#pragma once

#include <cstddef>
#include <span>
#include <string_view>

/// One input of a fuzz target: whatever the bytes are, it returns, or throws dstn::Error.
void fuzz(std::span<const std::byte> bytes);

inline std::string_view asText(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
