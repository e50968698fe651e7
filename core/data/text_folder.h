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
    std::vector<TextFile> train = {};
    std::vector<TextFile> validation = {},
                          test = {}; ///< empty: to be taken from the end of the training part
    Punctuation punctuation = Punctuation::split;
    std::vector<std::string> decisions = {}, warnings = {}; ///< as in DataInfo
};

/// Reads a text file, plain or gzip, or a folder of them:
///
/// - a folder with a file for training and at least one for validation or testing: these files are the parts,
///   and are tokenised already. They end in .txt, .tokens or .raw and have the name of a part (partNamed()),
///   alone or after another word, as in ptb.train.txt (the Penn Treebank), wiki.valid.tokens and
///   wiki.test.raw (WikiText); or they are folders of texts with such names;
/// - a folder with a file for training alone: that file, and no other;
/// - any other folder: all *.txt in it and its subfolders or, if there are none, all regular files that are
///   UTF-8 text, ordered by path. Names that begin with a dot and links to folders are skipped, and a file
///   with several names counts once.
///
/// What else lies there is counted in a warning. A folder in which a file is named like a part for validation
/// or testing, but none like that for training, is refused.
///
/// Throws Error{data} naming the file or folder, what was found and what to do, Error{interrupted} once
/// `cancelled` says so.
TextFolder readTextFolder(const std::filesystem::path& path, const std::function<bool()>& cancelled = {});

} // namespace dstn
