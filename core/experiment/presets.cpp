#include "core/error.h"
#include "core/experiment/experiment.h"

#include <algorithm>

namespace dstn {

/// The documents in resources/presets with their ids, compiled in by resources/embed_presets.cmake.
std::vector<std::pair<std::string_view, std::string_view>> presetDocuments();

static std::vector<Preset> readPresets() {
    std::vector<Preset> result;
    for (const auto& [id, json] : presetDocuments()) {
        const ParsedExperiment parsed = parseExperiment(json);
        if (!parsed.experiment)
            throw Error(ErrorKind::usage,
                        "The preset " + std::string(id) + " is broken:\n" + describe(parsed.mistakes));
        result.push_back({.id = std::string(id),
                          .title = parsed.experiment->name,
                          .description = parsed.experiment->description,
                          .json = std::string(json)});
    }
    // The default comes first.
    std::stable_partition(result.begin(), result.end(),
                          [](const Preset& p) { return p.id == "fashion-mnist-cnn"; });
    return result;
}

const std::vector<Preset>& presets() {
    static const std::vector<Preset> all = readPresets();
    return all;
}

const Preset* findPreset(std::string_view id) {
    const auto at = std::ranges::find(presets(), id, &Preset::id);
    return at == presets().end() ? nullptr : &*at;
}

} // namespace dstn
