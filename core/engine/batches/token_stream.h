#pragma once

#include "core/engine/batches/device_data.h"
#include "core/export.h"

namespace DSTN_EXPORT dstn {

/// A text as an endless sequence of mini-batches for truncated back-propagation through time: cut into `rows`
/// stretches of equal length side by side, of which each batch is the next `time` tokens, and what it is to
/// predict the same a token later. Every epoch goes through the text once, from its start; the states of
/// recurrent layers carry over from one batch to the next within it. What is left of the text after `rows`
/// equal stretches, fewer than `rows` tokens, is not read.
class TokenStream {
  public:
    /// @param tokens int64 [N], at least 2 · rows
    /// @param time   steps of a batch; the last one of an epoch may have fewer
    TokenStream(const Tensor& tokens, std::int64_t rows, std::int64_t time);

    std::int64_t rows() const { return stretches_.size(0); }
    std::int64_t perEpoch() const;
    /// inputs and targets [rows, steps].
    Batch at(std::int64_t index) const;

  private:
    Tensor stretches_; ///< [rows, length]
    std::int64_t time_;
};

} // namespace dstn
