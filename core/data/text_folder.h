#pragma once

#include "core/data/text_reader.h"
#include "core/export.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

struct TextFile {
    std::string name; ///< its path
    std::string text;
};

/// A text, divided as its files are.
struct TextFolder {
    std::vector<TextFile> train;
    std::vector<TextFile> validation, test; ///< empty: to be taken from the end of the training part
    Punctuation punctuation = Punctuation::split;
};

/// Reads a text file, plain or gzip, or a folder of them:
///
/// - a folder with ptb.train.txt (the Penn Treebank as distributed), wiki.train.tokens (WikiText) or
///   train.txt, and at least one file of the same name with "valid" or "test" instead of "train": these files
///   are the parts, and are tokenised already;
/// - any other folder: all *.txt in it and its subfolders or, if there are none, all regular files that are
///   UTF-8 text, ordered by path. Names that begin with a dot and links to folders are skipped, and a file
///   with several names counts once.
///
/// Throws Error{data} naming the file or folder, what was found and what to do, Error{interrupted} once
/// `cancelled` says so.
TextFolder readTextFolder(const std::filesystem::path& path, const std::function<bool()>& cancelled = {});

} // namespace dstn
