#include "core/engine/batches/image_channels.h"

namespace dstn {

ImageChannels::ImageChannels(const std::vector<Scaling>& channels, const at::TensorOptions& options) {
    std::vector<double> zeros, spans, inverses, blacks, whites;
    for (const Scaling& channel : channels) {
        zeros.push_back(channel.shift / 255.0);
        spans.push_back(channel.factor * 255.0);
        inverses.push_back(channel.factor != 0.0 ? 1.0 / spans.back() : 0.0);
        // As the images themselves are computed, so that clamping moves no image's pixel by a rounding.
        blacks.push_back((0.0 - channel.shift) * channel.factor);
        whites.push_back((255.0 - channel.shift) * channel.factor);
    }
    const auto onHost = at::TensorOptions(at::kDouble);
    const auto made = [&](const std::vector<double>& values) {
        return at::tensor(at::ArrayRef<double>(values), onHost).to(options);
    };
    zero = made(zeros);
    span = made(spans);
    inverseSpan = made(inverses);
    black = made(blacks);
    white = made(whites);
    if (channels.size() != 3) {
        gray = made(std::vector<double>(channels.size(), 1.0 / static_cast<double>(channels.size())));
        return;
    }
    gray = made({0.299, 0.587, 0.114});
    const Tensor yiq = at::tensor(at::ArrayRef<double>({0.299, 0.587, 0.114, 0.595716, -0.274453, -0.321263,
                                                        0.211456, -0.522591, 0.311135}),
                                  onHost)
                           .view({3, 3});
    const Tensor quarter =
        at::tensor(at::ArrayRef<double>({0, 0, 0, 0, 0, -1, 0, 1, 0}), onHost).view({3, 3});
    quarterHue = at::inverse(yiq).mm(quarter).mm(yiq).to(options);
}

} // namespace dstn
