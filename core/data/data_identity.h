#pragma once

#include "core/export.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace DSTN_EXPORT dstn {

/// What a data set was read from, to tell later whether it is still the same.
struct DataIdentity {
    std::string path = {};  ///< of the file or folder, from the root; empty: the source makes its data
    std::int64_t files = 0; ///< that were read
    std::int64_t bytes = 0; ///< of all of them
    /// XXH3 (128 bits, 32 hexadecimal digits) of the files' names below `path`, their sizes and contents, in
    /// the order of the names; empty where it is not known, as in runs of earlier versions.
    std::string hash = {};

    bool operator==(const DataIdentity&) const = default;
};

/// What differs between two readings, as a clause: "61234 bytes then, 81234 now". Empty if their contents are
/// the same, wherever they lie, and where either is not known.
std::string difference(const DataIdentity& then, const DataIdentity& now);

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

    /// Reads the files once more, for their contents.
    /// @param root the file or folder that names them; it need not contain them all
    /// Throws Error{data} if one cannot be read or has changed since it was noted, Error{interrupted} once
    /// `cancelled` says so.
    DataIdentity identity(const std::filesystem::path& root,
                          const std::function<bool()>& cancelled = {}) const;

  private:
    /// As it was when it was noted.
    struct Seen {
        std::int64_t bytes = 0, modified = 0; ///< nanoseconds since 1970
        bool operator==(const Seen&) const = default;
    };
    static Seen look(const std::filesystem::path& file);
    std::map<std::filesystem::path, Seen> files_;
};

} // namespace dstn
