#include "core/error.h"
#include "core/study/study.h"

#include <algorithm>

namespace dstn {

/// The documents in resources/studies with their ids, compiled in by resources/embed_presets.cmake.
std::vector<std::pair<std::string_view, std::string_view>> studyDocuments();

static std::string presetText(const std::string& id) {
    if (const Preset* preset = findPreset(id)) return preset->json;
    throw Error(ErrorKind::usage, "there is no preset \"" + id + "\"");
}

static std::vector<Preset> readStudyPresets() {
    std::vector<Preset> result;
    for (const auto& [id, json] : studyDocuments()) {
        const ParsedStudy parsed = parseStudy(json, presetText);
        if (!parsed.study)
            throw Error(ErrorKind::usage,
                        "The study preset " + std::string(id) + " is broken:\n" + describe(parsed.mistakes));
        result.push_back({.id = std::string(id),
                          .title = parsed.study->name,
                          .description = parsed.study->description,
                          .json = std::string(json)});
    }
    return result;
}

const std::vector<Preset>& studyPresets() {
    static const std::vector<Preset> all = readStudyPresets();
    return all;
}

const Preset* findStudyPreset(std::string_view id) {
    const auto at = std::ranges::find(studyPresets(), id, &Preset::id);
    return at == studyPresets().end() ? nullptr : &*at;
}

} // namespace dstn
