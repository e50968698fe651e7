#pragma once

#include "core/export.h"
#include "core/spec/data_spec.h"

#include <cstdint>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Rows of numbers with a target each, as a file or generator gives them: neither split nor normalised.
struct Table {
    std::int64_t rows = 0, features = 0;
    std::vector<double> inputs = {}; ///< [rows, features], row-major
    TaskKind task = TaskKind::regression;
    std::vector<std::int64_t> labels = {};      ///< [rows]; empty for regression
    std::int64_t outputs = 1;                   ///< columns of the targets; regression only
    std::vector<double> targets = {};           ///< [rows, outputs]; empty for classification
    std::int64_t classes = 0;                   ///< classification only
    std::vector<std::string> classNames = {};   ///< empty where the source has none
    std::vector<std::string> featureNames = {}; ///< empty where the source has none
    std::string targetName = {};                ///< empty where the source has none
    std::int64_t targetColumn = -1; ///< its place among the source's columns, from 0; −1: not among them
};

} // namespace dstn
