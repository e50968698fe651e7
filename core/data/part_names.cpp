#include "core/data/part_names.h"

#include "core/utf8.h"

namespace dstn {

std::optional<PartName> partNamed(std::string_view name) {
    struct Known {
        std::string_view name;
        PartName part;
    };
    static constexpr Known known[] = {
        {"train", PartName::train},      {"training", PartName::train},        {"val", PartName::validation},
        {"valid", PartName::validation}, {"validation", PartName::validation}, {"dev", PartName::validation},
        {"test", PartName::test},        {"testing", PartName::test},          {"t10k", PartName::test}};
    const std::string lowered = asciiLowered(std::string(name));
    for (const Known& one : known)
        if (one.name == lowered) return one.part;
    return std::nullopt;
}

} // namespace dstn
