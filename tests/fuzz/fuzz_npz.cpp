#include "core/data/numpy_source.h"
#include "core/data/zip_archive.h"
#include "core/error.h"
#include "tests/fuzz/fuzz.h"

#include <optional>
#include <utility>

using namespace dstn;

void fuzz(std::span<const std::byte> bytes) {
    const ZipArchive archive(bytes, "f");
    const auto read = [&](const char* name) {
        const auto* member = archive.find(name);
        if (member == nullptr) member = &archive.members().at(0);
        const auto stream = archive.open(*member);
        NumpyArray array = readNumpyHeader(*stream, "f");
        readNumpyData(*stream, array, "f");
        return array;
    };
    if (archive.members().empty()) return;
    for (const TaskKind task : {TaskKind::automatic, TaskKind::classification, TaskKind::regression}) {
        NumpyPart part{
            .inputs = read("x.npy"), .targets = read("y.npy"), .inputsName = "x", .targetsName = "y"};
        try {
            interpretArrays({.train = std::move(part)}, task, ChannelOrder::last, "f");
        } catch (const Error&) {
            continue; // the other tasks have their turns
        }
    }
}
