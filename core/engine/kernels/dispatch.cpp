#include "core/engine/kernels/dispatch.h"

namespace dstn {

namespace {
thread_local bool portable = false;
thread_local bool higher = false;
} // namespace

bool ownKernelsServe(const Tensor& tensor) {
    return !portable && tensor.device().is_cpu() &&
           (tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kDouble);
}

bool valueAtHand(const Tensor& tensor) { return !portable && tensor.device().is_cpu(); }

PortableScope::PortableScope(bool on) : before_(portable) { portable = portable || on; }
PortableScope::~PortableScope() { portable = before_; }

bool higherDerivatives() { return higher; }

HigherDerivativesScope::HigherDerivativesScope() : before_(higher) { higher = true; }
HigherDerivativesScope::~HigherDerivativesScope() { higher = before_; }

} // namespace dstn
