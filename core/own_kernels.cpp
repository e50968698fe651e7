#include "core/own_kernels.h"

namespace dstn {

namespace {
thread_local bool portable = false;
}

bool ownKernelsServe(const Tensor& tensor) {
    return !portable && tensor.device().is_cpu() &&
           (tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kDouble);
}

bool valueAtHand(const Tensor& tensor) { return !portable && tensor.device().is_cpu(); }

PortableScope::PortableScope(bool on) : before_(portable) { portable = portable || on; }
PortableScope::~PortableScope() { portable = before_; }

} // namespace dstn
