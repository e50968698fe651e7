#include "core/engine/batches/token_stream.h"

#include <algorithm>

namespace dstn {

TokenStream::TokenStream(const Tensor& tokens, std::int64_t rows, std::int64_t time) : time_(time) {
    TORCH_CHECK(rows > 0 && time > 0 && tokens.dim() == 1 && tokens.size(0) >= 2 * rows, "a text of ",
                tokens.sizes(), " tokens in ", rows, " rows of ", time, " steps");
    const std::int64_t length = tokens.size(0) / rows;
    stretches_ = tokens.narrow(0, 0, rows * length).view({rows, length});
}

std::int64_t TokenStream::perEpoch() const {
    // The last token of a stretch is only predicted.
    return (stretches_.size(1) - 1 + time_ - 1) / time_;
}

Batch TokenStream::at(std::int64_t index) const {
    const std::int64_t from = index % perEpoch() * time_;
    const std::int64_t steps = std::min(time_, stretches_.size(1) - 1 - from);
    return {stretches_.narrow(1, from, steps).contiguous(),
            stretches_.narrow(1, from + 1, steps).contiguous()};
}

} // namespace dstn
