#include "core/engine/training/recorded_step.h"

#ifdef DSTN_CUDA
#include <ATen/cuda/CUDAGeneratorImpl.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#endif

namespace dstn {

#ifdef DSTN_CUDA
namespace {

/// Until LibTorch 2.9 or so a graph has to be told which generators it draws from; then it finds out.
template <typename Generator>
void announce(Generator& generator, at::cuda::CUDAGraph& graph) {
    if constexpr (requires { generator.register_graph(&graph); }) generator.register_graph(&graph);
}

/// A CUDA graph.
class GraphRecorder final : public StepRecorder {
  public:
    void record(const std::function<void()>& body, const at::Generator& generator) override {
        // A graph has memory of its own: what the eager steps leave unused is better there.
        c10::cuda::CUDACachingAllocator::emptyCache();
        announce(*at::check_generator<at::CUDAGeneratorImpl>(generator), graph_);
        // Data that are brought to the device on another thread meanwhile do not disturb.
        graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
        try {
            body();
        } catch (...) {
            try {
                graph_.capture_end();
            } catch (const c10::Error&) {
                // It only says again that the recording was broken off, which `body` has said better.
            }
            throw;
        }
        graph_.capture_end();
    }
    void replay() override { graph_.replay(); }

  private:
    at::cuda::CUDAGraph graph_;
};

} // namespace
#endif

DeviceRecorder deviceRecorder(at::Device device) {
    if (!device.is_cuda()) return {{}, "the CPU does not benefit from it"};
#ifdef DSTN_CUDA
    return {[] { return std::make_unique<GraphRecorder>(); }, {}};
#else
    return {{}, "this build found no CUDA headers for LibTorch"};
#endif
}

} // namespace dstn
