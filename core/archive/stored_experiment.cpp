#include "core/archive/stored_experiment.h"

namespace dstn {

nlohmann::ordered_json storedExperiment(const RunDetails& details, const std::string& text) {
    auto experiment = nlohmann::ordered_json::parse(text, nullptr, false);
    if (!experiment.is_object())
        throw Error(
            ErrorKind::archive,
            "The archive's copy of the experiment of run " + details.row.id +
                " is damaged: it is not a JSON object. Restore a copy of the archive; the run's figures can "
                "still be exported with --format csv.");
    return experiment;
}

} // namespace dstn
