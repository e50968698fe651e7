#pragma once

#include "core/engine/torch.h"
#include "core/export.h"

#include <c10/core/Event.h>

#include <deque>
#include <optional>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Numbers being copied from a device to the host, in the order in which they were sent, without anyone
/// waiting for the device. Values on the CPU arrive at once.
///
///     readback.send({loss, correct});             // after the step
///     while (auto values = readback.arrived()) …  // a few steps later
class Readback {
  public:
    using Values = std::vector<std::vector<double>>; ///< of each tensor that was sent, flattened

    /// @param lag how many may be in flight; beyond that, arrived() waits for the oldest
    explicit Readback(std::size_t lag) : lag_(lag) {}

    /// Starts to copy tensors of real or whole numbers, all on one device, as they are now: what is written
    /// into them later does not arrive.
    void send(const std::vector<Tensor>& tensors);
    /// The oldest values sent, if they have arrived.
    /// @param wait waits for them, however few are in flight
    std::optional<Values> arrived(bool wait = false);
    bool empty() const { return underway_.empty(); }

  private:
    struct Sent {
        Values values;                     ///< with what has arrived, else only of the right sizes
        Tensor numbers;                    ///< all of them one after the other, float64, page-locked memory
        std::optional<c10::Event> written; ///< when `numbers` are; nothing: `values` are
    };
    std::size_t lag_;
    std::deque<Sent> underway_;
};

} // namespace dstn
