#pragma once

#include "core/export.h"
#include "core/search/search_space.h"
#include "core/spec/tuner_spec.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace DSTN_EXPORT dstn {

/// What a search knows about one of its trials.
struct Trial {
    std::int64_t number = 0; ///< from 0 on, in the order in which they were proposed
    Point point;             ///< its current point; population based training changes it
    /// Validation loss after each finished epoch, ascending; a failed trial keeps its earlier ones.
    std::vector<std::pair<std::int64_t, double>> losses = {};
    std::int64_t epochs = 0; ///< trained so far
    bool running = false;
    bool failed = false; ///< it does not continue, and ranks behind all others

    /// The lowest loss up to an epoch; infinite where there is none, NaN left out.
    double best(std::int64_t upTo) const;
};

/// The next task: train trial `number` at `point` until it has `epochs` epochs in total.
struct Task {
    std::int64_t trial = 0;
    Point point;
    std::int64_t epochs = 0;
    std::optional<std::int64_t> inherit = {}; ///< first copies this trial's weights
    bool operator==(const Task&) const = default;
};

/// A method that tunes by many trainings. It has no state: the next task follows from its options, its
/// seed and the trials so far, so that a study can be resumed from the archive, and extended by
/// asking for more.
///
/// A new one: a file pair in core/search deriving from this, with its searchOf(); its options
/// (core/spec/tuner_spec.h, core/experiment/tuner_fields.h) and its row (core/spec/tuner_rows.h).
class Search {
  public:
    virtual ~Search() = default;
    /// Nothing: no task can start before a running trial ends, or, if none is running, at all.
    /// @param trials by number, without gaps
    virtual std::optional<Task> next(const std::vector<Trial>& trials) const = 0;
};

/// Makes the search of one type. Each type that searches defines its own, next to the search; a
/// missing one is a linker error.
/// @param epochs of a whole training
template <class Options>
std::unique_ptr<Search> searchOf(const Options& own, SearchSpace space, std::int64_t epochs,
                                 std::uint64_t seed);

/// Throws Error{usage} if the tuner does not search.
/// @param epochs of a whole training
std::unique_ptr<Search> makeSearch(const TunerSpec& spec, const std::vector<Hyperparameter>& hyperparameters,
                                   std::int64_t epochs, std::uint64_t seed);

} // namespace dstn
