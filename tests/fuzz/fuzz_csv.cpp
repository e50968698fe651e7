#include "core/data/csv_reader.h"
#include "tests/fuzz/fuzz.h"

using namespace dstn;

void fuzz(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    // The first byte chooses the options, so that they are reached too.
    const auto choice = std::to_integer<unsigned>(bytes[0]);
    constexpr const char* delimiters[]{"auto", "comma", "space", "tab", "|", "€"};
    CsvOptions options{.delimiter = delimiters[choice % 6],
                       .header = static_cast<Header>(choice / 6 % 3),
                       .target = choice / 18 % 2 == 0 ? "" : "0",
                       .task = static_cast<TaskKind>(choice / 36 % 3),
                       .decimal = static_cast<DecimalMark>(choice / 108 % 3)};
    const unsigned size = static_cast<unsigned>(bytes.size());
    options.onMissing = static_cast<OnMissing>(size % 3);
    if (size % 5 == 0) options.thousands = ".";
    if (size % 7 == 0) options.ignore = {"-1"};
    parseCsv(asText(bytes.subspan(1)), options, "f");
}
