#include "core/data/device_data.h"

#include "core/error.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace dstn {

namespace {

std::uint64_t splitmix(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/// A tensor on `device` with `rows` × `shape` values read from plain memory.
template <typename T>
Tensor upload(const std::vector<T>& values, std::vector<std::int64_t> shape, at::ScalarType from,
              at::Device device, at::ScalarType dtype) {
    // from_blob wants a mutable pointer; it is only read.
    TORCH_CHECK(static_cast<std::int64_t>(values.size()) == c10::multiply_integers(shape), values.size(),
                " values for the shape ", shape);
    const Tensor host = at::from_blob(const_cast<T*>(values.data()), shape, at::TensorOptions(from));
    if (!device.is_cuda()) return host.to(at::TensorOptions(dtype).device(device), false, true);

    // Page-locked copies transfer at full speed; in slices, so that they stay small beside the data.
    constexpr std::int64_t slice = 64 << 20;
    Tensor result = at::empty(shape, at::TensorOptions(dtype).device(device));
    const std::int64_t rowBytes =
        shape[0] > 0 ? host.numel() / shape[0] * static_cast<std::int64_t>(sizeof(T)) : 1;
    const std::int64_t rows = std::max<std::int64_t>(1, slice / std::max<std::int64_t>(rowBytes, 1));
    for (std::int64_t begin = 0; begin < shape[0]; begin += rows) {
        const std::int64_t count = std::min(rows, shape[0] - begin);
        result.narrow(0, begin, count)
            .copy_(host.narrow(0, begin, count).to(dtype).pin_memory(), /*non_blocking=*/true);
    }
    return result;
}

DevicePart uploadPart(const Examples& examples, const DataInfo& info, at::Device device,
                      at::ScalarType dtype) {
    DevicePart part;
    if (info.task == TaskKind::language) {
        part.tokens = upload(examples.tokens, {examples.count}, at::kInt, device, at::kLong);
        return part;
    }
    std::vector<std::int64_t> shape{examples.count};
    for (const auto extent : info.input) shape.push_back(extent);
    part.inputs = upload(examples.inputs, shape, at::kFloat, device, dtype);
    part.targets = info.task == TaskKind::classification
                       ? upload(examples.labels, {examples.count}, at::kLong, device, at::kLong)
                       : upload(examples.targets, {examples.count, info.outputs}, at::kFloat, device, dtype);
    return part;
}

} // namespace

std::uint64_t mixSeed(std::uint64_t a, std::uint64_t b) { return splitmix(splitmix(a) ^ b); }

DeviceData::DeviceData(const Dataset& dataset, at::Device device, at::ScalarType dtype) : info(dataset.info) {
    try {
        train = uploadPart(dataset.train, info, device, dtype);
        validation = uploadPart(dataset.validation, info, device, dtype);
        test = uploadPart(dataset.test, info, device, dtype);
    } catch (const c10::Error& error) {
        const std::size_t values =
            dataset.train.inputs.size() + dataset.validation.inputs.size() + dataset.test.inputs.size();
        throw Error(ErrorKind::device, "The data (" +
                                           std::to_string((values * c10::elementSize(dtype) >> 20) + 1) +
                                           " MiB) could not be brought to the device " + device.str() + ": " +
                                           error.what_without_backtrace() +
                                           ". Use fewer examples (data.limit) or another device.");
    }
}

Tensor epochOrder(std::uint64_t seed, std::int64_t epoch, std::int64_t count, at::Device device) {
    Tensor order = at::arange(count, at::TensorOptions(at::kLong));
    std::int64_t* values = order.data_ptr<std::int64_t>();
    std::uint64_t state = mixSeed(seed, static_cast<std::uint64_t>(epoch));
    for (std::int64_t i = count - 1; i > 0; --i) {
        // Lemire's multiplication, with the draws that would make it uneven thrown away.
        const auto range = static_cast<std::uint64_t>(i) + 1;
        const std::uint64_t reject = (0 - range) % range;
        __extension__ unsigned __int128 product;
        do {
            state += 0x9e3779b97f4a7c15ULL;
            product = static_cast<decltype(product)>(splitmix(state)) * range;
        } while (static_cast<std::uint64_t>(product) < reject);
        std::swap(values[i], values[static_cast<std::int64_t>(product >> 64)]);
    }
    return order.to(device);
}

Batch take(const DevicePart& part, const Tensor& order, std::int64_t from, std::int64_t size) {
    const std::int64_t count = std::clamp<std::int64_t>(order.size(0) - from, 0, size);
    const Tensor chosen = order.narrow(0, std::min(from, order.size(0)), count);
    return {part.inputs.index_select(0, chosen), part.targets.index_select(0, chosen)};
}

Batch take(const DevicePart& part, std::int64_t from, std::int64_t size) {
    const std::int64_t count = std::clamp<std::int64_t>(part.count() - from, 0, size);
    const std::int64_t begin = std::min(from, part.count());
    return {part.inputs.narrow(0, begin, count), part.targets.narrow(0, begin, count)};
}

BatchOrder::BatchOrder(const DevicePart& part, std::int64_t size, std::uint64_t seed)
    : part_(part), size_(size), seed_(seed) {
    TORCH_CHECK(size > 0 && part.count() > 0, "batches of ", size, " of ", part.count(), " examples");
}

std::int64_t BatchOrder::perEpoch() const { return (part_.count() + size_ - 1) / size_; }

Batch BatchOrder::at(std::int64_t index) {
    const std::int64_t epoch = index / perEpoch();
    if (epoch != epoch_) {
        order_ = epochOrder(seed_, epoch, part_.count(), part_.inputs.device());
        epoch_ = epoch;
    }
    return take(part_, order_, index % perEpoch() * size_, size_);
}

StepRandom::StepRandom(at::Device device, std::uint64_t seed) : device_(device), seed_(seed) {}

at::Generator& StepRandom::at(std::int64_t step, std::uint64_t purpose) {
    auto found = generators_.find(purpose);
    if (found == generators_.end()) {
        at::Generator fresh = device_.is_cpu() ? at::detail::createCPUGenerator()
                                               : at::globalContext().defaultGenerator(device_).clone();
        found = generators_.emplace(purpose, std::move(fresh)).first;
    }
    const std::uint64_t stream = mixSeed(seed_, purpose);
    const std::lock_guard<std::mutex> lock(found->second.mutex());
    found->second.set_current_seed(mixSeed(stream, static_cast<std::uint64_t>(step)));
    return found->second;
}

} // namespace dstn
