#include "app/dstn/experiment_source.h"

#include "core/error.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

namespace dstn {

std::string experimentText(const std::string& source) {
    if (const Preset* preset = findPreset(source)) return preset->json;
    if (source == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
    std::error_code error;
    if (std::filesystem::is_directory(source, error))
        throw Error(ErrorKind::usage, source + " is a folder. Name an experiment file in it.");
    if (!std::filesystem::exists(source, error)) {
        std::string ids;
        for (const Preset& preset : presets()) ids += (ids.empty() ? "" : ", ") + preset.id;
        throw Error(ErrorKind::usage, "There is neither a file nor a preset named \"" + source +
                                          "\". The presets are " + ids + ".");
    }
    std::ifstream file(source, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) throw Error(ErrorKind::usage, source + " cannot be read. Check the file's permissions.");
    return text;
}

std::vector<std::pair<std::string, std::string>> parseAssignments(const std::vector<std::string>& settings) {
    std::vector<std::pair<std::string, std::string>> assignments;
    for (const std::string& setting : settings) {
        const auto equals = setting.find('=');
        if (equals == std::string::npos || equals == 0)
            throw Error(ErrorKind::usage, "--set \"" + setting +
                                              "\" is no assignment. Write path=value, such as "
                                              "budget.epochs=20.");
        assignments.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
    }
    return assignments;
}

Experiment requireExperiment(const std::string& source, const std::string& text,
                             const std::vector<std::pair<std::string, std::string>>& assignments) {
    ParsedExperiment parsed = parseExperiment(text, assignments);
    if (!parsed.experiment) throw Error(ErrorKind::usage, mistakeLines(source, parsed.mistakes));
    return std::move(*parsed.experiment);
}

std::string mistakeLines(const std::string& source, const std::vector<Mistake>& mistakes) {
    std::string lines;
    for (const Mistake& mistake : mistakes)
        lines += (lines.empty() ? "" : "\n") + source + ": " +
                 (mistake.path.empty() ? "" : mistake.path + ": ") + mistake.message;
    return lines;
}

} // namespace dstn
