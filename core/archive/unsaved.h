#pragma once

#include "core/archive/archive.h"
#include "core/export.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// The files that keep what processes could not write into an archive, which takes it in when it is next
/// opened for writing: beside the archive, ARCHIVE-RUN-LEASE.unsaved, and in the folder for a user's state
/// ($XDG_STATE_HOME/delta-stn-workbench, ~/.local/state where unset).
std::vector<std::filesystem::path> unsavedFiles(const std::filesystem::path& archive);

/// Keeps the events of one run while its archive cannot be written. The file is an archive itself, which
/// nobody else can open while this object has it.
class UnsavedRun {
  public:
    /// Nothing is written yet.
    /// @param lease of the run, under which the archive will take in what is kept here
    UnsavedRun(const std::filesystem::path& archive, std::string run, std::int64_t lease);
    ~UnsavedRun();
    UnsavedRun(const UnsavedRun&) = delete;
    UnsavedRun& operator=(const UnsavedRun&) = delete;

    /// @param start the run's, if the archive has it already; null: it is among the events
    /// Throws Error{archive} if they cannot be kept either.
    void append(const RunStarted* start, const std::vector<Event>& events);
    /// Empty as long as nothing is kept.
    const std::filesystem::path& file() const { return file_; }
    /// Puts all of it into the run's archive, which holds the run, and removes the file. Throws what
    /// Archive::append() does; then it is all kept.
    void moveInto(Archive& archive);

  private:
    bool isGone() const;
    void open(const std::filesystem::path& file);
    void begin(const RunStarted& started, bool known);
    std::vector<std::filesystem::path> places_; ///< where the file may be, the first choice first
    std::filesystem::path file_;
    std::string run_;
    std::int64_t lease_;
    std::unique_ptr<Archive> archive_;
};

} // namespace dstn
