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
/// - with ptb.train.txt (the Penn Treebank as distributed), wiki.train.tokens (WikiText) or train.txt, and
/// the
///   files of the same name with "valid" and "test" in place of "train", at least one of them: these are the
///   parts, and come tokenised;
/// - any other: all *.txt of the folder and the folders in it, or, where there is none, all regular files
/// that
///   are UTF-8 text, ordered by their paths. Names that begin with a dot are left out, links to folders are
///   not followed, and a file with several names counts once.
///
/// Throws Error{data} naming the file or folder, what was found and what to do, Error{interrupted} once
/// `cancelled` says so.
TextFolder readTextFolder(const std::filesystem::path& path, const std::function<bool()>& cancelled = {});

} // namespace dstn
