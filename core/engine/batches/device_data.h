#pragma once

#include "core/data/dataset.h"
#include "core/engine/batches/device_images.h"
#include "core/engine/torch.h"
#include "core/export.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace DSTN_EXPORT dstn {

/// One part of a data set on the engine's device.
struct DevicePart {
    Tensor inputs;                             ///< [N, input shape] in the engine's dtype
    Tensor targets;                            ///< classification: int64 [N]; regression: dtype [N, outputs]
    Tensor tokens = {};                        ///< language, in place of both: int64 [N]
    std::shared_ptr<DeviceImages> images = {}; ///< images that are kept as bytes, in place of `inputs`
    std::int64_t count() const {
        return tokens.defined()   ? tokens.size(0)
               : images           ? images->count()
               : inputs.defined() ? inputs.size(0)
                                  : 0;
    }
    /// The device on which take() expects indices.
    at::Device placesDevice() const { return images ? images->placesDevice() : inputs.device(); }
};

/// A whole data set on the engine's device, so that batching needs no transfer, except for images of bytes
/// that do not fit, which are copied there batch by batch. Throws Error{device} if the device's memory does
/// not hold it.
struct DeviceData {
    /// @param placement of images that are kept as bytes; nothing: by their size and the device's free memory
    DeviceData(const Dataset& dataset, at::Device device, at::ScalarType dtype,
               std::optional<ImagePlacement> placement = {});

    DataInfo info;
    std::vector<Scaling> channels; ///< images: byte ↦ input, [channels]; else empty
    DevicePart train, validation, test;
};

struct Carry;

struct Batch {
    Tensor inputs, targets;
    const Carry* before = nullptr; ///< recurrent states at its start; null: there are none
    Carry* after = nullptr;        ///< receives those at its end; null: discarded
    /// Examples, or the rows of a text.
    std::int64_t count() const { return inputs.defined() ? inputs.size(0) : 0; }
    /// The number of terms in the mean loss: examples, or tokens of all rows.
    std::int64_t predictions() const {
        return targets.scalar_type() == at::kLong ? targets.numel() : count();
    }
};

/// A permutation of 0 … count − 1, int64 [count], from (seed, epoch) alone: the same on every device and with
/// every LibTorch, so that a resumed run needs no generator state.
Tensor epochOrder(std::uint64_t seed, std::int64_t epoch, std::int64_t count, at::Device device);

/// The examples order[from], …, order[from + size − 1]; fewer where the order ends.
Batch take(const DevicePart& part, const Tensor& order, std::int64_t from, std::int64_t size);
/// The examples from, …, from + size − 1 in file order, without a copy where they are kept as numbers; fewer
/// where the part ends.
Batch take(const DevicePart& part, std::int64_t from, std::int64_t size);

/// The endless sequence of a part's shuffled batches. Batch `index` follows from the seed alone, so a run is
/// resumed by its step number. The last batch of an epoch holds what is left.
class BatchOrder {
  public:
    /// @param size examples in a batch, at least 1; `part` must not be empty
    BatchOrder(const DevicePart& part, std::int64_t size, std::uint64_t seed);

    std::int64_t perEpoch() const;
    Batch at(std::int64_t index);

  private:
    /// The places of batch `index` in the part.
    Tensor places(std::int64_t index);

    DevicePart part_;
    std::int64_t size_;
    std::uint64_t seed_;
    struct Order {
        std::int64_t epoch = -1;
        Tensor places;
    };
    std::array<Order, 2> orders_; ///< of the present epoch and the next one, which is read ahead
};

/// Randomness that is a function of (seed, step, purpose): a generator is seeded anew at each step, so that a
/// resumed run needs no generator state, and drawing more for one purpose does not change another.
class StepRandom {
  public:
    StepRandom(at::Device device, std::uint64_t seed);
    /// Valid until the next call with the same purpose.
    at::Generator& at(std::int64_t step, std::uint64_t purpose);

  private:
    at::Device device_;
    std::uint64_t seed_;
    std::map<std::uint64_t, at::Generator> generators_; ///< by purpose
};

/// splitmix64's finaliser over (a, b): a seed for what belongs to `b` of stream `a`.
std::uint64_t mixSeed(std::uint64_t a, std::uint64_t b);

} // namespace dstn
