#pragma once

#include "core/export.h"

#include <string>
#include <string_view>

namespace DSTN_EXPORT dstn {

/// What a reader of texts wants.
enum class WantedText {
    table, ///< columns with delimiters between them
    prose, ///< a text to learn; a web page or JSON may be one
};

/// Refuses, by its first bytes, a file of another format than its reader's: a workbook, an archive, a
/// picture, a web page. Throws Error{data} naming `name`, what the file is, and how what it holds can be
/// read.
void refuseForeignFormat(std::string_view content, const std::string& name, WantedText wanted);

} // namespace dstn
