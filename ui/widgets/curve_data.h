#pragma once

#include "ui/widgets/min_max_pyramid.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace dstn::ui {

/// What a curve is drawn against.
enum class XAxis {
    step,   ///< training steps done
    epoch,  ///< fractional epochs
    seconds ///< training time without pauses
};

/// The points of one curve, in step order, with an optional band [lower, upper] around each and an
/// exponentially smoothed copy:
/// s_i = Σ_j≤i w^(i−j) v_j / Σ_j≤i w^(i−j) over the finite values (bias-corrected, so it starts at v_0).
class CurveData {
  public:
    /// A step lower than the last one rewinds: the points from there on are replaced, as when a run is
    /// resumed from a checkpoint older than its last point.
    void append(double step, double epoch, double seconds, double value);
    void append(double step, double epoch, double seconds, double value, double lower, double upper);
    void clear() { truncate(0); }
    /// @param weight w in [0, 1); 0: no smoothing
    void setSmoothing(double weight);

    std::size_t size() const { return values_.size(); }
    const std::vector<double>& x(XAxis axis) const;
    const MinMaxPyramid& values() const { return values_; }
    const MinMaxPyramid& smoothed() const { return smoothed_; } ///< empty without smoothing
    bool hasBand() const { return hasBand_; }
    const MinMaxPyramid& lower() const { return lower_; }
    const MinMaxPyramid& upper() const { return upper_; }
    /// Indices of NaN and infinite values, ascending.
    const std::vector<std::size_t>& nonFinite() const { return nonFinite_; }
    /// Indices [first, last) that reach over [from, to]: with the neighbour on either side.
    std::pair<std::size_t, std::size_t> window(XAxis axis, double from, double to) const;
    /// The point whose x is nearest. The curve must not be empty.
    std::size_t nearest(XAxis axis, double at) const;

  private:
    void appendPoint(double step, double epoch, double seconds, double value);
    void truncate(std::size_t size);
    void smooth(std::size_t index);
    void smoothAll();

    std::vector<double> step_, epoch_, seconds_;
    MinMaxPyramid values_, smoothed_, lower_, upper_;
    std::vector<std::size_t> nonFinite_;
    bool hasBand_ = false;
    double weight_ = 0.0;
    double sum_ = 0.0, weights_ = 0.0;
};

} // namespace dstn::ui
