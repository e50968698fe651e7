#include "core/engine/tuners/optimizer.h"
#include "tests/program.h"

#include "core/error.h"

#include <QTest>

#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/rmsprop.h>
#include <torch/optim/sgd.h>

#include <cmath>
#include <limits>
#include <memory>
#include <optional>

using namespace dstn;

namespace {

constexpr double pi = 3.14159265358979323846;

/// LibTorch's optimiser of the same meaning.
std::unique_ptr<torch::optim::Optimizer> torchOptimizer(const OptimizerSpec& spec,
                                                        const std::vector<Tensor>& parameters) {
    using namespace torch::optim;
    switch (spec.type) {
    case OptimizerKind::sgd:
        return std::make_unique<SGD>(parameters,
                                     SGDOptions(spec.lr).momentum(spec.momentum).nesterov(spec.nesterov));
    case OptimizerKind::adam:
        return std::make_unique<Adam>(parameters,
                                      AdamOptions(spec.lr).betas({spec.beta1, spec.beta2}).eps(spec.epsilon));
    case OptimizerKind::adamw:
        return std::make_unique<AdamW>(parameters, AdamWOptions(spec.lr)
                                                       .betas({spec.beta1, spec.beta2})
                                                       .eps(spec.epsilon)
                                                       .weight_decay(spec.weightDecay));
    case OptimizerKind::rmsprop:
        return std::make_unique<RMSprop>(
            parameters, RMSpropOptions(spec.lr).alpha(spec.alpha).eps(spec.epsilon).momentum(spec.momentum));
    }
    return nullptr;
}

Tensor randomTensor(std::vector<std::int64_t> shape, at::Generator& generator,
                    at::ScalarType type = at::kDouble) {
    return at::randn(shape, generator, at::TensorOptions(type));
}

/// Small ones, one that spans several chunks, a scalar and an empty one.
std::vector<Tensor> randomParameters(at::Generator& generator, bool transposed,
                                     at::ScalarType type = at::kDouble) {
    std::vector<Tensor> parameters{randomTensor({3, 5}, generator, type), randomTensor({7}, generator, type),
                                   randomTensor({250, 301}, generator, type),
                                   randomTensor({}, generator, type), randomTensor({0, 4}, generator, type)};
    if (transposed)
        for (Tensor& parameter : parameters)
            if (parameter.dim() == 2) parameter = parameter.t();
    return parameters;
}

std::vector<Tensor> copies(const std::vector<Tensor>& tensors) {
    std::vector<Tensor> result;
    for (const Tensor& tensor : tensors) result.push_back(tensor.clone());
    return result;
}

NamedTensors copies(const NamedTensors& tensors) {
    NamedTensors result;
    for (const auto& [name, tensor] : tensors) result.emplace_back(name, tensor.clone());
    return result;
}

std::vector<Tensor> randomGradients(const std::vector<Tensor>& parameters, at::Generator& generator) {
    std::vector<Tensor> gradients;
    for (const Tensor& parameter : parameters)
        gradients.push_back(randomTensor(parameter.sizes().vec(), generator, parameter.scalar_type()));
    return gradients;
}

double distance(const Tensor& a, const Tensor& b) {
    return a.numel() == 0 ? 0.0 : (a - b).abs().max().item<double>();
}

std::optional<ErrorKind> kindOfErrorIn(const auto& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.kind();
    }
    return std::nullopt;
}

void addKinds() {
    QTest::addColumn<OptimizerSpec>("spec");
    using K = OptimizerKind;
    QTest::newRow("sgd") << OptimizerSpec{.type = K::sgd, .lr = 0.1};
    QTest::newRow("sgd, momentum") << OptimizerSpec{.type = K::sgd, .lr = 0.1, .momentum = 0.9};
    QTest::newRow("sgd, nesterov") << OptimizerSpec{
        .type = K::sgd, .lr = 0.1, .momentum = 0.8, .nesterov = true};
    QTest::newRow("adam") << OptimizerSpec{.type = K::adam, .lr = 0.02};
    QTest::newRow("adam, own betas and epsilon")
        << OptimizerSpec{.type = K::adam, .lr = 0.02, .beta1 = 0.7, .beta2 = 0.95, .epsilon = 1e-2};
    QTest::newRow("adamw, no decay") << OptimizerSpec{.type = K::adamw, .lr = 0.02};
    QTest::newRow("adamw, decay") << OptimizerSpec{.type = K::adamw, .lr = 0.02, .weightDecay = 0.3};
    QTest::newRow("rmsprop") << OptimizerSpec{.type = K::rmsprop, .lr = 0.01};
    QTest::newRow("rmsprop, momentum")
        << OptimizerSpec{.type = K::rmsprop, .lr = 0.01, .momentum = 0.9, .alpha = 0.9, .epsilon = 1e-3};
}

} // namespace

Q_DECLARE_METATYPE(dstn::OptimizerSpec)

class TestOptimizer : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    /// A long gradient is shortened over all parameters together, a short one left as it is.
    void gradientsAreShortenedToANorm() {
        const auto moved = [](double length) {
            const std::vector<Tensor> parameters{at::zeros({2}, at::kDouble), at::zeros({1}, at::kDouble)};
            Optimizer optimizer({.type = OptimizerKind::sgd, .lr = 1.0, .clipNorm = 6.5}, parameters);
            optimizer.step(
                {length * at::tensor({3.0, 4.0}, at::kDouble), length * at::tensor({12.0}, at::kDouble)});
            return at::cat(parameters);
        };
        const Tensor direction = at::tensor({-3.0, -4.0, -12.0}, at::kDouble); // of length 13
        QVERIFY(at::allclose(moved(1.0), direction / 2, 1e-6));
        QVERIFY(at::allclose(moved(100.0), direction / 2, 1e-6));
        QVERIFY(at::equal(moved(0.25), direction / 4));
        QVERIFY(at::equal(moved(0.0), at::zeros({3}, at::kDouble)));
    }

    void agreesWithTorchOverTwentySteps_data() { addKinds(); }
    void agreesWithTorchOverTwentySteps() {
        QFETCH(OptimizerSpec, spec);
        for (const bool transposed : {false, true}) { // contiguous: fused; transposed: ATen's operations
            at::Generator generator = at::detail::createCPUGenerator(11);
            const std::vector<Tensor> ours = randomParameters(generator, transposed);
            const std::vector<Tensor> theirs = copies(ours);
            Optimizer optimizer(spec, ours);
            const auto reference = torchOptimizer(spec, theirs);
            for (int step = 0; step < 20; ++step) {
                std::vector<Tensor> gradients = randomGradients(ours, generator);
                // A parameter without a gradient keeps its own step count.
                if (step % 3 == 1) gradients[1] = Tensor();
                optimizer.step(gradients);
                for (std::size_t i = 0; i < theirs.size(); ++i)
                    Tensor(theirs[i]).mutable_grad() = gradients[i];
                reference->step();
            }
            for (std::size_t i = 0; i < ours.size(); ++i)
                QVERIFY2(distance(ours[i], theirs[i]) <= 1e-12,
                         qPrintable(QString("parameter %1, transposed %2: %3")
                                        .arg(i)
                                        .arg(transposed)
                                        .arg(distance(ours[i], theirs[i]))));
        }
    }

    void continuesBitForBitFromSavedState_data() { addKinds(); }
    void continuesBitForBitFromSavedState() {
        QFETCH(OptimizerSpec, spec);
        for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
            at::Generator generator = at::detail::createCPUGenerator(5);
            const std::vector<Tensor> straight = randomParameters(generator, false, type);
            Optimizer first(spec, straight);
            for (int step = 0; step < 5; ++step) first.step(randomGradients(straight, generator));
            first.setLr(0.077);
            const NamedTensors saved = copies(first.state());
            const std::vector<Tensor> resumed = copies(straight);
            Optimizer second(spec, resumed);
            second.load(saved);
            QCOMPARE(second.lr(), 0.077);
            for (int step = 0; step < 5; ++step) {
                const std::vector<Tensor> gradients = randomGradients(straight, generator);
                first.step(gradients);
                second.step(gradients);
            }
            for (std::size_t i = 0; i < straight.size(); ++i) QVERIFY(at::equal(straight[i], resumed[i]));
            QCOMPARE(second.state().size(), first.state().size());
            for (std::size_t i = 0; i < first.state().size(); ++i) {
                QCOMPARE(second.state()[i].first, first.state()[i].first);
                QVERIFY(at::equal(second.state()[i].second, first.state()[i].second));
            }
        }
    }

    void doesNotDependOnTheNumberOfThreads_data() { addKinds(); }
    void doesNotDependOnTheNumberOfThreads() {
        QFETCH(OptimizerSpec, spec);
        const int threads = at::get_num_threads();
        std::vector<std::vector<Tensor>> results;
        for (const int count : {1, 2, 3}) {
            at::set_num_threads(count);
            at::Generator generator = at::detail::createCPUGenerator(5);
            results.push_back(randomParameters(generator, false, at::kFloat));
            Optimizer optimizer(spec, results.back());
            for (int step = 0; step < 3; ++step) optimizer.step(randomGradients(results.back(), generator));
        }
        at::set_num_threads(threads);
        for (std::size_t i = 0; i < results[0].size(); ++i) {
            QVERIFY(at::equal(results[0][i], results[1][i]));
            QVERIFY(at::equal(results[0][i], results[2][i]));
        }
    }

    void stepCountersAreWholeNumbersPerParameter() {
        Optimizer optimizer({.type = OptimizerKind::adam}, {at::zeros({2}), at::zeros({2})});
        optimizer.step({at::ones({2}), at::ones({2})});
        optimizer.step({at::ones({2}), Tensor()});
        for (const auto& [name, tensor] : optimizer.state())
            if (name.ends_with("step")) {
                QCOMPARE(tensor.scalar_type(), at::kLong);
                QCOMPARE(tensor.item<std::int64_t>(), name == "0.step" ? 2 : 1);
            }
    }

    void takesGradientsOfAnyLayout() {
        const Tensor weight = at::zeros({3, 4}), expected = at::zeros({3, 4});
        Optimizer optimizer({.type = OptimizerKind::sgd, .lr = 1.0}, {weight});
        const Tensor gradient = at::arange(4).to(at::kFloat).expand({3, 4});
        optimizer.step({gradient});
        QVERIFY(at::equal(weight, -gradient));
        optimizer.step({at::arange(12).to(at::kFloat).view({4, 3}).t()});
        QVERIFY(at::equal(weight, -gradient - at::arange(12).to(at::kFloat).view({4, 3}).t()));
    }

    void updatesLeavesWithoutRecording() {
        const Tensor weight = at::ones({4}).set_requires_grad(true);
        Optimizer optimizer({.type = OptimizerKind::sgd, .lr = 0.5, .momentum = 0.9}, {weight});
        optimizer.step({at::ones({4})});
        QVERIFY(weight.is_leaf());
        QVERIFY(weight.requires_grad());
        QVERIFY(at::equal(weight.detach(), at::full({4}, 0.5)));
    }

    void backwardThroughAnOutdatedGraphFails() {
        const Tensor weight = at::ones({4}).set_requires_grad(true);
        const Tensor loss = (weight * weight).sum();
        Optimizer optimizer({.type = OptimizerKind::sgd, .lr = 0.5}, {weight});
        optimizer.step({at::ones({4})});
        QVERIFY_EXCEPTION_THROWN(torch::autograd::grad({loss}, {weight}), c10::Error);
    }

    void gradientsThatDoNotFitAreRefused() {
        Optimizer optimizer({}, {at::zeros({2}), at::zeros({3})});
        QVERIFY_EXCEPTION_THROWN(optimizer.step({at::zeros({2})}), c10::Error);
        QVERIFY_EXCEPTION_THROWN(optimizer.step({at::zeros({2}), at::zeros({2})}), c10::Error);
        QVERIFY_EXCEPTION_THROWN(optimizer.step({at::zeros({2}), at::zeros({3}, at::kDouble)}), c10::Error);
    }

    void foreignStateIsRefusedAndChangesNothing() {
        const OptimizerSpec spec{.type = OptimizerKind::sgd, .lr = 0.1, .momentum = 0.9};
        Optimizer optimizer(spec, {at::zeros({2}), at::zeros({3})});
        optimizer.step({at::ones({2}), at::ones({3})});
        const NamedTensors before = copies(optimizer.state());

        NamedTensors otherShape = copies(before), otherName = copies(before), shorter = copies(before),
                     otherType = copies(before);
        otherShape.back().second = at::ones({2});
        otherName.back().first = "2.first_moment";
        shorter.pop_back();
        otherType.back().second = otherType.back().second.to(at::kDouble);
        for (NamedTensors* state : {&otherShape, &otherName, &shorter, &otherType}) {
            state->front().second.fill_(42.0);
            QCOMPARE(kindOfErrorIn([&] { optimizer.load(*state); }), ErrorKind::archive);
        }
        for (std::size_t i = 0; i < before.size(); ++i)
            QVERIFY(at::equal(optimizer.state()[i].second, before[i].second));
    }

    void schedulesFollowTheirFormulas() {
        const Schedule constant({}, 0.3, 10);
        const Schedule step({.type = ScheduleKind::step, .every = 3, .factor = 0.5}, 0.8, 10);
        const Schedule cosine({.type = ScheduleKind::cosine, .minimum = 0.1}, 0.5, 8);
        for (std::int64_t epoch = 0; epoch <= 10; ++epoch) {
            QCOMPARE(constant.lr(epoch), 0.3);
            QCOMPARE(step.lr(epoch), epoch < 3 ? 0.8 : epoch < 6 ? 0.4 : epoch < 9 ? 0.2 : 0.1);
            const double done = std::min(static_cast<double>(epoch) / 8.0, 1.0);
            QVERIFY(std::abs(cosine.lr(epoch) - (0.1 + 0.2 * (1.0 + std::cos(pi * done)))) < 1e-15);
        }
        QCOMPARE(cosine.lr(0), 0.5);
        QCOMPARE(cosine.lr(8), 0.1);
    }

    void plateauReducesAfterPatienceIsExhausted() {
        Schedule plateau({.type = ScheduleKind::plateau, .factor = 0.1, .patience = 2, .minimum = 0.005}, 1.0,
                         100);
        const double nan = std::numeric_limits<double>::quiet_NaN();
        // 0.99999 is better by less than the threshold.
        const std::vector<std::pair<double, double>> lossAndRate{
            {1.0, 1.0}, {1.1, 1.0}, {0.99999, 1.0}, {nan, 0.1},  {0.5, 0.1},  {0.6, 0.1},  {0.4, 0.1},
            {0.4, 0.1}, {0.4, 0.1}, {0.4, 0.01},    {0.4, 0.01}, {0.4, 0.01}, {0.4, 0.005}};
        for (std::size_t epoch = 0; epoch < lossAndRate.size(); ++epoch) {
            plateau.observe(lossAndRate[epoch].first);
            QVERIFY2(std::abs(plateau.lr(static_cast<std::int64_t>(epoch) + 1) - lossAndRate[epoch].second) <
                         1e-12,
                     qPrintable(QString("after epoch %1").arg(epoch)));
        }
    }

    void plateauContinuesFromSavedState() {
        const ScheduleSpec spec{.type = ScheduleKind::plateau, .factor = 0.5, .patience = 3};
        Schedule straight(spec, 1.0, 100);
        for (const double loss : {1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0}) straight.observe(loss);
        Schedule resumed(spec, 1.0, 100);
        resumed.load(straight.state());
        QCOMPARE(resumed.lr(7), 0.5);
        for (const double loss : {0.99995, 1.0, 0.9, 1.0}) {
            straight.observe(loss);
            resumed.observe(loss);
            QCOMPARE(resumed.lr(8), straight.lr(8));
        }
        QCOMPARE(resumed.lr(11), 0.25);
        QCOMPARE(kindOfErrorIn([&] { resumed.load({}); }), ErrorKind::archive);
    }
};

DSTN_TEST(TestOptimizer)
#include "tst_optimizer.moc"
