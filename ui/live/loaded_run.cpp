#include "ui/live/loaded_run.h"

namespace dstn::ui {

LoadedRun readRun(const std::filesystem::path& path, const std::string& run,
                  const std::map<std::string, std::int64_t>& after) {
    const Archive archive(path, Archive::Mode::readOnly);
    LoadedRun loaded;
    loaded.dataVersion = archive.dataVersion();
    loaded.details = archive.details(run);
    ParsedExperiment parsed = parseExperiment(loaded.details.experimentJson);
    if (!parsed.experiment)
        throw Error(ErrorKind::archive,
                    "The experiment of \"" + loaded.details.row.name +
                        "\" is not understood by this version: " + describe(parsed.mistakes));
    loaded.experiment = std::move(*parsed.experiment);
    for (const std::string& series : loaded.details.series) {
        const auto from = after.find(series);
        loaded.curves.emplace_back(series, from == after.end() ? archive.curve(run, series)
                                                               : archive.curve(run, series, from->second));
    }
    return loaded;
}

} // namespace dstn::ui
