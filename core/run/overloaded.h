#pragma once

#include "core/export.h"

namespace DSTN_EXPORT dstn {

/// A visitor of functions, one for each alternative of a variant. Where one is missing std::visit does not
/// compile, so that a new kind of event is noticed wherever it must be handled: give no function that
/// takes anything, but ignore<…> for those that are of no interest.
template <class... Functions>
struct overloaded : Functions... {
    using Functions::operator()...;
};
// Without it, clang 14 does not find the types of an aggregate's bases.
template <class... Functions>
overloaded(Functions...) -> overloaded<Functions...>;

template <class Alternative>
struct IgnoreOne {
    void operator()(const Alternative& /*alternative*/) const {}
};
template <class... Alternatives>
struct Ignore : IgnoreOne<Alternatives>... {
    using IgnoreOne<Alternatives>::operator()...;
};
/// Ignores these types, and no others.
template <class... Alternatives>
inline constexpr Ignore<Alternatives...> ignore{};

} // namespace dstn
