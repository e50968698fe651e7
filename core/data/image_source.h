#pragma once

#include "core/data/dataset.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dstn {

/// Bytes that live as long as this, wherever they lie: in memory of their own, or in a mapped file.
class SharedBytes {
  public:
    SharedBytes() = default;
    explicit SharedBytes(std::vector<std::uint8_t> bytes);
    /// @param owner keeps what `view` refers to alive
    SharedBytes(std::span<const std::uint8_t> view, std::shared_ptr<const void> owner);

    std::span<const std::uint8_t> view() const { return view_; }
    std::size_t size() const { return view_.size(); }

  private:
    std::span<const std::uint8_t> view_;
    std::shared_ptr<const void> owner_;
};

/// Images of one size with an answer each, as a file or folder gives them: neither split nor normalised.
struct ImageSet {
    std::int64_t count = 0;
    SharedBytes bytes = {}; ///< [count, channels, height, width]; empty if only headers were read
    std::vector<std::int64_t> labels = {}; ///< [count]; empty where they were not read
};

/// What the readers of images yield.
struct ImageSource {
    std::string name; ///< the file or folder; appears in messages
    Shape shape;      ///< [channels, height, width]
    std::int64_t classes = 0;
    std::vector<std::string> classNames; ///< empty where the source has none
    ImageSet train;
    std::optional<ImageSet> test;
};

/// What prepareImages() will make of the source, of which only headers need have been read.
DataInfo imageInfo(const DataSpec& spec, const ImageSource& source);

/// Splits and normalises a source. Throws Error{data} where a part would be empty, Error{interrupted} once
/// `cancelled` says so.
Dataset prepareImages(const DataSpec& spec, const ImageSource& source, std::uint64_t seed,
                      const std::function<bool()>& cancelled);

} // namespace dstn
