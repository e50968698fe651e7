#include "core/study/study_results.h"

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace dstn {

namespace {

double epochsOf(const StudyRun& run) {
    return static_cast<double>(run.steps) / static_cast<double>(std::max<std::int64_t>(1, run.stepsPerEpoch));
}

/// The results of one seed, run by run.
class Accounting {
  public:
    explicit Accounting(std::uint64_t seed) {
        result_.seed = seed;
        result_.progress.resize(budgetUnits.size());
    }

    void add(const StudyRun& run) {
        ++result_.runs;
        if (run.state == RunState::failed) ++result_.failedRuns;
        for (const EpochResult& epoch : run.epochs) {
            // False for NaN too, which is never the best.
            if (!(epoch.validationLoss < lowest_)) continue;
            lowest_ = epoch.validationLoss;
            result_.best = epoch;
            result_.bestRun = run.run;
            result_.improvedBy.push_back(run.run);
            point({result_.epochs + static_cast<double>(epoch.epoch), result_.gradients + epoch.gradients,
                   result_.seconds + epoch.seconds});
        }
        result_.epochs += epochsOf(run);
        result_.gradients += run.gradients;
        result_.seconds += run.seconds;
    }

    SeedResult result() && {
        // What diverged before it was better than untrained has chosen nothing.
        if (result_.failedRuns == result_.runs && result_.best && result_.best->epoch == 0) {
            result_.best.reset();
            result_.bestRun.clear();
            result_.improvedBy.clear();
            for (Progress& progress : result_.progress) progress = {};
        }
        const std::array spent{result_.epochs, result_.gradients, result_.seconds};
        for (std::size_t unit = 0; unit < budgetUnits.size(); ++unit) {
            Progress& progress = result_.progress[unit];
            if (progress.spent.empty() || spent[unit] <= progress.spent.back()) continue;
            progress.spent.push_back(spent[unit]);
            progress.best.push_back(lowest_);
        }
        return std::move(result_);
    }

  private:
    void point(const std::array<double, budgetUnits.size()>& spent) {
        for (std::size_t unit = 0; unit < budgetUnits.size(); ++unit) {
            result_.progress[unit].spent.push_back(spent[unit]);
            result_.progress[unit].best.push_back(lowest_);
        }
    }

    SeedResult result_;
    double lowest_ = std::numeric_limits<double>::infinity();
};

/// Of sorted values, with linear interpolation between them.
double quantile(const std::vector<double>& sorted, double q) {
    const double place = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// Mean of what each seed's best point has, where it has it.
template <class F>
std::optional<Mean> meanOver(const std::vector<SeedResult>& seeds, F&& value) {
    std::vector<double> values;
    for (const SeedResult& seed : seeds)
        if (const std::optional<double> one = value(seed)) values.push_back(*one);
    return meanOf(values);
}

/// What each seed settled on, of the hyperparameters that were there to be tuned.
std::vector<std::pair<std::string, Mean>> chosen(const std::vector<SeedResult>& seeds,
                                                 const std::vector<StudyRun>& runs) {
    std::vector<std::pair<std::string, std::vector<double>>> values;
    for (const SeedResult& seed : seeds) {
        if (!seed.best) continue;
        const auto run = std::ranges::find(runs, seed.bestRun, &StudyRun::run);
        const ParsedExperiment parsed = parseExperiment(run->experimentJson);
        for (const auto& [name, value] : seed.best->hyperparameters) {
            if (parsed.experiment) {
                const auto& declared = parsed.experiment->hyperparameters;
                const auto h = std::ranges::find(declared, name, &Hyperparameter::name);
                if (h != declared.end() && !h->tune) continue;
            }
            auto place = std::ranges::find(values, name, &std::pair<std::string, std::vector<double>>::first);
            if (place == values.end()) place = values.insert(values.end(), {name, {}});
            place->second.push_back(value);
        }
    }
    std::vector<std::pair<std::string, Mean>> result;
    for (const auto& [name, list] : values) result.emplace_back(name, *meanOf(list));
    return result;
}

MethodResult methodResult(std::size_t method, const Study& study, const std::vector<StudyRun>& runs) {
    MethodResult result;
    result.name = study.methods[method].name;
    for (const std::uint64_t seed : study.seeds) {
        std::vector<const StudyRun*> own;
        for (const StudyRun& run : runs)
            if (run.place.method == static_cast<std::int64_t>(method) && run.place.seed == seed)
                own.push_back(&run);
        std::ranges::stable_sort(own, {}, [](const StudyRun* run) { return run->place.trial; });
        Accounting accounting(seed);
        for (const StudyRun* run : own) accounting.add(*run);
        result.seeds.push_back(std::move(accounting).result());
    }
    for (std::size_t unit = 0; unit < budgetUnits.size(); ++unit) {
        std::vector<Progress> progress;
        for (const SeedResult& seed : result.seeds) progress.push_back(seed.progress[unit]);
        result.bands.push_back(bandOf(progress));
    }
    const auto atBest = [&](auto member) {
        return meanOver(result.seeds, [&](const SeedResult& seed) {
            return seed.best ? std::optional<double>((*seed.best).*member) : std::nullopt;
        });
    };
    result.validationLoss = atBest(&EpochResult::validationLoss);
    result.validationAccuracy = atBest(&EpochResult::validationAccuracy);
    result.testLoss = atBest(&EpochResult::testLoss);
    result.testAccuracy = atBest(&EpochResult::testAccuracy);
    const auto spent = [&](double SeedResult::*member) {
        return meanOver(result.seeds, [&](const SeedResult& seed) {
            return seed.runs > 0 ? std::optional(seed.*member) : std::nullopt;
        });
    };
    result.epochs = spent(&SeedResult::epochs);
    result.gradients = spent(&SeedResult::gradients);
    result.seconds = spent(&SeedResult::seconds);
    result.hyperparameters = chosen(result.seeds, runs);
    return result;
}

PairedTest pairedTest(std::size_t first, std::size_t second, const std::vector<MethodResult>& methods) {
    std::vector<double> validation, test;
    for (std::size_t i = 0; i < methods[first].seeds.size(); ++i) {
        const auto &a = methods[first].seeds[i].best, &b = methods[second].seeds[i].best;
        if (!a || !b) continue;
        validation.push_back(a->validationLoss - b->validationLoss);
        if (a->testLoss && b->testLoss) test.push_back(*a->testLoss - *b->testLoss);
    }
    PairedTest result{
        .first = first, .second = second, .pairs = static_cast<std::int64_t>(validation.size())};
    if (const auto mean = meanOf(validation)) result.difference = mean->mean;
    result.p = pairedP(validation);
    if (const auto mean = meanOf(test)) result.testDifference = mean->mean;
    result.testP = pairedP(test);
    return result;
}

} // namespace

std::optional<double> Progress::at(double point) const {
    const auto after = std::ranges::upper_bound(spent, point);
    if (after == spent.begin()) return std::nullopt;
    return best[static_cast<std::size_t>(after - spent.begin()) - 1];
}

std::optional<Mean> meanOf(const std::vector<double>& values) {
    if (values.empty()) return std::nullopt;
    const auto count = static_cast<double>(values.size());
    Mean result{.mean = std::accumulate(values.begin(), values.end(), 0.0) / count,
                .count = static_cast<std::int64_t>(values.size())};
    if (values.size() < 2) return result;
    if (std::ranges::all_of(values, [&](double value) { return value == values.front(); }))
        return Mean{.mean = values.front(), .error = 0.0, .count = result.count}; // without rounding
    double squares = 0.0;
    for (const double value : values) squares += (value - result.mean) * (value - result.mean);
    result.error = std::sqrt(squares / (count - 1.0) / count);
    return result;
}

std::optional<double> pairedP(const std::vector<double>& differences) {
    const std::optional<Mean> mean = meanOf(differences);
    if (!mean || !mean->error) return std::nullopt;
    if (!std::isfinite(mean->mean) || !std::isfinite(*mean->error)) return std::nullopt;
    if (*mean->error == 0.0) return mean->mean == 0.0 ? 1.0 : 0.0;
    const boost::math::students_t distribution(static_cast<double>(mean->count - 1));
    return 2.0 * boost::math::cdf(boost::math::complement(distribution, std::abs(mean->mean) / *mean->error));
}

Band bandOf(const std::vector<Progress>& seeds) {
    std::vector<double> points;
    std::size_t count = 0;
    for (const Progress& seed : seeds) {
        points.insert(points.end(), seed.spent.begin(), seed.spent.end());
        if (!seed.spent.empty()) ++count;
    }
    std::ranges::sort(points);
    points.erase(std::unique(points.begin(), points.end()), points.end());

    Band band;
    const auto put = [&](double point, const std::array<double, 3>& quartiles) {
        band.spent.push_back(point);
        band.lower.push_back(quartiles[0]);
        band.median.push_back(quartiles[1]);
        band.upper.push_back(quartiles[2]);
    };
    std::optional<std::pair<double, std::array<double, 3>>> last; // the last point, put or not
    for (const double point : points) {
        std::vector<double> values;
        for (const Progress& seed : seeds)
            if (!seed.spent.empty() && point <= seed.spent.back())
                if (const auto value = seed.at(point)) values.push_back(*value);
        if (2 * values.size() < count) {
            if (last) break;
            continue; // most have not begun
        }
        std::ranges::sort(values);
        const std::array quartiles{quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)};
        if (!last || quartiles != last->second) put(point, quartiles);
        last = {point, quartiles};
    }
    if (last && last->first > band.spent.back()) put(last->first, last->second);
    return band;
}

StudyResults studyResults(const Study& study, const std::vector<StudyRun>& runs) {
    StudyResults results;
    for (std::size_t method = 0; method < study.methods.size(); ++method)
        results.methods.push_back(methodResult(method, study, runs));
    for (std::size_t first = 0; first < results.methods.size(); ++first)
        for (std::size_t second = first + 1; second < results.methods.size(); ++second)
            results.tests.push_back(pairedTest(first, second, results.methods));
    return results;
}

} // namespace dstn
