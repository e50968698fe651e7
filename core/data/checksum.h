#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace dstn {

/// False in programs for fuzzing, which cannot guess checksums: any checksum is then accepted.
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
inline constexpr bool checksumsCount = false;
#else
inline constexpr bool checksumsCount = true;
#endif

/// CRC-32 (ISO 3309, as zlib's), computed on all cores for long inputs.
std::uint32_t crc32Of(std::span<const std::uint8_t> bytes);

/// FNV-1a of 64 bits (Fowler, Noll & Vo), step by step: to tell things apart, not for security.
class Fnv1a {
  public:
    void add(std::string_view text);
    void add(std::int64_t number);
    std::uint64_t value() const { return value_; }

  private:
    std::uint64_t value_ = 0xCBF29CE484222325ULL;
};

} // namespace dstn
