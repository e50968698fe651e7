#pragma once

#include "core/export.h"

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Bytes that stay valid as long as this object: in memory of their own, or in a mapped file.
class SharedBytes {
  public:
    SharedBytes() = default;
    explicit SharedBytes(std::vector<std::uint8_t> bytes) {
        const auto owner = std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes));
        view_ = *owner;
        owner_ = owner;
    }
    /// @param owner keeps what `view` refers to alive
    SharedBytes(std::span<const std::uint8_t> view, std::shared_ptr<const void> owner)
        : view_(view), owner_(std::move(owner)) {}

    std::span<const std::uint8_t> view() const { return view_; }
    std::size_t size() const { return view_.size(); }

  private:
    std::span<const std::uint8_t> view_;
    std::shared_ptr<const void> owner_;
};

} // namespace dstn
