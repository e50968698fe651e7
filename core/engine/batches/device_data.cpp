#include "core/engine/batches/device_data.h"

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

DevicePart uploadPart(const Examples& examples, const Dataset& dataset, at::Device device,
                      at::ScalarType dtype, std::optional<ImagePlacement> placement) {
    const DataInfo& info = dataset.info;
    DevicePart part;
    if (info.task == TaskKind::language) {
        part.tokens = upload(examples.tokens, {examples.count}, at::kInt, device, at::kLong);
        return part;
    }
    std::vector<std::int64_t> shape{examples.count};
    for (const auto extent : info.input) shape.push_back(extent);
    if (examples.images.index.empty())
        part.inputs = upload(examples.inputs, shape, at::kFloat, device, dtype);
    else
        part.images = std::make_shared<DeviceImages>(examples.images, info.input, dataset.channels, device,
                                                     dtype, *placement);
    part.targets = info.task == TaskKind::classification
                       ? upload(examples.labels, {examples.count}, at::kLong, device, at::kLong)
                       : upload(examples.targets, {examples.count, info.outputs}, at::kFloat, device, dtype);
    return part;
}

} // namespace

std::uint64_t mixSeed(std::uint64_t a, std::uint64_t b) { return splitmix(splitmix(a) ^ b); }

DeviceData::DeviceData(const Dataset& dataset, at::Device device, at::ScalarType dtype,
                       std::optional<ImagePlacement> placement)
    : info(dataset.info), channels(dataset.channels) {
    const auto bytes = [&](const Examples& part) {
        const double size = static_cast<double>(c10::multiply_integers(info.input));
        return static_cast<double>(part.images.index.size()) * size +
               static_cast<double>(part.inputs.size()) * static_cast<double>(c10::elementSize(dtype));
    };
    const double total = bytes(dataset.train) + bytes(dataset.validation) + bytes(dataset.test);
    try {
        if (!placement) placement = placementFor(total, device, freeDeviceMemory(device));
        train = uploadPart(dataset.train, dataset, device, dtype, placement);
        validation = uploadPart(dataset.validation, dataset, device, dtype, placement);
        test = uploadPart(dataset.test, dataset, device, dtype, placement);
    } catch (const c10::Error& error) {
        constexpr double mebibyte = 1 << 20;
        throw Error(ErrorKind::device, "The data (" +
                                           std::to_string(static_cast<std::int64_t>(total / mebibyte) + 1) +
                                           " MiB) could not be copied to the device " + device.str() + ": " +
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

/// The examples at `places`, int64 [n] on the part's placesDevice().
static Batch takeAt(const DevicePart& part, const Tensor& places) {
    return {part.images ? part.images->load(places) : part.inputs.index_select(0, places),
            part.targets.index_select(0, places.to(part.targets.device()))};
}

Batch take(const DevicePart& part, const Tensor& order, std::int64_t from, std::int64_t size) {
    const std::int64_t count = std::clamp<std::int64_t>(order.size(0) - from, 0, size);
    return takeAt(part, order.narrow(0, std::min(from, order.size(0)), count));
}

Batch take(const DevicePart& part, std::int64_t from, std::int64_t size) {
    const auto range = [&](std::int64_t first) {
        const std::int64_t begin = std::min(first, part.count());
        return std::pair{begin, std::min(begin + size, part.count())};
    };
    const auto [begin, end] = range(from);
    if (!part.images) return {part.inputs.slice(0, begin, end), part.targets.slice(0, begin, end)};
    const auto places = [&](std::int64_t first, std::int64_t last) {
        return at::arange(first, last, at::TensorOptions(at::kLong).device(part.placesDevice()));
    };
    Batch batch = takeAt(part, places(begin, end));
    if (const auto [next, last] = range(end); next < last) part.images->prefetch(places(next, last));
    return batch;
}

BatchOrder::BatchOrder(const DevicePart& part, std::int64_t size, std::uint64_t seed)
    : part_(part), size_(size), seed_(seed) {
    TORCH_CHECK(size > 0 && part.count() > 0, "batches of ", size, " of ", part.count(), " examples");
}

std::int64_t BatchOrder::perEpoch() const { return (part_.count() + size_ - 1) / size_; }

Tensor BatchOrder::places(std::int64_t index) {
    const std::int64_t epoch = index / perEpoch();
    Order& order = orders_[static_cast<std::size_t>(epoch % 2)];
    if (order.epoch != epoch)
        order = {.epoch = epoch, .places = epochOrder(seed_, epoch, part_.count(), part_.placesDevice())};
    const std::int64_t from = index % perEpoch() * size_;
    return order.places.slice(0, from, std::min(from + size_, part_.count()));
}

Batch BatchOrder::at(std::int64_t index) {
    Batch batch = takeAt(part_, places(index));
    // Two ahead: one is on its way while the other is waited for.
    if (part_.images && part_.images->placement() == ImagePlacement::streamed)
        for (const std::int64_t next : {index + 1, index + 2}) part_.images->prefetch(places(next));
    return batch;
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
