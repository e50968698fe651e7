#pragma once

#include "core/archive/archive.h"

#include <QString>

#include <filesystem>
#include <vector>

namespace dstn::ui {

class RunListModel;

/// A file name made of a run's name and the start of its UUID, without anything that a file system minds.
QString exportFileName(const RunRow& row, ExportFormat format);
/// Writes each run into a file of its own in `folder`; one that exists already is kept, the new one gets a
/// number. Returns the files written. Throws Error{archive}.
std::vector<std::filesystem::path> exportRuns(const Archive& archive, const std::vector<RunRow>& rows,
                                              ExportFormat format, const std::filesystem::path& folder);
/// The list as CSV (RFC 4180): exactly the rows and columns given, in that order, as on screen.
QString listAsCsv(const RunListModel& list, const std::vector<int>& columns);

} // namespace dstn::ui
