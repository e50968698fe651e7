#include "core/data/numpy_array.h"
#include "tests/fuzz/fuzz.h"

#include <algorithm>
#include <vector>

using namespace dstn;

void fuzz(std::span<const std::byte> bytes) {
    const auto stream = openMemory(bytes, "f");
    NumpyArray array = readNumpyHeader(*stream, "f");
    readNumpyData(*stream, array, "f");
    std::vector<double> numbers(array.itemSize == 0 ? 0 : array.bytes.size() / array.itemSize);
    array.numbers(0, numbers);
}
