#include "core/utf8.h"

#include <algorithm>

namespace dstn {

CodePoint decodeUtf8(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x80) return {.value = first, .bytes = 1};
    const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    // Stray continuation bytes, overlong forms, and what lies beyond Unicode.
    if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return {};
    char32_t value = first & (0x7FU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0U) != 0x80U) return {};
        value = (value << 6U) | (next & 0x3FU);
    }
    const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
    const bool surrogate = value >= 0xD800 && value < 0xE000;
    if (overlong || surrogate || value > 0x10FFFF) return {};
    return {.value = value, .bytes = bytes};
}

/// Bytes of a text's first code point, or 1 where that is not well-formed.
static std::size_t firstSize(std::string_view text) {
    return std::max<std::size_t>(1, decodeUtf8(text).bytes);
}

bool isUtf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t bytes = decodeUtf8(text).bytes;
        if (bytes == 0) return false;
        text.remove_prefix(bytes);
    }
    return true;
}

std::size_t countCodePoints(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) text.remove_prefix(firstSize(text));
    return count;
}

std::string_view firstCodePoints(std::string_view text, std::size_t count) {
    std::size_t end = 0;
    for (; count > 0 && end < text.size(); --count) end += firstSize(text.substr(end));
    return text.substr(0, end);
}

std::string_view firstBytes(std::string_view text, std::size_t bytes) {
    std::size_t end = 0;
    while (end < text.size()) {
        const std::size_t next = end + firstSize(text.substr(end));
        if (next > bytes) break;
        end = next;
    }
    return text.substr(0, end);
}

std::string bounded(std::string_view message) {
    constexpr std::size_t longest = 2000;
    std::string text;
    while (true) {
        const std::string_view line = message.substr(0, message.find('\n'));
        const std::string_view kept = firstCodePoints(line, longest);
        text += kept;
        if (kept.size() < line.size()) text += "…";
        if (line.size() == message.size()) return text;
        text += '\n';
        message.remove_prefix(line.size() + 1);
    }
}

bool steersDisplay(char32_t value) {
    struct Span {
        char32_t first, last;
    };
    static constexpr Span spans[] = {
        {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},     {0x115F, 0x1160},
        {0x180B, 0x180F}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},   {0x3164, 0x3164},
        {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
    return std::ranges::any_of(spans,
                               [&](const Span& span) { return value >= span.first && value <= span.last; });
}

std::string asciiLowered(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

} // namespace dstn
