#include "core/run/same_data.h"

#include "core/error.h"

#include <filesystem>

namespace dstn {

void goOnWithData(RunRequest& request, const DataIdentity& read, const DataSpec& earlier) {
    request.sameData = read;
    if (traitsOf(earlier.source).path == PathKind::none) return;
    std::error_code error;
    if (request.experiment.data.path == earlier.path &&
        (std::filesystem::exists(read.path, error) || !std::filesystem::exists(earlier.path, error)))
        request.dataPath = read.path;
}

DataSpec dataOf(const RunRequest& request) {
    DataSpec spec = request.experiment.data;
    if (!request.dataPath.empty()) spec.path = request.dataPath;
    return spec;
}

std::optional<std::string> compareData(const RunRequest& request, const DataIdentity& read) {
    if (!request.sameData) return std::nullopt;
    const DataIdentity& then = *request.sameData;
    std::string differing = difference(then, read);
    if (differing.empty() && request.checkpoint != nullptr && !then.split.empty() && !read.split.empty() &&
        then.split != read.split)
        differing = "other examples lie in their parts for training, validation and testing";
    if (differing.empty()) {
        if (read.hash.empty() || !then.hash.empty()) return std::nullopt;
        return "Whether the data are still the same cannot be told: the version of the program that made the "
               "run did not record what it read.";
    }
    const std::string mixed = " Training examples may be among those of validation.";
    if (request.acceptChangedData)
        return "The data have changed, which was accepted: " + differing +
               (read.path.empty() ? "" : " (" + read.path + ")") + "." + mixed;
    throw ChangedData((read.path.empty() ? "The data" : read.path + ": the data") +
                      " have changed since the run read them: " + differing + "." + mixed +
                      " Restore them, or start a new run. To go on all the same, accept the changed data "
                      "(--accept-changed-data on the command line).");
}

} // namespace dstn
