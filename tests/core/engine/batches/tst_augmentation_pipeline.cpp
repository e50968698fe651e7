#include "core/engine/training/training.h"
#include "core/engine/tuners/delta_stn.h"
#include "core/engine/tuners/fixed.h"
#include "core/engine/tuners/stn.h"
#include "core/experiment/tunables.h"
#include "tests/core/data/idx_files.h"
#include "tests/program.h"

#include <QTest>

#include <cmath>
#include <map>

using namespace dstn;

namespace {

at::Generator generator(std::uint64_t seed = 1) { return at::detail::createCPUGenerator(seed); }
at::TensorOptions real() { return at::TensorOptions(at::kDouble); }
double largest(const Tensor& tensor) { return tensor.detach().abs().max().item<double>(); }
double number(const Tensor& tensor) { return tensor.item<double>(); }
Tensor doubles(const std::vector<double>& list) {
    return at::tensor(at::ArrayRef<double>(list), at::kDouble);
}

constexpr std::int64_t count = 10, classes = 4;
const std::vector<Scaling> colors{{125.3, 1 / 63.0}, {123.0, 1 / 62.1}, {113.9, 1 / 66.7}};

Batch images() {
    auto g = generator(70);
    return {at::randn({count, 3, 6, 7}, g, real()), at::randint(classes, {count}, g, at::kLong)};
}

/// Names are the coordinates of the tuned hyperparameters.
Setting resolve(const Tunable& tunable) {
    return tunable.named() ? Setting{.index = std::stoll(tunable.hyperparameter)}
                           : Setting{.value = tunable.value};
}
Tunable coordinate(int index) { return {.hyperparameter = std::to_string(index)}; }
AugmentationPipeline pipeline(const std::vector<Augmentation>& list,
                              const std::vector<Scaling>& channels = colors) {
    return {list,
            {.resolve = resolve,
             .largest = [](const Tunable& t) { return t.named() ? 5.0 : t.value; },
             .channels = channels,
             .tensors = real()}};
}

/// Cross-entropy of one row by its definition.
double crossEntropy(const Tensor& row, std::int64_t label) {
    double sum = 0.0;
    for (std::int64_t k = 0; k < row.size(0); ++k) sum += std::exp(number(row[k]));
    return std::log(sum) - number(row[label]);
}

/// The documented training loss, example by example.
double lossByLoops(const Tensor& outputs, const Targets& targets, const Tensor& smoothing) {
    double sum = 0.0;
    for (std::int64_t i = 0; i < outputs.size(0); ++i) {
        const double e = smoothing.defined() ? number(smoothing.expand({outputs.size(0)})[i]) : 0.0;
        const double m = targets.other.defined() ? number(targets.share[i]) : 1.0;
        double spread = 0.0;
        for (std::int64_t k = 0; k < outputs.size(1); ++k) spread += crossEntropy(outputs[i], k);
        double own = m * crossEntropy(outputs[i], targets.own[i].item<std::int64_t>());
        if (targets.other.defined())
            own += (1 - m) * crossEntropy(outputs[i], targets.other[i].item<std::int64_t>());
        sum += (1 - e) * own + e / static_cast<double>(outputs.size(1)) * spread;
    }
    return sum / static_cast<double>(outputs.size(0));
}

/// A small classifier whose augmentations and label smoothing are tuned: 0: rotation, 1: brightness, 2:
/// mixup, 3: smoothing.
Problem tunedProblem() {
    Space space({{.name = "rotation", .initial = 15.0, .min = 0.0, .max = 45.0},
                 {.name = "brightness", .initial = 0.3, .min = 0.0, .max = 1.0},
                 {.name = "alpha", .initial = 0.5, .min = 0.0, .max = 4.0},
                 {.name = "smoothing", .initial = 0.2, .min = 0.0, .max = 0.5}},
                at::kDouble, at::kCPU);
    const Model model{{FlattenPart{}, LinearPart{.out = 8}, TanhPart{}, LinearPart{.out = classes}}};
    Network network(model, {.input = {3, 6, 7},
                            .hyperparameters = space.size(),
                            .resolve = resolve,
                            .dtype = at::kDouble,
                            .seed = 5});
    {
        const at::NoGradGuard guard;
        auto g = generator(8);
        for (auto [name, tensor] : network.response())
            tensor.copy_(0.2 * at::randn(tensor.sizes(), g, real()));
    }
    return {.network = std::move(network),
            .space = std::move(space),
            .objective = {true},
            .augmentation = pipeline(
                {RotationSpec{coordinate(0)}, BrightnessSpec{coordinate(1)}, MixupSpec{coordinate(2)}}),
            .labelSmoothing = {.index = 3}};
}

/// The derivative of a loss along a direction in some parameters, by central differences.
template <typename Loss>
double difference(const NamedTensors& parameters, const std::vector<Tensor>& directions, const Loss& loss) {
    const at::NoGradGuard guard;
    constexpr double h = 1e-6;
    const auto moved = [&](double by) {
        for (std::size_t i = 0; i < directions.size(); ++i) {
            Tensor target = parameters[i].second;
            target.add_(directions[i], by);
        }
    };
    moved(h);
    const double above = number(loss());
    moved(-2 * h);
    const double below = number(loss());
    moved(h);
    return (above - below) / (2 * h);
}

/// Whether the recorded derivatives of `loss` agree with central differences.
template <typename Loss>
void compareDerivatives(const NamedTensors& parameters, const Loss& loss) {
    auto g = generator(90);
    std::vector<Tensor> directions;
    for (const auto& [name, tensor] : parameters) directions.push_back(at::randn(tensor.sizes(), g, real()));
    const variable_list gradients = torch::autograd::grad({loss()}, tensors(parameters));
    double actual = 0.0;
    for (std::size_t i = 0; i < directions.size(); ++i)
        actual += number((gradients[i] * directions[i]).sum());
    const double expected = difference(parameters, directions, loss);
    QVERIFY(std::abs(expected) > 1e-3);
    QVERIFY2(std::abs(actual - expected) < 1e-7 * std::max(1.0, std::abs(expected)),
             qPrintable(QStringLiteral("%1 and %2").arg(actual).arg(expected)));
}

} // namespace

class TestAugmentationPipeline : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void stagesFollowTheListAndNeighboursAreMerged() {
        const Batch batch = images();
        const ImageChannels channels(colors, real());
        auto g = generator(2), same = generator(2);
        const AugmentationPipeline augmentation = pipeline(
            {RotationSpec{Tunable{20}}, HorizontalFlipSpec{Tunable{0.5}}, BrightnessSpec{Tunable{0.3}},
             ContrastSpec{Tunable{0.4}}, SaturationSpec{Tunable{0.5}}, HueSpec{Tunable{0.1}},
             CutoutSpec{Tunable{2}, Tunable{3}}, TranslationSpec{Tunable{0.2}}, ScaleSpec{Tunable{0.3}},
             ShearSpec{Tunable{10}}, NoiseSpec{Tunable{0.1}}, BrightnessSpec{Tunable{0.2}}});
        const AugmentedBatch result = augmentation.apply(batch, {}, g);

        const auto fixed = [](double value) { return at::full({1}, value, real()); };
        using enum GeometricOperation;
        using enum ColorOperation;
        Tensor x = batch.inputs;
        x = sampleImages(x, channels,
                         drawSamplingMap(x, {{rotation, fixed(20)}, {horizontalFlip, fixed(0.5)}}, same));
        x = mapColors(x, channels,
                      drawColorMap(x, channels,
                                   {{brightness, fixed(0.3)},
                                    {contrast, fixed(0.4)},
                                    {saturation, fixed(0.5)},
                                    {hue, fixed(0.1)}},
                                   same));
        x = cutout(x, at::full({count}, 2.0), at::full({count}, 3.0), 2, same);
        x = sampleImages(
            x, channels,
            drawSamplingMap(
                x, {{translation, fixed(0.2)}, {GeometricOperation::scale, fixed(0.3)}, {shear, fixed(10)}},
                same));
        x = addNoise(x, channels, fixed(0.1), same);
        x = mapColors(x, channels, drawColorMap(x, channels, {{brightness, fixed(0.2)}}, same));
        QVERIFY(at::equal(result.inputs, x));
        QVERIFY(at::equal(result.targets.own, batch.targets));
        QVERIFY(!result.targets.other.defined() && !result.targets.share.defined());
    }

    void tunedNumbersComeExampleByExample() {
        const Batch batch = images();
        Tensor values = at::zeros({count, 3}, real());
        values.select(0, 4).fill_(0.5);
        for (const Augmentation& augmentation : std::vector<Augmentation>{
                 BrightnessSpec{coordinate(1)}, RotationSpec{coordinate(1)}, NoiseSpec{coordinate(1)},
                 HueSpec{coordinate(1)}, TranslationSpec{coordinate(1)}}) {
            auto g = generator(3);
            const Tensor x = pipeline({augmentation}).apply(batch, values, g).inputs;
            for (std::int64_t i = 0; i < count; ++i) {
                // The batch holds values beyond black and white, which colours clamp.
                const Tensor change = (x[i] - batch.inputs[i]).masked_select(batch.inputs[i].abs() < 1.5);
                QCOMPARE(largest(change) == 0.0, i != 4);
            }
        }
    }

    void flipsAloneAreExact() {
        const Batch batch = images();
        auto g = generator();
        const Tensor x = pipeline({HorizontalFlipSpec{Tunable{1.0}}}).apply(batch, {}, g).inputs;
        QVERIFY(at::equal(x, batch.inputs.flip(3)));
    }

    void nothingIsNothing() {
        const Batch batch = images();
        auto g = generator(), untouched = generator();
        const AugmentedBatch result = AugmentationPipeline().apply(batch, {}, g);
        QVERIFY(result.inputs.is_same(batch.inputs) && result.targets.own.is_same(batch.targets));
        QVERIFY(at::equal(at::rand({5}, g), at::rand({5}, untouched)));
    }

    void imagesWithoutTheirScalingAreRefused() {
        QVERIFY_EXCEPTION_THROWN(pipeline({BrightnessSpec{}}, {}), c10::Error);
        pipeline({CutoutSpec{}, MixupSpec{}}, {});
    }

    void mixupBlendsInputsAndKeepsBothLabels() {
        const Batch batch = images();
        auto g = generator(4), same = generator(4);
        const AugmentedBatch result = pipeline({MixupSpec{Tunable{0.8}}}, {}).apply(batch, {}, g);
        const Mixing mixing = drawMixing(at::full({1}, 0.8, real()), count, same);
        QVERIFY(at::equal(result.inputs, mix(batch.inputs, mixing)));
        QVERIFY(at::equal(result.targets.own, batch.targets));
        QVERIFY(at::equal(result.targets.other, batch.targets.index_select(0, mixing.partner)));
        QVERIFY(at::equal(result.targets.share, mixing.share));
    }

    void mixupBlendsTargetsOfARegression() {
        auto g = generator(5);
        const Batch batch{at::randn({count, 3}, g, real()), at::randn({count, 2}, g, real())};
        auto drawn = generator(4), same = generator(4);
        const AugmentedBatch result = pipeline({MixupSpec{Tunable{0.8}}}, {}).apply(batch, {}, drawn);
        const Mixing mixing = drawMixing(at::full({1}, 0.8, real()), count, same);
        QVERIFY(at::equal(result.inputs, mix(batch.inputs, mixing)));
        QVERIFY(at::equal(result.targets.own, mix(batch.targets, mixing)));
        QVERIFY(!result.targets.other.defined());
        const Objective objective{false};
        const Tensor outputs = at::randn({count, 2}, g, real());
        QVERIFY(at::equal(objective.loss(outputs, result.targets, {}),
                          at::mse_loss(outputs, mix(batch.targets, mixing))));
    }

    void trainingLossFollowsItsFormula() {
        auto g = generator(6);
        const Tensor outputs = 3.0 * at::randn({count, classes}, g, real());
        const Tensor labels = at::randint(classes, {count}, g, at::kLong);
        const Targets plain{.own = labels};
        const Targets mixed{.own = labels,
                            .other = at::randint(classes, {count}, g, at::kLong),
                            .share = at::rand({count}, g, real())};
        const Objective objective;
        for (const Targets& targets : {plain, mixed})
            for (const Tensor& smoothing : {Tensor(), doubles({0.3}), at::rand({count}, g, real())})
                QVERIFY(std::abs(number(objective.loss(outputs, targets, smoothing)) -
                                 lossByLoops(outputs, targets, smoothing)) < 1e-13);
        QVERIFY(at::equal(objective.loss(outputs, plain, {}), objective.loss(outputs, labels)));
        // LibTorch's own label smoothing, which is one number for all.
        QVERIFY(largest(objective.loss(outputs, plain, doubles({0.3})) -
                        at::cross_entropy_loss(outputs, labels, {}, at::Reduction::Mean, -100, 0.3)) < 1e-14);
    }

    /// Each step of a row is smoothed by the row's number.
    void trainingLossOfATextIsThatOfItsPredictions() {
        auto g = generator(6);
        const Tensor outputs = 3.0 * at::randn({count, 5, classes}, g, real());
        const Tensor labels = at::randint(classes, {count, 5}, g, at::kLong);
        for (const Tensor& smoothing : {Tensor(), doubles({0.3}), at::rand({count}, g, real())}) {
            const Tensor each = smoothing.defined()
                                    ? smoothing.expand({count}).unsqueeze(1).expand({count, 5}).flatten()
                                    : smoothing;
            QVERIFY(std::abs(number(Objective().loss(outputs, Targets{.own = labels}, smoothing)) -
                             lossByLoops(outputs.flatten(0, 1), {.own = labels.flatten()}, each)) < 1e-13);
        }
    }

    void aSmoothingOfZeroIsNone() {
        Problem problem = tunedProblem();
        const Tensor like = doubles({1});
        const Pass pass{.values = doubles({1, 2, 3, 0.25}).unsqueeze(0)};
        QVERIFY(at::equal(problem.smoothing(pass, like), doubles({0.25})));
        problem.labelSmoothing = {.value = 0.5};
        QVERIFY(at::equal(problem.smoothing(pass, like), doubles({0.5})));
        problem.labelSmoothing = {};
        QVERIFY(!problem.smoothing(pass, like).defined());
    }

    /// Step 1 of the Δ-STN: everything at λ.
    void generalLossIsThatOfTheMixedAndSmoothedTargets() {
        Problem problem = tunedProblem();
        const DeltaStn tuner(problem, {}, {});
        const Batch batch = images();
        auto g = generator(7), same = generator(7);
        const Evaluated evaluated = tuner.generalLoss(batch, g);

        const Tensor values = problem.space.natural(problem.space.lambda()).unsqueeze(0);
        const auto [x, targets] = problem.augmentation.apply(batch, values, same);
        QVERIFY(largest(x - batch.inputs) > 0.1);
        Pass pass;
        const Tensor outputs = problem.network.forward(x, pass);
        QVERIFY(largest(outputs - evaluated.outputs) < 1e-14);
        const double expected = lossByLoops(outputs.detach(), targets, doubles({0.2}));
        QVERIFY(std::abs(number(evaluated.loss) - expected) < 1e-12);
        QVERIFY(std::abs(expected - number(problem.objective.loss(outputs, batch.targets))) > 1e-3);
        compareDerivatives(problem.network.general(), [&] {
            auto again = generator(7);
            return tuner.generalLoss(batch, again).loss;
        });
    }

    /// Step 2: everything at each example's λ + ε.
    void responseLossIsThatOfTheMixedAndSmoothedTargets() {
        Problem problem = tunedProblem();
        const DeltaStn tuner(problem, {}, {});
        const Batch batch = images();
        auto noise = generator(11), g = generator(7), same = generator(7);
        const Tensor epsilon = 0.5 * at::randn({count, 4}, noise, real());
        const Evaluated evaluated = tuner.responseLoss(batch, epsilon, g);

        const Tensor values = problem.space.natural(problem.space.lambda() + epsilon);
        const Targets targets = problem.augmentation.apply(batch, values, same).targets;
        const double expected = lossByLoops(evaluated.outputs.detach(), targets, values.select(1, 3));
        QVERIFY(std::abs(number(evaluated.loss) - expected) < 1e-12);
        compareDerivatives(problem.network.response(), [&] {
            auto again = generator(7);
            return tuner.responseLoss(batch, epsilon, again).loss;
        });
    }

    /// With a shared primal the batch is augmented once, at λ + ε; the smoothing is each step's own.
    void sharedLossesMixAlikeAndSmoothEachAtItsPoint() {
        Problem problem = tunedProblem();
        const DeltaStn tuner(problem, {.sharePrimal = true}, {});
        const Batch batch = images();
        auto noise = generator(11), g = generator(7), same = generator(7);
        const Tensor epsilon = 0.5 * at::randn({count, 4}, noise, real());
        const auto [first, second] = tuner.sharedLosses(batch, epsilon, g);
        const Tensor values = problem.space.natural(problem.space.lambda() + epsilon);
        const Targets targets = problem.augmentation.apply(batch, values, same).targets;
        QVERIFY(std::abs(number(first.loss) - lossByLoops(first.outputs.detach(), targets, doubles({0.2}))) <
                1e-12);
        QVERIFY(std::abs(number(second.loss) -
                         lossByLoops(second.outputs.detach(), targets, values.select(1, 3))) < 1e-12);
    }

    void stnTrainsOnTheMixedAndSmoothedTargets() {
        Problem problem = tunedProblem();
        const Stn tuner(problem, {.options = StnOptions{}}, {});
        const Batch batch = images();
        auto noise = generator(11), g = generator(7), same = generator(7);
        const Tensor epsilon = 0.5 * at::randn({count, 4}, noise, real());
        const Evaluated evaluated = tuner.jointLoss(batch, epsilon, g);
        const Tensor values = problem.space.natural(problem.space.lambda() + epsilon);
        const Targets targets = problem.augmentation.apply(batch, values, same).targets;
        QVERIFY(std::abs(number(evaluated.loss) -
                         lossByLoops(evaluated.outputs.detach(), targets, values.select(1, 3))) < 1e-12);
        compareDerivatives(problem.network.general(), [&] {
            auto again = generator(7);
            return tuner.jointLoss(batch, epsilon, again).loss;
        });
    }

    void fixedTrainsOnTheMixedAndSmoothedTargets() {
        Problem problem = tunedProblem();
        Fixed tuner(problem, {.options = FixedOptions{}}, {});
        const Batch batch = images();
        auto g = generator(7), same = generator(7);
        const Tensor values = problem.space.natural(problem.space.lambda()).unsqueeze(0);
        const auto [x, targets] = problem.augmentation.apply(batch, values, same);
        Pass pass;
        const Tensor outputs = problem.network.forward(x, pass).detach();
        const double expected = lossByLoops(outputs, targets, doubles({0.2}));
        QVERIFY(std::abs(tuner.train(batch, g).loss.item<double>() - expected) < 1e-12);
    }

    /// From the experiment to the step: every augmentation and label smoothing, all tuned, on coloured
    /// images.
    void everyAugmentationTrains() {
        const QTemporaryDir folder;
        auto g = generator(20);
        constexpr std::int64_t examples = 60;
        const Tensor bytes = at::randint(256, {examples, 3, 8, 9}, g, at::kByte);
        const std::vector<std::uint8_t> pixels(bytes.data_ptr<std::uint8_t>(),
                                               bytes.data_ptr<std::uint8_t>() + bytes.numel());
        std::vector<std::uint8_t> labels;
        for (std::int64_t i = 0; i < examples; ++i) labels.push_back(static_cast<std::uint8_t>(i % 4));
        idxfiles::write(folder, "train-images-idx3-ubyte", idxfiles::idx({examples, 3, 8, 9}, pixels));
        idxfiles::write(folder, "train-labels-idx1-ubyte", idxfiles::idx({examples}, labels));

        Experiment experiment;
        experiment.data = {
            .source = DataSource::idx, .path = folder.path().toStdString(), .validation = 0.25};
        experiment.model.parts = {Conv2dPart{.out = 4}, ReluPart{}, FlattenPart{}, LinearPart{.out = 4}};
        experiment.augmentation = {HorizontalFlipSpec{}, RotationSpec{},   TranslationSpec{},
                                   ScaleSpec{},          ShearSpec{},      BrightnessSpec{},
                                   ContrastSpec{},       SaturationSpec{}, HueSpec{},
                                   NoiseSpec{},          CutoutSpec{},     MixupSpec{}};
        for (const TunableUse& use : tunablesOf(experiment)) {
            std::string name = use.path;
            std::erase_if(name, [](char c) { return c == '.' || c == '[' || c == ']'; });
            *use.value = {.hyperparameter = name};
            experiment.hyperparameters.push_back(usualHyperparameter(name, *use.kind));
        }
        QCOMPARE(experiment.hyperparameters.size(), std::size_t{14});
        experiment.tuner.warmupEpochs = 0;
        experiment.tuner.trainSteps = 1;
        experiment.trainBatch = 15;
        experiment.validationBatch = 15;
        experiment.threads = 1;
        const std::vector<Mistake> mistakes = validate(experiment);
        QVERIFY2(mistakes.empty(), describe(mistakes).c_str());

        const Dataset dataset = loadDataset(experiment.data, experiment.seed);
        QCOMPARE(dataset.channels.size(), std::size_t{3});
        for (std::int64_t c = 0; c < 3; ++c) {
            // Inputs are (byte − shift) · factor, so that the extremes are black and white.
            const Scaling& channel = dataset.channels[static_cast<std::size_t>(c)];
            const DeviceData data(dataset, at::kCPU, at::kDouble);
            const Tensor inputs = take(data.train, 0, data.train.count()).inputs;
            const Tensor back = inputs.select(1, c) / channel.factor + channel.shift;
            QVERIFY(largest(back - back.round()) < 1e-4);
            QCOMPARE(back.min().round().item<double>(), 0.0);
            QCOMPARE(back.max().round().item<double>(), 255.0);
        }
        for (const char* tuner : {"delta-stn", "stn", "fixed"}) {
            chooseTuner(experiment.tuner, tuner);
            std::vector<std::vector<double>> losses;
            for (int run = 0; run < 2; ++run) {
                Training training(experiment, dataset, at::kCPU);
                const auto before = training.hyperparameters();
                auto& list = losses.emplace_back();
                for (int step = 0; step < 9; ++step) {
                    training.step();
                    const Training::Step result = training.finished(true).at(0);
                    QVERIFY(!result.failure);
                    list.push_back(result.loss);
                    QVERIFY(std::isfinite(list.back()));
                }
                QVERIFY(!training.notFinite());
                for (std::size_t i = 0; i < before.size(); ++i)
                    QVERIFY2((training.hyperparameters()[i] != before[i]) ==
                                 traitsOf(experiment.tuner).moves(),
                             before[i].first.c_str());
            }
            QVERIFY(losses[0] == losses[1]);
        }
    }

    /// Hyperparameters act on the validation loss only through the response.
    void validationIsNeitherAugmentedNorSmoothed() {
        Problem problem = tunedProblem();
        const DeltaStn tuner(problem, {.tuneScales = false}, {});
        const Batch batch = images();
        const Tensor loss = tuner.validationLoss(batch, at::zeros({count, 4}, real())).loss;
        Pass pass;
        const Tensor outputs = problem.network.forward(batch.inputs, pass).detach();
        QVERIFY(std::abs(number(loss) - lossByLoops(outputs, {.own = batch.targets}, {})) < 1e-12);
    }
};

DSTN_TEST(TestAugmentationPipeline)
#include "tst_augmentation_pipeline.moc"
