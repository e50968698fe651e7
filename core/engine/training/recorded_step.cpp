#include "core/engine/training/recorded_step.h"

#include <utility>

namespace dstn {

/// Memory is taken, algorithms are chosen and libraries make their work space in the first steps, none of
/// which belongs into a recording.
static constexpr int eagerSteps = 3;

RecordedStep::RecordedStep(Body body, StepRecorderFactory makeRecorder, Report report)
    : body_(std::move(body)), makeRecorder_(std::move(makeRecorder)), report_(std::move(report)) {}

static bool sameShape(const Batch& a, const Batch& b) {
    const auto same = [](const Tensor& x, const Tensor& y) {
        return x.defined() == y.defined() &&
               (!x.defined() || (x.sizes() == y.sizes() && x.dtype() == y.dtype()));
    };
    return same(a.inputs, b.inputs) && same(a.targets, b.targets) &&
           (a.before == nullptr) == (b.before == nullptr) && (a.after == nullptr) == (b.after == nullptr);
}

std::vector<Tensor> RecordedStep::operator()(const Batch& batch, at::Generator& generator,
                                             const std::vector<double>& frozen) {
    if (!makeRecorder_) return body_(batch, generator);
    const bool recorded = recorder_ != nullptr;
    if (recorded ? !sameShape(batch_, batch) : !sameShape(present_, batch)) {
        // An epoch's last batch, which is smaller, does not invalidate what fits all others.
        if (!recorded && (!present_.inputs.defined() || batch.inputs.numel() > present_.inputs.numel())) {
            present_ = batch;
            eager_ = 1;
        }
        return body_(batch, generator);
    }
    if (!recorded && eager_++ < eagerSteps) return body_(batch, generator);
    if (!recorded || frozen != frozen_) {
        try {
            record(batch, generator);
        } catch (const c10::Error& error) {
            makeRecorder_ = {};
            recorder_.reset();
            report_(false, error.what_without_backtrace());
            return body_(batch, generator);
        }
        frozen_ = frozen;
        if (!recorded) report_(true, {});
    }
    return replay(batch);
}

void RecordedStep::record(const Batch& batch, at::Generator& generator) {
    const auto copy = [](const Tensor& tensor) { return tensor.defined() ? tensor.clone() : tensor; };
    batch_ = {copy(batch.inputs), copy(batch.targets)};
    if (batch.before != nullptr) {
        before_ = {};
        for (const Tensor& state : batch.before->states) before_.states.push_back(state.clone());
        batch_.before = &before_;
    }
    if (batch.after != nullptr) {
        after_ = *batch.after;
        batch_.after = &after_;
    }
    // What an earlier recording holds is as large as what the new one needs.
    recorder_.reset();
    results_.clear();
    std::unique_ptr<StepRecorder> recorder = makeRecorder_();
    recorder->record([this, &generator] { results_ = body_(batch_, generator); }, generator);
    recorder_ = std::move(recorder);
}

std::vector<Tensor> RecordedStep::replay(const Batch& batch) {
    batch_.inputs.copy_(batch.inputs);
    if (batch_.targets.defined()) batch_.targets.copy_(batch.targets);
    if (batch.before != nullptr)
        for (std::size_t i = 0; i < before_.states.size(); ++i)
            before_.states[i].copy_(batch.before->states[i]);
    recorder_->replay();
    // The recording writes into the same tensors again; whoever carries states on has them for longer.
    if (batch.after != nullptr)
        for (std::size_t i = 0; i < after_.states.size(); ++i)
            batch.after->states[i] = after_.states[i].clone();
    return results_;
}

} // namespace dstn
