#include "core/experiment/experiment_file.h"

#include "core/error.h"
#include "core/experiment/experiment.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <span>
#include <system_error>

namespace dstn {

namespace fs = std::filesystem;

static Error cannotRead(const std::string& path, const std::string& why) {
    return {ErrorKind::usage,
            path + " cannot be read: " + why + ". Check the path and the permissions, or name another file."};
}

std::string readExperimentText(std::istream& stream, const std::string& name) {
    constexpr std::size_t chunk = std::size_t{1} << 16;
    std::string text;
    while (stream) {
        const std::size_t before = text.size();
        text.resize(before + chunk);
        stream.read(text.data() + before, chunk);
        text.resize(before + static_cast<std::size_t>(stream.gcount()));
        if (text.size() > largestExperimentFile)
            throw Error(ErrorKind::usage,
                        name + " has more than " + std::to_string(largestExperimentFile >> 20) +
                            " MiB: that is not an experiment. Name an experiment's JSON file.");
    }
    if (stream.bad()) throw cannotRead(name, "reading failed midway");
    return text;
}

std::string readExperimentFile(const std::string& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (fs::is_directory(status))
        throw Error(ErrorKind::usage, path + " is a folder. Name an experiment file in it.");
    if (!fs::exists(status)) throw cannotRead(path, error.message());
    std::ifstream file(path, std::ios::binary);
    if (!file) throw cannotRead(path, std::generic_category().message(errno));
    return readExperimentText(file, path);
}

std::string experimentOf(const std::string& source) {
    if (const Preset* preset = findPreset(source)) return preset->json;
    std::error_code error;
    if (fs::status(source, error).type() != fs::file_type::not_found) return readExperimentFile(source);
    std::string ids;
    for (const Preset& preset : presets()) ids += (ids.empty() ? "" : ", ") + preset.id;
    throw Error(ErrorKind::usage, "There is neither a file nor a preset named \"" + source +
                                      "\". The presets are " + ids + ".");
}

} // namespace dstn
