#pragma once

#include "core/export.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// What a data set was read from, to tell later whether it is still the same.
struct DataIdentity {
    std::string path = {};  ///< of the file or folder, from the root; empty: the source makes its data
    std::int64_t files = 0; ///< that were read
    std::int64_t bytes = 0; ///< of all of them
    /// XXH3 (128 bits, 32 hexadecimal digits) of the files' names below `path`, their sizes and contents, in
    /// the order of the names; empty where it is not known, as in runs of earlier versions.
    std::string hash = {};
    /// XXH3 of which examples lie in which part, and of their answers; empty where it is not known. The same
    /// files are divided otherwise under another seed, and might be read otherwise by another version.
    std::string split = {};

    bool operator==(const DataIdentity&) const = default;
};

/// What differs between two readings, as a clause: "61234 bytes then, 81234 now". Empty if their contents are
/// the same, wherever they lie, and where either is not known.
std::string difference(const DataIdentity& then, const DataIdentity& now);

/// XXH3 of these bytes, each with its size, as in DataIdentity.
std::string contentHash(const std::vector<std::span<const std::byte>>& parts);

/// "/data/d.csv, 61234 bytes, XXH3 0123…"; empty where nothing is known.
std::string identityText(const DataIdentity& data);

/// Notes the files that are opened on its thread while it exists. One at a time on a thread.
class FilesRead {
  public:
    FilesRead();
    ~FilesRead();
    FilesRead(const FilesRead&) = delete;
    FilesRead& operator=(const FilesRead&) = delete;

    /// By readers, of each file that they open. Where nobody wants to know it does nothing.
    static void note(const std::filesystem::path& file);
    /// The one that exists on this thread; null: nobody wants to know.
    static FilesRead* current();

    /// Reads the files once more, for their contents; where that was done before, and none has been noted
    /// since, only looks whether they have changed.
    /// @param root the file or folder that names them; it need not contain them all
    /// Throws Error{data} if one cannot be read or has changed since it was noted, Error{interrupted} once
    /// `cancelled` says so.
    DataIdentity identity(const std::filesystem::path& root, const std::function<bool()>& cancelled = {});

  private:
    /// As it was when it was noted.
    struct Seen {
        std::int64_t bytes = 0, modified = 0; ///< nanoseconds since 1970
        bool operator==(const Seen&) const = default;
    };
    static Seen look(const std::filesystem::path& file);
    std::map<std::filesystem::path, Seen> files_;
    std::filesystem::path root_;
    std::optional<DataIdentity> known_; ///< of all of `files_`, below `root_`
};

} // namespace dstn
