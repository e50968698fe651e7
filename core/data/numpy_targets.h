#pragma once

#include "core/data/labels.h"
#include "core/data/numpy_array.h"
#include "core/spec/data_spec.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dstn {

/// What an array of targets is taken for.
struct TargetMeaning {
    TaskKind task = TaskKind::regression;
    bool oneHot = false;      ///< a row of 0 with one 1 for each example
    std::int64_t outputs = 1; ///< columns of the targets, or of the one-hot code
    std::string reason = {};  ///< of a classification, as DataInfo::taskReason
    std::vector<std::string> decisions = {};
};

/// Throws Error{data} unless there are one or two dimensions: examples, and outputs.
void requireTargetShape(const NumpyArray& targets, const std::string& name);

/// Decides by what is wanted and by what the array holds. Throws Error{data} naming `name` where it fits
/// neither task, or both and data.task has to say which.
TargetMeaning meaningOf(const NumpyArray& targets, const std::string& name, TaskKind wanted);

/// The labels of a classification. Throws Error{data} naming the first example whose target is none.
SourceLabels labelsIn(const NumpyArray& targets, const std::string& name, const TargetMeaning& meaning);

/// The numbers of an array, each finite: it must not be of words. Throws Error{data} naming the first example
/// with another.
template <typename T>
std::vector<T> finiteNumbers(const NumpyArray& array, const std::string& name);

} // namespace dstn
