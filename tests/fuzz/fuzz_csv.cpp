#include "core/data/csv_reader.h"
#include "tests/fuzz/fuzz.h"

using namespace dstn;

void fuzz(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    // The first byte chooses the options, so that they are reached too.
    const auto choice = std::to_integer<unsigned>(bytes[0]);
    const CsvOptions options{.delimiter = static_cast<Delimiter>(choice % 5),
                             .header = static_cast<Header>(choice / 5 % 3),
                             .target = choice / 15 % 2 == 0 ? "" : "0",
                             .task = static_cast<TaskKind>(choice / 30 % 3)};
    parseCsv(asText(bytes.subspan(1)), options, "f");
}
