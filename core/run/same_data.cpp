#include "core/run/same_data.h"

#include "core/error.h"

#include <filesystem>

namespace dstn {

void goOnWithData(RunRequest& request, const DataIdentity& read, const DataSpec& earlier) {
    if (traitsOf(earlier.source).path == PathKind::none) return;
    request.sameData = read;
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
    if (!request.sameData || read.hash.empty()) return std::nullopt;
    if (request.sameData->hash.empty())
        return "Whether the data are still the same cannot be told: the version of the program that made the "
               "run did "
               "not record what it read.";
    const std::string differing = difference(*request.sameData, read);
    if (differing.empty()) return std::nullopt;
    const std::string mixed = " Training examples may be among those of validation.";
    if (request.acceptChangedData)
        return "The data have changed, which was accepted: " + differing + " (" + read.path + ")." + mixed;
    throw Error(ErrorKind::data, read.path + ": the data have changed since the run read them: " + differing +
                                     "." + mixed +
                                     " Restore them, or start a new run. To go on all the same, use "
                                     "--accept-changed-data on the command line.");
}

} // namespace dstn
