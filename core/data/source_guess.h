#pragma once

#include "core/export.h"
#include "core/spec/data_spec.h"

#include <filesystem>
#include <string>

namespace DSTN_EXPORT dstn {

/// What a file or folder seems to be.
struct SourceGuess {
    DataSource source = DataSource::csv;
    std::string why; ///< a clause: "it holds .npy files"
};

/// By the names in a folder, or a file's name. Throws Error{data} where there is nothing, or
/// where several sources may be meant, naming them.
SourceGuess guessSource(const std::filesystem::path& path);

} // namespace dstn
