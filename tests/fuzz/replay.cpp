#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Feeds a fuzz target all files of the folder named on the command line, each also cut short and with single
/// bits turned: so that targets and corpora do not rot where there is no fuzzer.
int main(int count, char** arguments) {
    std::size_t files = 0;
    if (count == 2)
        for (const auto& entry : std::filesystem::directory_iterator(arguments[1])) {
            std::ifstream stream(entry.path(), std::ios::binary);
            const std::vector<char> read{std::istreambuf_iterator<char>(stream), {}};
            std::vector<std::uint8_t> bytes(read.begin(), read.end());
            const std::size_t apart = 1 + bytes.size() / 64;
            for (std::size_t i = 0; i < bytes.size(); i += apart) {
                LLVMFuzzerTestOneInput(bytes.data(), i);
                bytes[i] ^= static_cast<std::uint8_t>(1U << i % 8);
                LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
                bytes[i] ^= static_cast<std::uint8_t>(1U << i % 8);
            }
            LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
            ++files;
        }
    if (files == 0) std::fprintf(stderr, "No corpus was found. Name its folder.\n");
    return files == 0 ? 1 : 0;
}
