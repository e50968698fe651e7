#include "core/data/image_decoder.h"

#include <webp/decode.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace dstn {
namespace {

ImageFault faultOf(VP8StatusCode status) {
    switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
        return ImageFault::truncated;
    case VP8_STATUS_OUT_OF_MEMORY:
        return ImageFault::memory;
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return ImageFault::unsupported;
    default:
        return ImageFault::damaged;
    }
}

class WebpDecoder final : public ImageDecoder {
  public:
    WebpDecoder(std::span<const std::byte> bytes, std::string name)
        : bytes_(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), name_(std::move(name)) {
        require(WebPGetFeatures(bytes_.data(), bytes_.size(), &features_));
        if (features_.has_animation != 0)
            refuseImage(name_, ImageFault::unsupported, "libwebp: an animation");
    }
    ImageSize size() const override { return {.width = features_.width, .height = features_.height}; }
    void decode(std::int64_t channels, std::span<std::uint8_t> pixels) override {
        if (channels == 3) return read(pixels);
        std::vector<std::uint8_t> colours(pixels.size() * 3);
        read(colours);
        const std::uint8_t* from = colours.data();
        for (std::uint8_t& grey : pixels) {
            grey = luma(from[0], from[1], from[2]);
            from += 3;
        }
    }

  private:
    /// @param to [height, width, 3]
    void read(std::span<std::uint8_t> to) const {
        WebPDecoderConfig config;
        if (WebPInitDecoderConfig(&config) == 0)
            refuseImage(name_, ImageFault::unsupported, "libwebp: another version at run time");
        config.output.colorspace = MODE_RGB;
        config.output.is_external_memory = 1;
        config.output.u.RGBA = {.rgba = to.data(), .stride = features_.width * 3, .size = to.size()};
        require(WebPDecode(bytes_.data(), bytes_.size(), &config));
    }
    void require(VP8StatusCode status) const {
        if (status != VP8_STATUS_OK)
            refuseImage(name_, faultOf(status),
                        "libwebp: status " + std::to_string(static_cast<int>(status)));
    }

    std::span<const std::uint8_t> bytes_;
    std::string name_;
    WebPBitstreamFeatures features_{};
};

} // namespace

std::unique_ptr<ImageDecoder> webpDecoder(std::span<const std::byte> bytes, std::string name) {
    return std::make_unique<WebpDecoder>(bytes, std::move(name));
}

} // namespace dstn
