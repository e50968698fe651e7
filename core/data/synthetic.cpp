#include "core/data/synthetic.h"

#include "core/error.h"
#include "core/spec/portable_random.h"

#include <cmath>
#include <string>

namespace dstn {
namespace {

constexpr std::uint64_t regressionStream = 2, classificationStream = 3;

Table emptyTable(const DataSpec& spec) {
    Table table{.rows = spec.examples, .features = spec.features};
    table.inputs.reserve(static_cast<std::size_t>(spec.examples * spec.features));
    return table;
}

} // namespace

void checkSynthetic(const DataSpec& spec) {
    if (spec.examples < 1 || spec.features < 1)
        throw Error(ErrorKind::data, "Synthetic data need at least one example and one feature; found " +
                                         std::to_string(spec.examples) + " and " +
                                         std::to_string(spec.features) +
                                         ". Change data.examples or data.features.");
    if (!(spec.noise >= 0.0) || !std::isfinite(spec.noise))
        throw Error(ErrorKind::data,
                    "The noise of synthetic data is negative or not finite. Change data.noise.");
    if (spec.source == DataSource::syntheticClassification &&
        (spec.classes < 2 || spec.classes > spec.examples))
        throw Error(ErrorKind::data,
                    "Synthetic data need at least two classes, and no more classes than examples; found " +
                        std::to_string(spec.classes) + " classes and " + std::to_string(spec.examples) +
                        " examples. Change data.classes or data.examples.");
}

LinearProblem makeSyntheticRegression(const DataSpec& spec, std::uint64_t seed) {
    checkSynthetic(spec);
    PortableRandom random(seed, regressionStream);
    LinearProblem problem{.table = emptyTable(spec), .weights = {}};
    for (std::int64_t j = 0; j < spec.features; ++j) {
        const double place =
            spec.features > 1 ? static_cast<double>(j) / static_cast<double>(spec.features - 1) : 0.0;
        problem.weights.push_back((random.below(2) == 0 ? -1.0 : 1.0) * std::pow(10.0, -2.0 * place));
    }
    const double bias = random.normal();
    problem.weights.push_back(bias);

    problem.table.task = TaskKind::regression;
    for (std::int64_t i = 0; i < spec.examples; ++i) {
        double target = bias;
        for (std::int64_t j = 0; j < spec.features; ++j) {
            const double x = random.normal();
            problem.table.inputs.push_back(x);
            target += problem.weights[static_cast<std::size_t>(j)] * x;
        }
        problem.table.targets.push_back(target + spec.noise * random.normal());
    }
    return problem;
}

std::vector<std::int64_t> syntheticLabels(const DataSpec& spec) {
    std::vector<std::int64_t> labels;
    for (std::int64_t i = 0; i < spec.examples; ++i) labels.push_back(i % spec.classes);
    return labels;
}

Table makeSyntheticClassification(const DataSpec& spec, std::uint64_t seed) {
    checkSynthetic(spec);
    PortableRandom random(seed, classificationStream);
    std::vector<std::vector<double>> means;
    for (std::int64_t c = 0; c < spec.classes; ++c) {
        std::vector<double>& mean = means.emplace_back();
        double squares = 0.0;
        for (std::int64_t j = 0; j < spec.features; ++j) {
            mean.push_back(random.normal());
            squares += mean.back() * mean.back();
        }
        for (double& value : mean) value /= std::sqrt(squares);
    }

    Table table = emptyTable(spec);
    table.task = TaskKind::classification;
    table.classes = spec.classes;
    table.labels = syntheticLabels(spec);
    for (const std::int64_t label : table.labels)
        for (const double mean : means[static_cast<std::size_t>(label)])
            table.inputs.push_back(mean + spec.noise * random.normal());
    return table;
}

} // namespace dstn
