#pragma once

#include "core/export.h"
#include "core/run/engine.h"

#include <optional>
#include <string>

namespace DSTN_EXPORT dstn {

/// The data are others than the run had: refused unless RunRequest::acceptChangedData.
class ChangedData : public Error {
  public:
    explicit ChangedData(const std::string& message) : Error(ErrorKind::data, message) {}
};

/// Has a request go on with the data of an earlier run, where that one read them; if they are gone from there
/// and lie at the specification's path from here, with those.
/// @param read what the earlier run read
/// @param earlier its specification of the data
void goOnWithData(RunRequest& request, const DataIdentity& read, const DataSpec& earlier);

/// The experiment's data, from where the run that the request goes on with read them.
DataSpec dataOf(const RunRequest& request);

/// Compares what was read with what the request expects. Other data would be split in another way: what one
/// run was trained on, the next would be validated on. A request that goes on from a checkpoint must find the
/// same examples in the same parts, too.
/// @return a warning, where they differ and that was accepted, or where it cannot be told
/// Throws ChangedData where they differ, saying how.
std::optional<std::string> compareData(const RunRequest& request, const DataIdentity& read);

} // namespace dstn
