#include "core/engine/batches/device_images.h"

#include "core/data/mapped_file.h"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

// Of CUDA's runtime, which a LibTorch with CUDA includes; null in one without. Its headers may be
// missing.
extern "C" __attribute__((weak)) int cudaMemGetInfo(std::size_t* free, std::size_t* total);

namespace dstn {

namespace {

std::vector<std::int64_t> batchShape(std::int64_t count, const Shape& shape) {
    std::vector<std::int64_t> result{count};
    result.insert(result.end(), shape.begin(), shape.end());
    return result;
}

std::int64_t numel(const Shape& shape) { return c10::multiply_integers(shape); }

std::span<const std::int64_t> asSpan(const Tensor& places) {
    return {places.data_ptr<std::int64_t>(), static_cast<std::size_t>(places.numel())};
}

} // namespace

ImagePlacement placementFor(double bytes, at::Device device, std::optional<double> freeBytes) {
    const bool fits = device.is_cpu() || !freeBytes || bytes <= *freeBytes / 2;
    return fits ? ImagePlacement::resident : ImagePlacement::streamed;
}

std::optional<double> freeDeviceMemory(at::Device device) {
    if (!device.is_cuda() || cudaMemGetInfo == nullptr) return std::nullopt;
    const c10::OptionalDeviceGuard guard(device);
    std::size_t free = 0, total = 0;
    if (cudaMemGetInfo(&free, &total) != 0) return std::nullopt;
    return static_cast<double>(free);
}

Tensor mapBytes(const Tensor& images, const Tensor& table) {
    const Tensor channel =
        at::arange(images.size(1), images.options().dtype(at::kInt)).mul(256).view({-1, 1, 1});
    const Tensor entries = images.to(at::kInt).add_(channel);
    return table.index_select(0, entries.flatten()).view(images.sizes());
}

/// Brings batches to the device ahead of their use, on a thread of its own.
class DeviceImages::Stream {
  public:
    explicit Stream(const DeviceImages& images) : images_(images), worker_([this] { work(); }) {}

    ~Stream() {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
        worker_.join();
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    void begin(const Tensor& places) {
        {
            const std::lock_guard lock(mutex_);
            if (find(places) != batches_.end()) return;
            // What nobody came for makes room.
            if (batches_.size() == ahead) batches_.pop_front();
            batches_.push_back(std::make_shared<StreamedBatch>(places));
        }
        changed_.notify_all();
    }

    /// The bytes of a batch, on the device and ready to be used there.
    Tensor take(const Tensor& places) {
        std::shared_ptr<StreamedBatch> batch;
        {
            std::unique_lock lock(mutex_);
            const auto found = find(places);
            if (found == batches_.end()) {
                lock.unlock();
                return images_.staged(places, images_.device_.is_cuda()).to(images_.device_, true);
            }
            batch = *found;
            batches_.erase(found);
            // Nobody may have begun with it, and then nobody will, now that it is off the list.
            if (!batch->begun) {
                lock.unlock();
                bring(*batch);
            } else {
                changed_.wait(lock, [&] { return batch->done; });
            }
        }
        if (batch->failure) std::rethrow_exception(batch->failure);
        if (batch->arrived) {
            const c10::Stream current =
                c10::impl::VirtualGuardImpl(images_.device_.type()).getStream(images_.device_);
            batch->arrived->block(current);
            batch->bytes.record_stream(current);
        }
        return batch->bytes;
    }

  private:
    struct StreamedBatch {
        explicit StreamedBatch(Tensor which) : places(std::move(which)) {}
        Tensor places;
        Tensor bytes;
        std::optional<c10::Event> arrived; ///< on a device that works on its own
        std::exception_ptr failure;
        bool begun = false, done = false;
    };
    using Batches = std::deque<std::shared_ptr<StreamedBatch>>;

    static constexpr std::size_t ahead = 4;

    Batches::iterator find(const Tensor& places) {
        return std::find_if(batches_.begin(), batches_.end(),
                            [&](const auto& batch) { return at::equal(batch->places, places); });
    }

    void bring(StreamedBatch& batch) const {
        try {
            if (!images_.device_.is_cuda()) {
                batch.bytes = images_.staged(batch.places, false);
                return;
            }
            const c10::impl::VirtualGuardImpl device(images_.device_.type());
            const c10::Stream side = device.getStreamFromGlobalPool(images_.device_);
            const c10::StreamGuard guard(side);
            // The pinned memory's allocator keeps it until the copy is done.
            batch.bytes = images_.staged(batch.places, true).to(images_.device_, true);
            batch.arrived.emplace(images_.device_.type());
            batch.arrived->record(side);
        } catch (...) {
            batch.failure = std::current_exception();
        }
    }

    void work() {
        const at::NoGradGuard noGradients;
        std::unique_lock lock(mutex_);
        while (true) {
            std::shared_ptr<StreamedBatch> next;
            changed_.wait(lock, [&] {
                const auto found = std::find_if(batches_.begin(), batches_.end(),
                                                [](const auto& batch) { return !batch->begun; });
                next = found != batches_.end() ? *found : nullptr;
                return stop_ || next;
            });
            if (stop_) return;
            next->begun = true;
            lock.unlock();
            bring(*next);
            lock.lock();
            next->done = true;
            changed_.notify_all();
        }
    }

    const DeviceImages& images_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Batches batches_;
    bool stop_ = false;
    std::thread worker_;
};

DeviceImages::DeviceImages(const ByteImages& images, Shape shape, const std::vector<Scaling>& channels,
                           at::Device device, at::ScalarType dtype, ImagePlacement placement)
    : images_(images),
      shape_(std::move(shape)),
      tables_(tabulated(channels)),
      device_(device),
      dtype_(dtype),
      placement_(placement) {
    TORCH_CHECK(shape_.size() == 3 && static_cast<std::int64_t>(channels.size()) == shape_[0],
                channels.size(), " channels for images of ", shape_);
    const std::int64_t sources =
        static_cast<std::int64_t>(images_.bytes.size()) / std::max<std::int64_t>(numel(shape_), 1);
    for (const std::int64_t row : images_.index)
        TORCH_CHECK(row >= 0 && row < sources, "image ", row, " of ", sources);
    table_ =
        at::from_blob(tables_.data(), {shape_[0] * 256}, at::TensorOptions(at::kFloat)).clone().to(device);
    if (placement_ == ImagePlacement::streamed) {
        stream_ = std::make_unique<Stream>(*this);
        return;
    }
    if (device_.is_cpu()) return;
    // Through page-locked copies, which transfer at full speed; in slices, so that they stay small.
    resident_ = at::empty(batchShape(count(), shape_), at::TensorOptions(at::kByte).device(device_));
    constexpr std::int64_t sliceBytes = 64 << 20;
    const std::int64_t slice =
        std::max<std::int64_t>(1, sliceBytes / std::max<std::int64_t>(1, numel(shape_)));
    for (std::int64_t begin = 0; begin < count(); begin += slice) {
        const std::int64_t size = std::min(slice, count() - begin);
        resident_.narrow(0, begin, size)
            .copy_(staged(at::arange(begin, begin + size, at::TensorOptions(at::kLong)), device_.is_cuda()),
                   true);
    }
}

DeviceImages::~DeviceImages() = default;

std::int64_t DeviceImages::count() const { return static_cast<std::int64_t>(images_.index.size()); }

at::Device DeviceImages::placesDevice() const { return resident_.defined() ? device_ : at::Device(at::kCPU); }

/// The bytes of images one after the other in the computer's memory.
Tensor DeviceImages::staged(const Tensor& places, bool pinned) const {
    Tensor result =
        at::empty(batchShape(places.numel(), shape_), at::TensorOptions(at::kByte).pinned_memory(pinned));
    std::uint8_t* to = result.data_ptr<std::uint8_t>();
    const auto size = static_cast<std::size_t>(numel(shape_));
    for (const std::int64_t place : asSpan(places)) {
        const auto row = static_cast<std::size_t>(images_.index[static_cast<std::size_t>(place)]);
        std::memcpy(to, images_.bytes.view().data() + row * size, size);
        to += size;
    }
    requireIntact(images_.bytes.view());
    return result;
}

/// Gathers and maps in one pass, from where the images lie.
Tensor DeviceImages::gathered(const Tensor& places) const {
    const auto list = asSpan(places);
    std::vector<std::int64_t> rows;
    rows.reserve(list.size());
    for (const std::int64_t place : list) rows.push_back(images_.index[static_cast<std::size_t>(place)]);
    Tensor result = at::empty(batchShape(places.numel(), shape_), at::TensorOptions(at::kFloat));
    float* into = result.data_ptr<float>();
    const std::int64_t size = numel(shape_);
    at::parallel_for(0, places.numel(), 8, [&](std::int64_t begin, std::int64_t end) {
        gatherImages(
            images_.bytes.view(),
            std::span(rows).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)),
            tables_, shape_[1] * shape_[2], into + begin * size);
    });
    requireIntact(images_.bytes.view());
    return result.to(dtype_);
}

Tensor DeviceImages::load(const Tensor& places) {
    if (stream_) return mapBytes(stream_->take(places.contiguous()), table_).to(dtype_);
    if (resident_.defined()) return mapBytes(resident_.index_select(0, places), table_).to(dtype_);
    return gathered(places.contiguous());
}

void DeviceImages::prefetch(const Tensor& places) {
    if (stream_) stream_->begin(places.contiguous());
}

} // namespace dstn
