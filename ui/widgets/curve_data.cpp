#include "ui/widgets/curve_data.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dstn::ui {

void CurveData::append(double step, double epoch, double seconds, double value) {
    appendPoint(step, epoch, seconds, value);
    if (hasBand_) {
        lower_.append(value);
        upper_.append(value);
    }
}

void CurveData::append(double step, double epoch, double seconds, double value, double lower, double upper) {
    if (!hasBand_) {
        hasBand_ = true;
        for (std::size_t i = 0; i < values_.size(); ++i) {
            lower_.append(values_[i]);
            upper_.append(values_[i]);
        }
    }
    appendPoint(step, epoch, seconds, value);
    lower_.append(lower);
    upper_.append(upper);
}

void CurveData::appendPoint(double step, double epoch, double seconds, double value) {
    if (!step_.empty() && step < step_.back())
        truncate(
            static_cast<std::size_t>(std::lower_bound(step_.begin(), step_.end(), step) - step_.begin()));
    // Sorted in every axis, because windows are found by bisection.
    step_.push_back(step);
    epoch_.push_back(epoch_.empty() ? epoch : std::max(epoch, epoch_.back()));
    seconds_.push_back(seconds_.empty() ? seconds : std::max(seconds, seconds_.back()));
    if (!std::isfinite(value)) nonFinite_.push_back(values_.size());
    values_.append(value);
    if (weight_ > 0) smooth(values_.size() - 1);
}

void CurveData::truncate(std::size_t size) {
    step_.resize(size);
    epoch_.resize(size);
    seconds_.resize(size);
    values_.truncate(size);
    lower_.truncate(size);
    upper_.truncate(size);
    while (!nonFinite_.empty() && nonFinite_.back() >= size) nonFinite_.pop_back();
    smoothAll();
}

void CurveData::setSmoothing(double weight) {
    if (weight == weight_) return;
    weight_ = weight;
    smoothAll();
}

void CurveData::smoothAll() {
    smoothed_.truncate(0);
    sum_ = weights_ = 0.0;
    if (weight_ <= 0) return;
    for (std::size_t i = 0; i < values_.size(); ++i) smooth(i);
}

void CurveData::smooth(std::size_t index) {
    if (!std::isfinite(values_[index])) {
        smoothed_.append(std::numeric_limits<double>::quiet_NaN());
        return;
    }
    sum_ = weight_ * sum_ + values_[index];
    weights_ = weight_ * weights_ + 1.0;
    smoothed_.append(sum_ / weights_);
}

const std::vector<double>& CurveData::x(XAxis axis) const {
    switch (axis) {
    case XAxis::step:
        return step_;
    case XAxis::epoch:
        return epoch_;
    case XAxis::seconds:
        return seconds_;
    }
    return step_;
}

std::pair<std::size_t, std::size_t> CurveData::window(XAxis axis, double from, double to) const {
    const auto& keys = x(axis);
    auto first = std::lower_bound(keys.begin(), keys.end(), from);
    auto last = std::upper_bound(keys.begin(), keys.end(), to);
    if (first != keys.begin()) --first;
    if (last != keys.end()) ++last;
    return {static_cast<std::size_t>(first - keys.begin()), static_cast<std::size_t>(last - keys.begin())};
}

std::size_t CurveData::nearest(XAxis axis, double at) const {
    const auto& keys = x(axis);
    const auto above = std::lower_bound(keys.begin(), keys.end(), at);
    if (above == keys.end()) return keys.size() - 1;
    const auto index = static_cast<std::size_t>(above - keys.begin());
    return index > 0 && at - keys[index - 1] < *above - at ? index - 1 : index;
}

} // namespace dstn::ui
