#include "core/engine/tuners/stn.h"
#include "tests/program.h"

#include <QTest>

#include <array>

using namespace dstn;

namespace {

const DeltaStnOptions& own(const TunerSpec& spec) { return std::get<DeltaStnOptions>(spec.options); }

constexpr std::int64_t batchSize = 6;

at::Generator generator(std::uint64_t seed) { return at::detail::createCPUGenerator(seed); }
Tensor normal(at::IntArrayRef shape, std::uint64_t seed) {
    auto g = generator(seed);
    return at::empty(shape, at::kDouble).normal_(0, 1, g);
}

/// A small classifier in float64 that has dropout, label smoothing and a weight decay to tune, and whose
/// response parameters are no longer at zero.
struct Case {
    std::unique_ptr<Problem> problem;
    Batch batch;
    Tensor noise, epsilon;

    explicit Case(bool convolutions) {
        const std::vector<Hyperparameter> hyperparameters{
            {.name = "rate", .initial = 0.3, .min = 0, .max = 0.8},
            {.name = "decay", .initial = 0.05, .log = true},
            {.name = "smoothing", .initial = 0.1, .min = 0, .max = 0.5}};
        const auto resolve = [&](const Tunable& t) {
            for (std::size_t i = 0; i < hyperparameters.size(); ++i)
                if (hyperparameters[i].name == t.hyperparameter)
                    return Setting{.index = static_cast<std::int64_t>(i)};
            return Setting{.value = t.value};
        };
        Model model;
        Shape input{5};
        if (convolutions) {
            input = {2, 6, 6};
            model.parts = {Conv2dPart{.out = 4, .kernel = 3, .padding = 1},
                           ReluPart{},
                           MaxPool2dPart{},
                           Dropout2dPart{{.hyperparameter = "rate"}},
                           Conv2dPart{.out = 3, .kernel = 3, .padding = 1},
                           BatchNormPart{},
                           ReluPart{},
                           FlattenPart{},
                           LinearPart{.out = 3}};
        } else {
            model.parts = {LinearPart{.out = 7},
                           ReluPart{},
                           DropoutPart{{.hyperparameter = "rate"}},
                           LinearPart{.out = 6, .response = ResponseKind::dense},
                           TanhPart{},
                           LinearPart{.out = 3}};
        }
        Network network(model, {.input = input,
                                .hyperparameters = 3,
                                .resolve = resolve,
                                .weightDecay = {{.hyperparameter = "decay"}},
                                .dtype = at::kDouble,
                                .seed = 7});
        problem = std::make_unique<Problem>(
            Problem{.network = std::move(network),
                    .space = Space(hyperparameters, at::kDouble, at::kCPU),
                    .objective = {true},
                    .augmentation = {},
                    .labelSmoothing = resolve(Tunable{.hyperparameter = "smoothing"})});
        const at::NoGradGuard guard;
        std::uint64_t seed = 100;
        for (auto [name, tensor] : problem->network.response())
            tensor.copy_(0.3 * normal(tensor.sizes(), seed++));
        Shape shape = input;
        shape.insert(shape.begin(), batchSize);
        auto g = generator(1);
        batch = {normal(shape, 2), at::randint(3, {batchSize}, g, at::TensorOptions(at::kLong))};
        noise = normal({batchSize, 3}, 3);
        epsilon = 0.5 * normal({batchSize, 3}, 4);
    }

    /// L_T(λ + ε, f(x; w(λ)) + T) with a tangent T that was taken before: what a linearised loss is a loss
    /// of.
    Tensor lossAlong(const TunerSpec& spec, const Tensor& tangent) const {
        const Space& space = problem->space;
        const Weights weights = moved(spec);
        auto g = generator(9);
        Pass pass{.values = space.natural(space.lambda() + epsilon),
                  .generator = g,
                  .training = true,
                  .generalGradient = true,
                  .responseGradient = true,
                  .weights = &weights};
        const Tensor y = problem->network.forward(batch.inputs, pass) + tangent;
        pass.delta = epsilon;
        return problem->objective.loss(y, Targets{batch.targets}, problem->smoothing(pass, y)) +
               problem->network.penalty(pass);
    }
    /// J_w f(x; w) Θ ε at these general weights, Θ as it is now.
    Tensor tangent(const Weights& weights) const {
        const Space& space = problem->space;
        auto g = generator(9);
        Pass pass{.delta = epsilon,
                  .values = space.natural(space.lambda() + epsilon),
                  .generator = g,
                  .training = true,
                  .weights = &weights};
        return problem->network.forward(Dual{batch.inputs, {}}, pass).tangent.detach();
    }
    Weights moved(const TunerSpec& spec) const {
        return own(spec).centered ? Weights{} : problem->network.moved(problem->space.lambda().detach());
    }
    /// Copies of the general weights at λ, which stay where they are.
    Weights frozen(const TunerSpec& spec) const {
        Weights weights = moved(spec);
        for (const auto& [name, tensor] : problem->network.general())
            weights.emplace(tensor.unsafeGetTensorImpl(), tensor);
        for (auto& [place, tensor] : weights) tensor = tensor.detach().clone();
        return weights;
    }
};

/// Gradients of `loss`, which is at hand, by `parameters` against central differences of `value`, along a
/// direction for each.
void compare(const Tensor& loss, const NamedTensors& parameters, const std::function<double()>& value) {
    const variable_list gradients = torch::autograd::grad({loss}, tensors(parameters));
    QVERIFY(std::abs(loss.item<double>() - value()) < 1e-12);
    const double h = 1e-6;
    double steepest = 0.0;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        Tensor parameter = parameters[i].second;
        const Tensor direction = normal(parameter.sizes(), 50 + i);
        const auto at = [&](double by) {
            const at::NoGradGuard guard;
            const Tensor before = parameter.detach().clone();
            parameter.add_(direction, by);
            const double result = value();
            parameter.copy_(before);
            return result;
        };
        const double expected = (at(h) - at(-h)) / (2 * h),
                     found = (gradients[i] * direction).sum().item<double>();
        QVERIFY2(std::abs(found - expected) < 1e-7 * std::max(1.0, std::abs(expected)),
                 qPrintable(
                     QString("%1: %2 against %3").arg(parameters[i].first.c_str()).arg(found).arg(expected)));
        steepest = std::max(steepest, std::abs(expected));
    }
    QVERIFY(steepest > 1e-4);
}

} // namespace

Q_DECLARE_METATYPE(dstn::TunerSpec)

/// Every combination of the switches, by the loss that it says it follows.
class TestDeltaStn : public QObject {
    Q_OBJECT

    static void combinations() {
        QTest::addColumn<TunerSpec>("spec");
        QTest::addColumn<bool>("convolutions");
        for (const bool convolutions : {false, true})
            for (unsigned bits = 0; bits < 16; ++bits) {
                TunerSpec spec{
                    .options = DeltaStnOptions{.centered = (bits & 1U) != 0, .separate = (bits & 2U) != 0}};
                spec.linearize = (bits & 4U) != 0;
                spec.tuneScales = (bits & 8U) != 0;
                QTest::addRow("%s, %s, %s, %s, %s", own(spec).centered ? "centred" : "not centred",
                              own(spec).separate ? "separate" : "joint",
                              spec.linearize ? "linearised" : "not linearised",
                              spec.tuneScales ? "scales tuned" : "scales still",
                              convolutions ? "convolutions" : "perceptron")
                    << spec << convolutions;
            }
    }

  private Q_SLOTS:
    void trainingGradientsAreThoseOfTheirLoss_data() { combinations(); }
    void trainingGradientsAreThoseOfTheirLoss() {
        QFETCH(TunerSpec, spec);
        QFETCH(bool, convolutions);
        const Case c(convolutions);
        const DeltaStn tuner(*c.problem, spec, {});
        const NamedTensors &general = c.problem->network.general(), &response = c.problem->network.response();
        const auto perturbed = [&] {
            auto g = generator(9);
            return own(spec).separate ? tuner.responseLoss(c.batch, c.epsilon, g).loss
                                      : tuner.jointLoss(c.batch, c.epsilon, g).loss;
        };
        const Weights frozen = c.frozen(spec);
        const auto value = [&] { return perturbed().item<double>(); };
        /// The same with the Jacobian held where it was.
        const auto along = [&] { return c.lossAlong(spec, c.tangent(frozen)).item<double>(); };
        compare(perturbed(), response, spec.linearize ? std::function<double()>(along) : value);
        if (!own(spec).separate) {
            const Tensor still = c.tangent(frozen);
            const auto byGeneral = [&] { return c.lossAlong(spec, still).item<double>(); };
            compare(perturbed(), general, spec.linearize ? std::function<double()>(byGeneral) : value);
            return;
        }
        const auto first = [&] {
            auto g = generator(9);
            return tuner.generalLoss(c.batch, g).loss;
        };
        compare(first(), general, [&] { return first().item<double>(); });
    }

    /// A centred response is one to where λ goes from where it is, which is a constant of the loss.
    void validationGradientsAreThoseOfTheirLoss_data() { combinations(); }
    void validationGradientsAreThoseOfTheirLoss() {
        QFETCH(TunerSpec, spec);
        QFETCH(bool, convolutions);
        const Case c(convolutions);
        const DeltaStn tuner(*c.problem, spec, {});
        const Space& space = c.problem->space;
        const Tensor centre =
            own(spec).centered ? space.lambda().detach().clone() : at::zeros({3}, at::kDouble);
        NamedTensors parameters{{"lambda", space.lambda()}};
        if (spec.tuneScales) parameters.emplace_back("raw_scale", space.rawScale());
        compare(tuner.validationLoss(c.batch, c.noise).loss, parameters, [&] {
            Tensor delta = space.lambda().detach().expand({batchSize, 3}) - centre;
            if (spec.tuneScales) delta = delta + at::softplus(space.rawScale().detach()) * c.noise;
            Pass pass{.delta = delta};
            const Tensor y = c.problem->network.forward(c.batch.inputs, pass);
            return c.problem->objective.loss(y, c.batch.targets).item<double>();
        });
    }

    void predictionsAreThoseAtLambda_data() { combinations(); }
    void predictionsAreThoseAtLambda() {
        QFETCH(TunerSpec, spec);
        QFETCH(bool, convolutions);
        const Case c(convolutions);
        DeltaStn tuner(*c.problem, spec, {});
        Pass pass;
        if (!own(spec).centered) pass.delta = c.problem->space.lambda().detach().expand({batchSize, 3});
        QVERIFY(at::allclose(tuner.predict(c.batch), c.problem->network.forward(c.batch.inputs, pass), 1e-12,
                             1e-12));
    }

    /// Whatever its options say, the STN is what is left without the improvements.
    void theStnIsTheDeltaStnWithoutItsImprovements() {
        const auto trained = [](bool ancestor) {
            const Case c(true);
            TunerSpec spec;
            if (!ancestor) {
                spec.options = DeltaStnOptions{.centered = false, .separate = false};
                spec.linearize = false;
            }
            const std::unique_ptr<DeltaStn> tuner =
                ancestor ? std::make_unique<Stn>(*c.problem, spec, OptimizersSpec{})
                         : std::make_unique<DeltaStn>(*c.problem, spec, OptimizersSpec{});
            auto g = generator(5);
            for (int i = 0; i < 3; ++i) {
                tuner->train(c.batch, g);
                tuner->validate(c.batch, g);
            }
            std::vector<Tensor> parameters = tensors(c.problem->network.general());
            for (const Tensor& tensor : tensors(c.problem->network.response())) parameters.push_back(tensor);
            parameters.push_back(c.problem->space.lambda());
            parameters.push_back(c.problem->space.rawScale());
            for (Tensor& tensor : parameters) tensor = tensor.detach().flatten();
            return at::cat(parameters);
        };
        QVERIFY(at::equal(trained(true), trained(false)));
    }

    /// Products a layer over the three of a plain step.
    void costsCountTheProductsOfEachForm() {
        const auto train = [](bool centered, bool separate, bool linearize, bool share = false) {
            TunerSpec spec{.options = DeltaStnOptions{.centered = centered, .separate = separate}};
            spec.linearize = linearize;
            spec.sharePrimal = share;
            const StepCost cost = costOf(spec, 3);
            if (cost.validate * 3 != 4.0) qFatal("a validation step has four products");
            return cost.train * 3;
        };
        QCOMPARE(train(true, true, true), 8.0);
        QCOMPARE(train(true, true, true, true), 7.0);
        QCOMPARE(train(true, true, false), 8.0);
        QCOMPARE(train(false, true, true), 10.0);
        QCOMPARE(train(false, true, false), 8.0);
        for (const bool centered : {true, false}) {
            QCOMPARE(train(centered, false, true), 7.0);
            QCOMPARE(train(centered, false, false), 6.0);
        }
        QCOMPARE(costOf({.options = StnOptions{}}, 3).train * 3, 6.0);
    }
};

DSTN_TEST(TestDeltaStn)
#include "tst_delta_stn.moc"
