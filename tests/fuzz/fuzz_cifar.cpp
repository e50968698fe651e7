#include "core/data/cifar_reader.h"
#include "core/error.h"
#include "tests/fuzz/fuzz.h"

#include <cstdlib>

using namespace dstn;

void fuzz(std::span<const std::byte> bytes) {
    for (const CifarKind kind : {CifarKind::cifar10, CifarKind::cifar100}) {
        std::vector<std::uint8_t> pixels;
        std::vector<std::int64_t> labels;
        try {
            readCifar(*openMemory(bytes, "f"), kind, "f", pixels, labels);
        } catch (const Error&) {
            continue; // the other kind has its turn
        }
        if (pixels.size() != labels.size() * static_cast<std::size_t>(cifarPixels)) std::abort();
    }
}
