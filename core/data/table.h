#pragma once

#include "core/export.h"
#include "core/spec/data_spec.h"

#include <cstdint>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// What a column of a table file holds.
struct ColumnReport {
    enum class Role { feature, target, index, ignored };
    std::string name = {}; ///< empty where the file has none
    Role role = Role::feature;
    std::string type = {}; ///< "number", "whole number", "true/false", "text", "mixed", "empty"
    std::int64_t values = 0, missing = 0;
    std::int64_t distinct = 0;                  ///< different values, counted up to `mostDistinct`
    double least = 0.0, most = 0.0, mean = 0.0; ///< of its numbers; without numbers 0
    std::vector<std::string> examples = {};     ///< the first different values, a few

    static constexpr std::int64_t mostDistinct = 1000;
};

/// How a table file was read.
struct TableReport {
    std::string separator = {}; ///< its name
    bool header = false;
    std::vector<ColumnReport> columns = {};
    std::vector<std::vector<std::string>> firstRows = {}; ///< below the header, as written
    std::int64_t rows = 0, droppedRows = 0;
};

/// Rows of numbers with a target each, as a file or generator gives them: neither split nor normalised.
struct Table {
    std::int64_t rows = 0, features = 0;
    std::vector<double> inputs = {}; ///< [rows, features], row-major; NaN: missing
    TaskKind task = TaskKind::regression;
    std::vector<std::int64_t> labels = {};      ///< [rows]; empty for regression
    std::int64_t outputs = 1;                   ///< columns of the targets; regression only
    std::vector<double> targets = {};           ///< [rows, outputs]; empty for classification
    std::int64_t classes = 0;                   ///< classification only
    std::vector<std::string> classNames = {};   ///< empty where the source has none
    std::vector<std::string> featureNames = {}; ///< empty where the source has none
    std::string targetName = {};                ///< empty where the source has none
    std::int64_t targetColumn = -1; ///< its place among the source's columns, from 0; −1: not among them
    std::string taskReason = {};    ///< as in DataInfo, as the two below
    std::vector<std::string> decisions = {}, warnings = {};
};

} // namespace dstn
