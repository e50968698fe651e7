#pragma once

#include "core/data/idx_folder.h"
#include "core/data/image_source.h"
#include "core/spec/data_spec.h"

#include <functional>

namespace dstn {

/// Where Debian's package dataset-fashion-mnist puts its files.
inline constexpr const char* fashionMnistFolder = "/usr/share/datasets/fashion-mnist";

/// The images of a folder of IDX files; Fashion-MNIST's are in `fashionMnistFolder` unless `spec` names
/// another. Labels may be any bytes: each different one of the training part is a class, in their order.
/// Throws Error{data} as readIdxFolder() does, and where all labels are the same, or those of another part
/// are not among them.
ImageSource readIdxSource(const DataSpec& spec, IdxContents contents,
                          const std::function<bool()>& cancelled = {});

} // namespace dstn
