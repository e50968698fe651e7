#pragma once

#include "core/export.h"

/// The parts of LibTorch that the engine uses; precompiled. torch/torch.h would take twice as long.

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/variable.h>

#include <string>
#include <utility>
#include <vector>

namespace DSTN_EXPORT dstn {
using at::Tensor;
using torch::autograd::variable_list;
/// Tensors by name, in a fixed order.
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;
} // namespace dstn
