#include "core/engine/training/readback.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace dstn {

void Readback::send(const std::vector<Tensor>& tensors) {
    const at::NoGradGuard guard;
    Sent sent;
    std::vector<Tensor> flat;
    for (const Tensor& tensor : tensors) {
        std::vector<double>& values = sent.values.emplace_back(static_cast<std::size_t>(tensor.numel()));
        const Tensor numbers = tensor.detach().flatten().to(at::kDouble);
        if (numbers.is_cpu())
            std::copy_n(numbers.data_ptr<double>(), values.size(), values.begin());
        else
            flat.push_back(numbers);
    }
    if (!flat.empty()) {
        const Tensor numbers = at::cat(flat);
        // Only into page-locked memory does a copy take place without the computer's help.
        sent.numbers = at::empty(numbers.sizes(), at::TensorOptions(at::kDouble).pinned_memory(true));
        sent.numbers.copy_(numbers, /*non_blocking=*/true);
        const c10::impl::VirtualGuardImpl device(numbers.device().type());
        sent.written.emplace(numbers.device().type());
        sent.written->record(device.getStream(numbers.device()));
    }
    underway_.push_back(std::move(sent));
}

std::optional<Readback::Values> Readback::arrived(bool wait) {
    wait = wait || underway_.size() > lag_;
    if (underway_.empty()) return std::nullopt;
    Sent& oldest = underway_.front();
    if (!wait && (!oldest.written || !oldest.written->query())) return std::nullopt;
    if (oldest.written) {
        while (!oldest.written->query()) std::this_thread::sleep_for(std::chrono::microseconds(20));
        const double* number = oldest.numbers.data_ptr<double>();
        for (std::vector<double>& values : oldest.values) {
            std::copy_n(number, values.size(), values.begin());
            number += values.size();
        }
    }
    Values values = std::move(oldest.values);
    underway_.pop_front();
    return values;
}

} // namespace dstn
