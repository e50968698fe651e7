#pragma once

#include "core/engine/batches/device_data.h"
#include "core/engine/layers/layer.h"
#include "core/export.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// A device's means of recording a sequence of its operations, to be replayed as one.
class StepRecorder {
  public:
    virtual ~StepRecorder() = default;
    /// Records the operations of `body`, which are not executed; an earlier recording is discarded.
    /// Tensors that `body` makes keep their place from one replay to the next. Throws c10::Error if it does
    /// something that cannot be recorded, such as waiting for the device.
    /// @param generator from which `body` draws; a replay continues from its state at that time
    virtual void record(const std::function<void()>& body, const at::Generator& generator) = 0;
    virtual void replay() = 0;
};
using StepRecorderFactory = std::function<std::unique_ptr<StepRecorder>()>;

/// A step on a mini-batch that is recorded once and then replayed, for batches of one shape: the host has
/// one launch instead of hundreds. The first few steps are executed directly, as are batches
/// of another shape, and all steps if recording fails.
class RecordedStep {
  public:
    /// What a step does; its results are scalars on the device, undefined ones allowed.
    using Body = std::function<std::vector<Tensor>(const Batch&, at::Generator&)>;
    /// Called once with a message: that steps are replayed, or why they are not.
    using Report = std::function<void(bool recorded, const std::string& why)>;

    /// @param makeRecorder empty: nothing is recorded
    RecordedStep(Body body, StepRecorderFactory makeRecorder, Report report);

    /// @param frozen numbers fixed in a recording, such as learning rates: if they change, it is recorded
    /// again
    /// @param generator the same at every call
    std::vector<Tensor> operator()(const Batch& batch, at::Generator& generator,
                                   const std::vector<double>& frozen);

  private:
    bool fits(const Batch& batch) const;
    void record(const Batch& batch, at::Generator& generator);
    std::vector<Tensor> replay(const Batch& batch);

    Body body_;
    StepRecorderFactory makeRecorder_;
    Report report_;
    std::unique_ptr<StepRecorder> recorder_;
    int eager_ = 0; ///< steps of its shape that were executed directly
    Batch present_; ///< the largest met before there is a recording
    std::vector<double> frozen_;
    Batch batch_; ///< what the recording reads
    Carry before_, after_;
    std::vector<Tensor> results_; ///< what it writes
};

/// The recorder of this device; if empty, the reason.
struct DeviceRecorder {
    StepRecorderFactory make;
    std::string reason;
};
DeviceRecorder deviceRecorder(at::Device device);

} // namespace dstn
