#include "core/engine/kernels/kernels.h"
#include "core/engine/kernels/lstm_kernels.h"
#include "core/engine/kernels/normalization_kernels.h"
#include "core/engine/kernels/pooled_convolution.h"
#include "core/engine/kernels/row_norms.h"
#include "core/engine/layers/network.h"
#include "tests/program.h"

#include <QTest>

using namespace dstn;

Q_DECLARE_METATYPE(dstn::Model)
Q_DECLARE_METATYPE(dstn::Part)
Q_DECLARE_METATYPE(dstn::Shape)

namespace {

constexpr std::int64_t batch = 5, hyperparameters = 3;

at::Generator generator(std::uint64_t seed) { return at::detail::createCPUGenerator(seed); }
Tensor normal(at::IntArrayRef shape, std::uint64_t seed) {
    auto g = generator(seed);
    return at::empty(shape, at::kDouble).normal_(0, 1, g);
}
double largest(const Tensor& tensor) { return tensor.detach().abs().max().item<double>(); }

/// Texts in these tests have so many different tokens; models of text begin with an embedding.
constexpr std::int64_t vocabulary = 7;
bool ofText(const Model& model) { return std::holds_alternative<EmbeddingPart>(model.parts.front()); }

/// A mini-batch that such a model takes: numbers, or tokens.
Tensor exampleBatch(const Model& model, const Shape& input) {
    Shape shape = input;
    shape.insert(shape.begin(), batch);
    auto g = generator(1);
    return ofText(model) ? at::randint(vocabulary, shape, g, at::TensorOptions(at::kLong)) : normal(shape, 1);
}

/// A network in float64 whose response parameters are no longer at zero.
Network makeNetwork(const Model& model, const Shape& input, bool fuse = true,
                    const std::vector<Tunable>& weightDecay = {}) {
    Network network(model, {.input = input,
                            .vocabulary = ofText(model) ? vocabulary : 0,
                            .hyperparameters = hyperparameters,
                            .resolve =
                                [](const Tunable& t) {
                                    return t.named() ? Setting{.index = std::stoll(t.hyperparameter)}
                                                     : Setting{.value = t.value};
                                },
                            .weightDecay = weightDecay,
                            .dtype = at::kDouble,
                            .seed = 7,
                            .fuse = fuse});
    const at::NoGradGuard guard;
    std::uint64_t seed = 100;
    for (auto [name, tensor] : network.response()) tensor.copy_(0.3 * normal(tensor.sizes(), seed++));
    return network;
}

/// A training pass whose masks are always the same.
Pass makePass(const Tensor& delta) {
    return {.delta = delta,
            .values = at::full({batch, hyperparameters}, 0.3, at::kDouble),
            .generator = generator(3),
            .training = true};
}

} // namespace

/// Every rule against central differences in float64, part by part and fused.
class TestLayers : public QObject {
    Q_OBJECT

    static void networks() {
        QTest::addColumn<Model>("model");
        QTest::addColumn<Shape>("input");
        const auto add = [](const char* name, std::vector<Part> parts, const Shape& input) {
            QTest::newRow(name) << Model{std::move(parts)} << input;
        };
        const Shape flat{6}, image{4, 8, 9};
        const LinearPart linear{.out = 5};
        const auto after = [&](Part part) {
            return std::vector<Part>{linear, std::move(part), LinearPart{.out = 3}};
        };
        add("linear", {linear}, flat);
        add("linear twice", {linear, LinearPart{.out = 3}}, flat);
        add("linear without bias", {LinearPart{.out = 5, .bias = false}, LinearPart{.out = 3, .bias = false}},
            flat);
        add("dense linear", {LinearPart{.out = 5, .response = ResponseKind::dense}, linear}, flat);
        add("dense linear without bias",
            {LinearPart{.out = 5, .bias = false, .response = ResponseKind::dense}, linear}, flat);
        add("relu", after(ReluPart{}), flat);
        add("gelu", after(GeluPart{}), flat);
        add("tanh", after(TanhPart{}), flat);
        add("relu before anything responds", {ReluPart{}, linear, ReluPart{}}, flat);
        add("dropout",
            {DropoutPart{{.value = 0.4}}, linear, ReluPart{}, DropoutPart{{.hyperparameter = "1"}}, linear},
            flat);
        add("batch_norm of features", after(BatchNormPart{}), flat);
        add("layer_norm of features", after(LayerNormPart{}), flat);

        const Conv2dPart conv{.out = 4, .kernel = 3, .padding = 1};
        const auto convolutions = [&](Part part) { return std::vector<Part>{conv, std::move(part), conv}; };
        add("conv2d", {conv, conv}, image);
        add("conv2d with stride", {conv, Conv2dPart{.out = 3, .kernel = 3, .stride = 2}}, image);
        add("conv2d with dilation", {conv, Conv2dPart{.out = 3, .kernel = 2, .padding = 1, .dilation = 2}},
            image);
        add("conv2d in groups", {conv, Conv2dPart{.out = 6, .kernel = 3, .groups = 2}}, image);
        add("conv2d without bias", {Conv2dPart{.out = 3, .kernel = 3, .bias = false}, conv}, image);
        add("dense conv2d",
            {conv, Conv2dPart{.out = 4, .kernel = 3, .groups = 2, .response = ResponseKind::dense}}, image);
        add("max_pool2d", convolutions(MaxPool2dPart{}), image);
        add("max_pool2d overlapping", convolutions(MaxPool2dPart{.kernel = 3, .stride = 2, .padding = 1}),
            image);
        add("avg_pool2d", convolutions(AvgPool2dPart{.kernel = 3, .stride = 2, .padding = 1}), image);
        add("conv2d, relu, max_pool2d",
            {conv, ReluPart{}, MaxPool2dPart{}, conv, ReluPart{}, MaxPool2dPart{}}, image);
        add("conv2d, relu, max_pool2d overlapping",
            {conv, ReluPart{}, MaxPool2dPart{.kernel = 3, .stride = 2, .padding = 1}, conv, ReluPart{}},
            image);
        add("dropout2d and flatten",
            {Dropout2dPart{{.hyperparameter = "0"}}, conv, ReluPart{}, Dropout2dPart{{.value = 0.5}},
             FlattenPart{}, linear},
            image);
        add("batch_norm of channels", convolutions(BatchNormPart{}), image);
        add("batch_norm and relu", {conv, BatchNormPart{}, ReluPart{}, conv}, image);
        add("batch_norm, relu, max_pool2d", {conv, BatchNormPart{}, ReluPart{}, MaxPool2dPart{}, conv},
            image);
        add("batch_norm before anything responds", {BatchNormPart{}, ReluPart{}, conv}, image);
        add("layer_norm of images", convolutions(LayerNormPart{}), image);

        const Shape text{6};
        const EmbeddingPart words{.width = 5};
        add("embedding", {words, LinearPart{.out = 3}}, text);
        add("embedding with dropped words",
            {EmbeddingPart{.width = 5, .rate = {.hyperparameter = "0"}}, linear}, text);
        add("linear and relu on a sequence",
            {words, LinearPart{.out = 8}, ReluPart{}, LinearPart{.out = 4, .bias = false},
             LinearPart{.out = 3, .response = ResponseKind::dense}},
            text);
        add("lstm", {words, LstmPart{.hidden = 4}}, text);
        add("lstm of two layers, dropped in every way",
            {EmbeddingPart{.width = 5, .rate = {.value = 0.2}}, LockedDropoutPart{{.hyperparameter = "1"}},
             LstmPart{
                 .hidden = 4, .layers = 2, .rate = {.hyperparameter = "2"}, .dropConnect = {.value = 0.3}},
             TemporalActivationRegularizationPart{{.value = 1.0}}, LockedDropoutPart{{.value = 0.4}},
             ActivationRegularizationPart{{.value = 2.0}}, LinearPart{.out = vocabulary}},
            text);
        add("lstm with tied output", {words, LstmPart{.hidden = 4}, LstmPart{.hidden = 5}, TiedLinearPart{}},
            text);
        add("layer_norm of sequences", {LayerNormPart{}, TanhPart{}, LayerNormPart{}, FlattenPart{}, linear},
            {4, 6});
        add("global_avg_pool2d", {conv, ReluPart{}, GlobalAvgPool2dPart{}, linear}, image);
        const auto block = [](std::int64_t out, std::int64_t stride, Tunable rate = {}) {
            return ResidualBlockPart{.out = out, .stride = stride, .rate = std::move(rate)};
        };
        add("residual_block", {block(4, 1), conv}, image);
        add("residual_block with stride", {conv, block(4, 2), conv}, image);
        add("residual_block of another width", {conv, block(6, 1, {.hyperparameter = "1"}), conv}, image);
        add("dense residual_block", {ResidualBlockPart{.out = 3, .response = ResponseKind::dense}}, image);

        // The presets' networks, small.
        const auto dropped = [](const char* rate) { return Dropout2dPart{{.hyperparameter = rate}}; };
        const Conv2dPart plain{.out = 4, .padding = 1, .bias = false, .init = Initialization::heNormal};
        add("AlexNet",
            {dropped("0"), Conv2dPart{.out = 4, .stride = 2, .padding = 1}, ReluPart{}, MaxPool2dPart{},
             dropped("1"), Conv2dPart{.out = 6, .padding = 1}, ReluPart{}, dropped("2"),
             Conv2dPart{.out = 5, .padding = 1}, ReluPart{}, MaxPool2dPart{}, FlattenPart{},
             DropoutPart{{.hyperparameter = "0"}}, LinearPart{.out = 8}, ReluPart{},
             DropoutPart{{.hyperparameter = "1"}}, linear},
            {3, 12, 12});
        add("VGG",
            {plain, BatchNormPart{}, ReluPart{}, plain, BatchNormPart{}, ReluPart{}, MaxPool2dPart{},
             dropped("1"), plain, BatchNormPart{}, ReluPart{}, MaxPool2dPart{}, FlattenPart{}, linear},
            {3, 8, 8});
        add("ResNet",
            {plain, BatchNormPart{}, ReluPart{}, block(4, 1, {.hyperparameter = "0"}),
             block(6, 2, {.hyperparameter = "2"}), GlobalAvgPool2dPart{},
             DropoutPart{{.hyperparameter = "1"}}, linear},
            {3, 8, 8});
    }

  private Q_SLOTS:
    void tangentsAgreeWithCentralDifferences_data() { networks(); }
    void tangentsAgreeWithCentralDifferences() {
        QFETCH(Model, model);
        QFETCH(Shape, input);
        for (const bool fuse : {true, false})
            for (const bool training : {true, false}) {
                Network network = makeNetwork(model, input, fuse);
                const Tensor x = exampleBatch(model, input), delta = normal({batch, hyperparameters}, 2);
                Pass pass = makePass(delta);
                pass.training = training;
                const Dual dual = network.forward(Dual{x, {}}, pass);

                const double h = 1e-6;
                const auto at = [&](double factor) {
                    Pass moved = makePass(factor * delta);
                    moved.training = training;
                    return network.forward(x, moved).detach();
                };
                const Tensor expected = (at(h) - at(-h)) / (2 * h);
                QVERIFY(largest(expected) > 1e-3); // something responds
                QVERIFY(largest(dual.primal - at(0)) < 1e-12);
                const double error = largest(dual.tangent - expected) / largest(expected);
                QVERIFY2(error < 1e-7, qPrintable(QString::number(error)));
            }
    }

    /// w(Δ) in the place of w₀ is the network at Δ, and what goes on from there goes on from there.
    void movedWeightsAreThoseAtDelta_data() { networks(); }
    void movedWeightsAreThoseAtDelta() {
        QFETCH(Model, model);
        QFETCH(Shape, input);
        for (const bool fuse : {true, false}) {
            Network network = makeNetwork(model, input, fuse, {{.hyperparameter = "0"}});
            const Tensor x = exampleBatch(model, input), centre = normal({hyperparameters}, 4),
                         delta = normal({batch, hyperparameters}, 2);
            const Weights weights = network.moved(centre);
            QCOMPARE(weights.size(), network.general().size());
            const auto from = [&](const Tensor& by, const Weights* place) {
                Pass pass = makePass(by);
                pass.weights = place;
                const Tensor y = network.forward(x, pass).detach();
                return std::pair{y, network.penalty(pass).detach()};
            };
            const auto [inPlace, placePenalty] = from({}, &weights);
            const auto [atDelta, deltaPenalty] = from(centre.expand({batch, hyperparameters}), nullptr);
            QVERIFY(largest(inPlace - atDelta) < 1e-12 * std::max(1.0, largest(atDelta)));
            QVERIFY(largest(placePenalty - deltaPenalty) < 1e-12 * largest(deltaPenalty));
            QVERIFY(largest(from(delta, &weights).second - from(centre + delta, nullptr).second) <
                    1e-12 * largest(deltaPenalty));

            Pass pass = makePass(delta);
            pass.weights = &weights;
            const Dual dual = network.forward(Dual{x, {}}, pass);
            const double h = 1e-6;
            const Tensor expected =
                (from(centre + h * delta, nullptr).first - from(centre - h * delta, nullptr).first) / (2 * h);
            QVERIFY(largest(dual.primal - atDelta) < 1e-12 * std::max(1.0, largest(atDelta)));
            QVERIFY(largest(dual.tangent - expected) < 1e-7 * std::max(1.0, largest(expected)));
        }
    }

    /// By w₀ they have the slope of one; by Θ that of the network at Δ.
    void movedWeightsAreDifferentiable_data() { networks(); }
    void movedWeightsAreDifferentiable() {
        QFETCH(Model, model);
        QFETCH(Shape, input);
        Network network = makeNetwork(model, input);
        const Tensor x = exampleBatch(model, input), centre = normal({hyperparameters}, 4);
        std::vector<Tensor> parameters = tensors(network.general());
        for (const Tensor& tensor : tensors(network.response())) parameters.push_back(tensor);
        const auto gradients = [&](const Tensor& delta, const Weights* weights) {
            Pass pass = makePass(delta);
            pass.generalGradient = pass.responseGradient = true;
            pass.weights = weights;
            return torch::autograd::grad({network.forward(x, pass).square().mean()}, parameters);
        };
        const Weights weights = network.moved(centre);
        const variable_list inPlace = gradients({}, &weights),
                            atDelta = gradients(centre.expand({batch, hyperparameters}), nullptr);
        for (std::size_t i = 0; i < parameters.size(); ++i)
            QVERIFY(largest(inPlace[i] - atDelta[i]) < 1e-11 * std::max(1.0, largest(atDelta[i])));
    }

    void hypergradientsAgreeWithCentralDifferences_data() { networks(); }
    void hypergradientsAgreeWithCentralDifferences() {
        QFETCH(Model, model);
        QFETCH(Shape, input);
        Network network = makeNetwork(model, input);
        const Tensor x = exampleBatch(model, input), noise = normal({batch, hyperparameters}, 2);
        Tensor lambda = normal({hyperparameters}, 4).requires_grad_(true);
        Tensor raw = normal({hyperparameters}, 5).requires_grad_(true);
        const Tensor centre = lambda.detach().clone();
        const auto loss = [&](const Tensor& l, const Tensor& r) {
            Pass pass{.delta = l + at::softplus(r) * noise - centre};
            return network.forward(x, pass).square().mean();
        };
        const variable_list gradients = torch::autograd::grad({loss(lambda, raw)}, {lambda, raw});
        const double h = 1e-6;
        for (std::int64_t i = 0; i < hyperparameters; ++i) {
            const Tensor step = at::zeros({hyperparameters}, at::kDouble).index_fill(0, at::tensor({i}), h);
            const at::NoGradGuard guard;
            const double byLambda =
                ((loss(lambda + step, raw) - loss(lambda - step, raw)) / (2 * h)).item<double>();
            const double byScale =
                ((loss(lambda, raw + step) - loss(lambda, raw - step)) / (2 * h)).item<double>();
            const double scale = std::max(largest(gradients[0]), largest(gradients[1]));
            QVERIFY(std::abs(gradients[0][i].item<double>() - byLambda) < 1e-7 * std::max(scale, 1e-2));
            QVERIFY(std::abs(gradients[1][i].item<double>() - byScale) < 1e-7 * std::max(scale, 1e-2));
        }
        QVERIFY(largest(gradients[0]) > 1e-6);
    }

    void responseGradientsAgreeWithCentralDifferences_data() { networks(); }
    void responseGradientsAgreeWithCentralDifferences() {
        QFETCH(Model, model);
        QFETCH(Shape, input);
        Network network = makeNetwork(model, input);
        const Tensor x = exampleBatch(model, input), delta = normal({batch, hyperparameters}, 2);
        const auto loss = [&] {
            Pass pass = makePass(delta);
            pass.responseGradient = true;
            const Dual dual = network.forward(Dual{x, {}}, pass);
            return (dual.primal + dual.tangent).square().mean();
        };
        const variable_list gradients = torch::autograd::grad({loss()}, tensors(network.response()));
        const double h = 1e-6;
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            const Tensor parameter = network.response()[i].second;
            const Tensor direction = normal(parameter.sizes(), 50 + i);
            const auto moved = [&](double by) {
                const at::NoGradGuard guard;
                Tensor target = parameter;
                target.add_(direction, by);
                const double value = loss().item<double>();
                target.sub_(direction, by);
                return value;
            };
            const double expected = (moved(h) - moved(-h)) / (2 * h);
            const double actual = (gradients[i] * direction).sum().item<double>();
            QVERIFY2(std::abs(actual - expected) < 1e-6 * std::max(1.0, std::abs(expected)),
                     network.response()[i].first.c_str());
        }
    }

    /// The exact forward pass, as STN and validation steps use it: derivatives in w₀ and Θ.
    void forwardGradientsAgreeWithCentralDifferences_data() { networks(); }
    void forwardGradientsAgreeWithCentralDifferences() {
        QFETCH(Model, model);
        QFETCH(Shape, input);
        Network network = makeNetwork(model, input);
        const Tensor x = exampleBatch(model, input), delta = 0.5 * normal({batch, hyperparameters}, 2);
        const auto loss = [&](const Tensor& moved) {
            Pass pass = makePass(moved);
            pass.generalGradient = pass.responseGradient = true;
            Tensor total = network.forward(x, pass).square().mean();
            if (pass.activationPenalty.defined()) total = total + pass.activationPenalty;
            return total;
        };
        NamedTensors parameters = network.general();
        for (const bool responds : {false, true}) {
            const Tensor moved = responds ? delta : Tensor();
            if (responds)
                parameters.insert(parameters.end(), network.response().begin(), network.response().end());
            const variable_list gradients = torch::autograd::grad({loss(moved)}, tensors(parameters));
            const double h = 1e-6;
            for (std::size_t i = 0; i < gradients.size(); ++i) {
                Tensor parameter = parameters[i].second;
                const Tensor direction = normal(parameter.sizes(), 50 + i);
                const at::NoGradGuard guard;
                const auto at = [&](double by) {
                    parameter.add_(direction, by);
                    const double value = loss(moved).item<double>();
                    parameter.sub_(direction, by);
                    return value;
                };
                const double expected = (at(h) - at(-h)) / (2 * h);
                const double actual = (gradients[i] * direction).sum().item<double>();
                QVERIFY2(std::abs(actual - expected) < 1e-6 * std::max(1.0, std::abs(expected)),
                         parameters[i].first.c_str());
            }
        }
    }

    /// What the linearised step computes in one go is primal + tangent, with the same derivative in Θ.
    void linearizedEqualsTheSumOfBothParts_data() { networks(); }
    void linearizedEqualsTheSumOfBothParts() {
        QFETCH(Model, model);
        QFETCH(Shape, input);
        Network network = makeNetwork(model, input);
        const Tensor x = exampleBatch(model, input), delta = normal({batch, hyperparameters}, 2);
        const auto pass = [&] {
            Pass result = makePass(delta);
            result.responseGradient = true;
            return result;
        };
        Pass one = pass(), other = pass();
        const Tensor sum = network.linearized(x, one);
        const Dual dual = network.forward(Dual{x, {}}, other);
        QVERIFY(at::allclose(sum, dual.primal + dual.tangent, 1e-11, 1e-12));
        const Tensor weights = normal(sum.sizes(), 6);
        const variable_list first =
            torch::autograd::grad({(sum * weights).sum()}, tensors(network.response()));
        const variable_list second = torch::autograd::grad({((dual.primal + dual.tangent) * weights).sum()},
                                                           tensors(network.response()));
        for (std::size_t i = 0; i < first.size(); ++i)
            QVERIFY(at::allclose(first[i], second[i], 1e-10, 1e-12));
        QCOMPARE(one.linearizedActivationPenalty.defined(), other.linearizedActivationPenalty.defined());
        if (one.linearizedActivationPenalty.defined())
            QVERIFY(at::allclose(one.linearizedActivationPenalty, other.linearizedActivationPenalty));
    }

    /// AR and TAR as their formulas say, at each example's own strength, at the primal and linearised.
    void activationPenaltiesFollowTheirFormulas() {
        const Model model{{EmbeddingPart{.width = 5}, ActivationRegularizationPart{{.hyperparameter = "0"}},
                           TemporalActivationRegularizationPart{{.hyperparameter = "1"}}}};
        Network network = makeNetwork(model, {6});
        const Tensor x = exampleBatch(model, {6}), delta = normal({batch, hyperparameters}, 2);
        Pass pass = makePass(delta);
        pass.values = normal({batch, hyperparameters}, 9).abs();
        const Dual y = network.forward(Dual{x, {}}, pass);
        const auto expected = [&](const Tensor& h) {
            double total = 0.0;
            for (std::int64_t b = 0; b < batch; ++b) {
                const Tensor change = h[b].narrow(0, 1, 5) - h[b].narrow(0, 0, 5);
                total += pass.values[b][0].item<double>() * h[b].square().mean().item<double>() +
                         pass.values[b][1].item<double>() * change.square().mean().item<double>();
            }
            return total / batch;
        };
        QVERIFY(std::abs(pass.activationPenalty.item<double>() - expected(y.primal)) < 1e-12);
        QVERIFY(std::abs(pass.linearizedActivationPenalty.item<double>() - expected(y.primal + y.tangent)) <
                1e-12);
        Pass still = makePass(delta);
        still.training = false;
        network.forward(x, still);
        QVERIFY(!still.activationPenalty.defined());
    }

    /// A text read in two slices, states carried over, gives what it gives read at once.
    void carriedStatesJoinSlices() {
        const Model model{{EmbeddingPart{.width = 5}, LstmPart{.hidden = 4, .layers = 2}, TiedLinearPart{}}};
        Model untied = model;
        untied.parts.back() = LinearPart{.out = vocabulary};
        Network network = makeNetwork(untied, {6});
        const Tensor x = exampleBatch(untied, {6});
        const at::NoGradGuard guard;
        Pass whole;
        const Tensor expected = network.forward(x, whole);
        Carry carry = network.start(batch), next = carry;
        QCOMPARE(carry.states.size(), std::size_t(4));
        std::vector<Tensor> slices;
        for (const std::int64_t from : {0, 2}) {
            Pass pass{.before = &carry, .after = &next};
            slices.push_back(network.forward(x.narrow(1, from, from == 0 ? 2 : 4), pass));
            carry = next;
        }
        QVERIFY(at::allclose(at::cat(slices, 1), expected, 1e-12, 1e-14));
        QVERIFY(largest(slices[1] - [&] {
                    Pass pass;
                    return network.forward(x.narrow(1, 2, 4), pass);
                }()) > 1e-6);
    }

    void lockedDropoutDropsWholeFeatures() {
        const Model model{{EmbeddingPart{.width = 50}, LockedDropoutPart{{.value = 0.5}}}};
        Network network = makeNetwork(model, {6});
        Pass pass = makePass({});
        const Tensor y = network.forward(exampleBatch(model, {6}), pass);
        const Tensor dropped = (y == 0).to(at::kDouble).mean(1); // [batch, width]: 0 or 1 at all steps
        QVERIFY(largest(dropped * (1 - dropped)) == 0.0);
        QVERIFY(std::abs(dropped.mean().item<double>() - 0.5) < 0.15);
    }

    /// An example loses a word at all its places.
    void embeddingDropsWholeWords() {
        const Model model{{EmbeddingPart{.width = 3, .rate = {.value = 0.5}}}};
        Network network = makeNetwork(model, {60});
        Pass pass = makePass({});
        const Tensor x = exampleBatch(model, {60}), y = network.forward(x, pass);
        int gone = 0, there = 0;
        for (std::int64_t b = 0; b < batch; ++b)
            for (std::int64_t word = 0; word < vocabulary; ++word) {
                const Tensor places = y[b].index_select(0, (x[b] == word).nonzero().flatten());
                if (places.size(0) == 0) continue;
                const bool dropped = largest(places[0]) == 0.0;
                QVERIFY(largest(places - places[0]) == 0.0);
                ++(dropped ? gone : there);
            }
        QVERIFY(gone > 5 && there > 5);
    }

    void lstmKernelsEqualTheirComposition_data() {
        QTest::addColumn<bool>("responds");
        QTest::addColumn<int>("time");
        for (const bool responds : {false, true})
            for (const int time : {1, 5})
                QTest::addRow("%s, %d steps", responds ? "responding" : "plain", time) << responds << time;
    }
    void lstmKernelsEqualTheirComposition() {
        using namespace kernels;
        QFETCH(bool, responds);
        QFETCH(int, time);
        constexpr std::int64_t hidden = 6;
        const auto leaf = [&](at::IntArrayRef size, std::uint64_t seed) {
            return normal(size, seed).requires_grad_(true);
        };
        const Tensor x = leaf({batch, time, 4 * hidden}, 1), w = leaf({4 * hidden, hidden}, 2);
        const Tensor r = responds ? leaf({4 * hidden, hidden}, 3) : Tensor();
        const Tensor s = responds ? leaf({batch, 4 * hidden}, 4) : Tensor();
        const Tensor h = normal({batch, hidden}, 5), c = normal({batch, hidden}, 6);
        std::vector<Tensor> inputs{x, w};
        if (responds) inputs.insert(inputs.end(), {r, s});
        const auto agree = [](const Tensor& one, const Tensor& other, const std::vector<Tensor>& leaves) {
            QVERIFY(at::allclose(one, other, 1e-11, 1e-13));
            const Tensor weights = normal(one.sizes(), 8);
            const variable_list first = torch::autograd::grad({(one * weights).sum()}, leaves);
            const variable_list second = torch::autograd::grad({(other * weights).sum()}, leaves);
            for (std::size_t i = 0; i < leaves.size(); ++i)
                QVERIFY(at::allclose(first[i], second[i], 1e-10, 1e-12));
        };
        const LstmPass fused = kernels::lstm(x, w, r, s, h, c),
                       composed = kernels::lstm(x, w, r, s, h, c, Path::composite);
        agree(fused.output, composed.output, inputs);
        QVERIFY(at::allclose(fused.point.gates, composed.point.gates, 1e-12, 1e-14));
        QVERIFY(at::allclose(fused.point.previousHidden, composed.point.previousHidden, 1e-12, 1e-14));
        const Tensor moved = leaf({batch, time, 4 * hidden}, 9);
        agree(lstmTangent(fused.point, moved, w), lstmTangent(composed.point, moved, w, Path::composite),
              {moved});
    }

    /// The float32 kernel's own exponential against float64.
    void lstmGatesAreExactInSinglePrecision() {
        const std::int64_t count = 4000;
        const Tensor line = at::linspace(-100, 100, count, at::kDouble).view({count, 1, 1});
        const Tensor zero = at::zeros({count, 1}, at::kDouble), weight = at::zeros({4, 1}, at::kDouble);
        const Tensor x = at::cat({line, line * 0.01, line * 0.1, -line}, 2);
        const auto run = [&](at::ScalarType type) {
            return kernels::lstm(x.to(type), weight.to(type), {}, {}, zero.to(type), zero.to(type) + 0.5);
        };
        const kernels::LstmPass single = run(at::kFloat), exact = run(at::kDouble);
        QVERIFY(largest(single.point.gates.to(at::kDouble) - exact.point.gates) < 2e-7);
        QVERIFY(largest(single.output.to(at::kDouble) - exact.output) < 3e-7);
        const Tensor g = exact.point.gates.select(2, 2); // tanh keeps its digits near 0
        QVERIFY(largest((single.point.gates.select(2, 2).to(at::kDouble) - g) / g) < 5e-7);
        const Tensor nan = at::full({1, 1, 4}, std::nan(""), at::kFloat), one = at::zeros({1, 1}, at::kFloat);
        QVERIFY(
            kernels::lstm(nan, weight.to(at::kFloat), {}, {}, one, one).output.isnan().all().item<bool>());
    }

    /// ½ decay ‖W(Δ)‖² by row norms, against weights made example by example.
    void penaltiesEqualThoseOfExplicitWeights_data() {
        QTest::addColumn<bool>("dense");
        QTest::addColumn<bool>("perColumn");
        for (const bool dense : {false, true})
            for (const bool perColumn : {false, true})
                QTest::addRow("%s%s", dense ? "dense" : "structured", perColumn ? " per column" : "")
                    << dense << perColumn;
    }
    void penaltiesEqualThoseOfExplicitWeights() {
        QFETCH(bool, dense);
        QFETCH(bool, perColumn);
        const std::int64_t in = 4, out = 3;
        std::vector<Tunable> decays;
        for (std::int64_t i = 0; i < (perColumn ? in : 1); ++i)
            decays.push_back({.hyperparameter = std::to_string(i % hyperparameters)});
        const Model model{{LinearPart{.out = out,
                                      .response = dense ? ResponseKind::dense : ResponseKind::structured,
                                      .weightDecay = decays}}};
        Network network = makeNetwork(model, {in}, true, {{.value = 0.7}});
        const Tensor delta = normal({batch, hyperparameters}, 2);
        Pass pass = makePass(delta);
        pass.values = normal({batch, hyperparameters}, 9).abs();

        const Tensor w0 = network.general()[0].second, response = network.response()[0].second;
        Tensor expected = at::zeros({}, at::kDouble);
        for (std::int64_t b = 0; b < batch; ++b) {
            const Tensor u = dense ? Tensor() : network.response()[2].second.narrow(0, 0, out).mv(delta[b]);
            const Tensor w =
                dense ? w0 + at::tensordot(delta[b], response, {0}, {0}) : w0 + u.unsqueeze(1) * response;
            std::vector<Tensor> columns;
            for (const Tunable& decay : decays)
                columns.push_back(pass.values[b][std::stoll(decay.hyperparameter)]);
            const Tensor own = perColumn ? at::stack(columns) : columns[0].expand({in});
            expected = expected + 0.5 * ((own + 0.7) * w.square().sum(0)).sum() / batch;
        }
        QVERIFY(largest(network.penalty(pass) - expected) < 1e-12);
    }

    /// ½ decay ‖γ(Δ)‖², β left alone.
    void scalesOfNormalisationsDecay_data() {
        QTest::addColumn<Part>("part");
        const std::vector<Tunable> decay{{.hyperparameter = "1"}};
        QTest::newRow("batch_norm") << Part{BatchNormPart{.weightDecay = decay}};
        QTest::newRow("layer_norm") << Part{LayerNormPart{.weightDecay = decay}};
    }
    void scalesOfNormalisationsDecay() {
        QFETCH(Part, part);
        const std::int64_t features = 4;
        Network network = makeNetwork({{part}}, {features});
        Tensor scale = network.general()[0].second;
        {
            const at::NoGradGuard guard;
            scale.copy_(normal({features}, 8));
        }
        const auto response = tensors(network.response());
        const Tensor delta = normal({batch, hyperparameters}, 2);
        Pass pass = makePass(delta);
        pass.values = normal({batch, hyperparameters}, 9).abs();
        const Tensor moved = scale + delta.mm(response[2].narrow(0, 0, features).t()) * response[0];
        const Tensor expected = 0.5 * (pass.values.select(1, 1) * moved.square().sum(1)).mean();
        QVERIFY(largest(network.penalty(pass) - expected) < 1e-12);
        // Without Δ it is that of γ₀.
        pass.delta = Tensor();
        const Tensor still = 0.5 * pass.values.select(1, 1).mean() * scale.square().sum();
        QVERIFY(largest(network.penalty(pass) - still) < 1e-12);
    }

    /// A block's decay, and the experiment's, are those of all its convolutions.
    void residualBlocksDecayLikeTheirConvolutions() {
        ResidualBlockPart block{.out = 6, .stride = 2};
        block.weightDecay.push_back({.hyperparameter = "2"});
        Network network = makeNetwork({{block}}, {4, 6, 6}, true, {{.value = 0.5}});
        Pass pass = makePass({});
        Tensor squares = at::zeros({}, at::kDouble);
        int convolutions = 0;
        for (const auto& [name, tensor] : network.general())
            if (tensor.dim() == 4) {
                squares = squares + tensor.square().sum();
                ++convolutions;
            }
        QCOMPARE(convolutions, 3);
        QVERIFY(largest(network.penalty(pass) - 0.5 * (0.3 + 0.5) * squares) < 1e-12);
    }

    void residualBlocksNameTheirTensorsAfterTheirLayers() {
        const Network network = makeNetwork({{Conv2dPart{.out = 4}, ResidualBlockPart{.out = 6}}}, {2, 6, 6});
        std::vector<std::string> names;
        for (const auto& [name, tensor] : network.general()) names.push_back(name);
        const std::vector<std::string> expected{"0.weight",
                                                "0.bias",
                                                "1.conv1.weight",
                                                "1.bn1.weight",
                                                "1.bn1.bias",
                                                "1.conv2.weight",
                                                "1.bn2.weight",
                                                "1.bn2.bias",
                                                "1.shortcut.conv.weight",
                                                "1.shortcut.bn.weight",
                                                "1.shortcut.bn.bias"};
        QCOMPARE(names, expected);
        QCOMPARE(network.buffers().front().first, std::string("1.bn1.running_mean"));
    }

    /// What the inspector counts is what there is.
    void parametersAreAsManyAsInspected_data() { networks(); }
    void parametersAreAsManyAsInspected() {
        QFETCH(Model, model);
        QFETCH(Shape, input);
        const Network network = makeNetwork(model, input);
        const ModelReport report =
            inspectModel(model, input, hyperparameters, ofText(model) ? vocabulary : 0);
        const auto count = [](const NamedTensors& named) {
            std::int64_t total = 0;
            for (const auto& [name, tensor] : named) total += tensor.numel();
            return total;
        };
        QCOMPARE(count(network.general()), report.parameters);
        QCOMPARE(count(network.response()), report.responseParameters);
    }

    void runningStatisticsFollowTrackedPassesAlone() {
        Network network = makeNetwork({{LinearPart{.out = 5}, BatchNormPart{}}}, {6});
        const Tensor before = network.buffers()[0].second.clone();
        Pass pass = makePass({});
        network.forward(normal({batch, 6}, 1), pass);
        QVERIFY(at::equal(network.buffers()[0].second, before));
        pass.trackStatistics = true;
        network.forward(normal({batch, 6}, 1), pass);
        QVERIFY(!at::equal(network.buffers()[0].second, before));
    }

    void normsOfRowsEqualTheirComposition_data() {
        QTest::addColumn<int>("width");
        QTest::addColumn<bool>("fixedWeight");
        for (const int width : {1, 7, 8, 37})
            for (const bool fixedWeight : {false, true})
                QTest::addRow("%d%s", width, fixedWeight ? ", W fixed" : "") << width << fixedWeight;
    }
    void normsOfRowsEqualTheirComposition() {
        using namespace kernels;
        QFETCH(int, width);
        QFETCH(bool, fixedWeight);
        const Tensor w = normal({6, width}, 1).set_requires_grad(!fixedWeight),
                     r = normal({6, width}, 2).set_requires_grad(true),
                     u = normal({batch, 6}, 3).set_requires_grad(true);
        // By the definition, example by example.
        const Tensor moved = w.unsqueeze(0) + u.unsqueeze(2) * r.unsqueeze(0);
        const Tensor expected = moved.square().sum({1, 2}), weights = normal({batch}, 4);
        std::vector<Tensor> leaves{r, u};
        if (!fixedWeight) leaves.push_back(w);
        const variable_list gradients = torch::autograd::grad({(expected * weights).sum()}, leaves);
        for (const Path path : {Path::automatic, Path::composite}) {
            const Tensor norms = rowResponseNorms(w, r, u, path);
            QVERIFY(at::allclose(norms, expected, 1e-12, 1e-14));
            const variable_list own = torch::autograd::grad({(norms * weights).sum()}, leaves);
            for (std::size_t i = 0; i < leaves.size(); ++i)
                QVERIFY(at::allclose(own[i], gradients[i], 1e-12, 1e-13));
        }
        const auto single = [](const Tensor& tensor) { return tensor.detach().to(at::kFloat); };
        QVERIFY(
            at::allclose(rowResponseNorms(single(w), single(r), single(u)), single(expected), 1e-5, 1e-5));
    }

    /// The fused kernels are another way to compute what ATen computes.
    void fusedKernelsEqualTheirComposition_data() {
        QTest::addColumn<bool>("flat");
        QTest::addColumn<int>("absent");
        for (const bool flat : {true, false})
            for (int absent = 0; absent < 16; ++absent)
                QTest::addRow("%s without %d", flat ? "features" : "images", absent) << flat << absent;
    }
    void fusedKernelsEqualTheirComposition() {
        using namespace kernels;
        QFETCH(bool, flat);
        QFETCH(int, absent);
        const std::vector<std::int64_t> shape =
            flat ? std::vector<std::int64_t>{4, 7} : std::vector<std::int64_t>{4, 7, 6, 5};
        const auto input = [&](int bit, at::IntArrayRef size, std::uint64_t seed) {
            return (absent & bit) != 0 ? Tensor() : normal(size, seed).requires_grad_(true);
        };
        const Tensor a = input(1, shape, 1), s = input(2, {4, 7}, 2), t = input(4, {4, 7}, 3);
        const Tensor gate = (absent & 8) != 0 ? Tensor() : normal(shape, 4);
        const Tensor z = normal(shape, 5).requires_grad_(true);
        std::vector<Tensor> inputs{z};
        for (const Tensor& tensor : {a, s, t})
            if (tensor.defined()) inputs.push_back(tensor);
        const auto agree = [&](const auto& compute) {
            const Tensor fused = compute(Path::automatic), composed = compute(Path::composite);
            QVERIFY(at::allclose(fused, composed, 1e-12, 1e-14));
            const Tensor weights = normal(fused.sizes(), 6);
            const variable_list one = torch::autograd::grad({(fused * weights).sum()}, inputs);
            const variable_list other = torch::autograd::grad({(composed * weights).sum()}, inputs);
            for (std::size_t i = 0; i < one.size(); ++i)
                QVERIFY(at::allclose(one[i], other[i], 1e-12, 1e-14));
        };
        agree([&](Path path) { return respond(gate, a, z, s, t, path); });
        if (flat) return;
        for (const PoolShape pool : {PoolShape{2, 2, 0}, PoolShape{3, 2, 1}, PoolShape{2, 1, 0}}) {
            const Tensor y = normal(shape, 8);
            agree(
                [&](Path path) { return reluMaxPoolTangent(reluMaxPool(y, pool, path), a, z, s, t, path); });
        }
    }

    void fusedPoolingEqualsItsComposition() {
        using namespace kernels;
        for (const PoolShape pool : {PoolShape{2, 2, 0}, PoolShape{3, 2, 1}, PoolShape{3, 1, 1}}) {
            const Tensor x = normal({3, 4, 7, 8}, 1).requires_grad_(true);
            const Pooled fused = reluMaxPool(x, pool), composed = reluMaxPool(x, pool, Path::composite);
            QVERIFY(at::equal(fused.output, composed.output));
            const Tensor weights = normal(fused.output.sizes(), 2);
            QVERIFY(at::allclose(torch::autograd::grad({(fused.output * weights).sum()}, {x})[0],
                                 torch::autograd::grad({(composed.output * weights).sum()}, {x})[0]));
        }
    }

    /// Convolutions evaluated and differentiated at the maxima alone, against all of it everywhere.
    void convolutionsAtTheMaximaEqualTheirComposition_data() {
        QTest::addColumn<int>("kernel");
        QTest::addColumn<int>("stride");
        QTest::addColumn<int>("padding");
        QTest::addColumn<int>("pool");
        QTest::addColumn<int>("absent");
        for (const int kernel : {1, 3, 5})
            for (const int stride : {1, 2})
                for (const int padding : {0, 2})
                    for (const int pool : {2, 3}) // 3: overlapping by one, padded by one
                        QTest::addRow("kernel %d stride %d padding %d pool %d", kernel, stride, padding, pool)
                            << kernel << stride << padding << pool << 0;
        for (int absent = 1; absent < 8; ++absent)
            QTest::addRow("without %d", absent) << 3 << 1 << 1 << 2 << absent;
    }
    void convolutionsAtTheMaximaEqualTheirComposition() {
        using namespace kernels;
        QFETCH(int, kernel);
        QFETCH(int, stride);
        QFETCH(int, padding);
        QFETCH(int, pool);
        QFETCH(int, absent);
        constexpr std::int64_t in = 9, out = 7;
        const ConvShape conv{.stride = stride, .padding = padding};
        const PoolShape pooling{pool, 2, pool == 3 ? 1 : 0};
        const auto leaf = [&](at::IntArrayRef size, std::uint64_t seed) {
            return normal(size, seed).requires_grad_(true);
        };
        const std::vector<std::int64_t> image{batch, in, 12, 11}, filter{out, in, kernel, kernel};
        const bool hasBias = (absent & 1) == 0, hasResponse = (absent & 2) == 0,
                   hasT = hasResponse && hasBias;
        const bool hasCarried = (absent & 4) == 0;
        const Tensor x = leaf(image, 1), w = leaf(filter, 2), b = hasBias ? leaf({out}, 3) : Tensor();
        const Tensor r = hasResponse ? leaf(filter, 4) : Tensor();
        const Tensor s = hasResponse ? leaf({batch, out}, 5) : Tensor();
        const Tensor t = hasT ? leaf({batch, out}, 6) : Tensor();
        const Tensor moved = hasCarried ? leaf(image, 7) : Tensor();
        QVERIFY(poolsConvolution(x, w, conv, pooling));
        const auto apply = [&](const Tensor& input, const Tensor& weight, const Tensor& bias) {
            return at::conv2d(input, weight, bias, {stride, stride}, {padding, padding});
        };
        const auto agree = [&](const Tensor& one, const Tensor& other, std::vector<Tensor> inputs) {
            std::erase_if(inputs, [](const Tensor& input) { return !input.defined(); });
            QVERIFY(at::allclose(one, other, 1e-11, 1e-13));
            const Tensor weights = normal(one.sizes(), 8);
            const variable_list first = torch::autograd::grad({(one * weights).sum()}, inputs);
            const variable_list second = torch::autograd::grad({(other * weights).sum()}, inputs);
            for (std::size_t i = 0; i < inputs.size(); ++i)
                QVERIFY(at::allclose(first[i], second[i], 1e-11, 1e-12));
        };

        const Tensor y = apply(x, w, b);
        const Tensor whole = hasResponse ? respond({}, y, apply(x, r, {}), s, t, Path::composite) : y;
        const Pooled expected = reluMaxPool(whole, pooling, Path::composite);
        const Pooled actual = convReluMaxPool(x, w, b, r, s, t, conv, pooling);
        agree(actual.output, expected.output, {x, w, b, r, s, t});

        if (!hasResponse && !hasCarried) return;
        const Pooled point = reluMaxPool(apply(x, w, b).detach(), pooling);
        const Tensor carried = hasCarried ? apply(moved, w.detach(), {}) : Tensor();
        const Tensor z = hasResponse ? apply(x.detach(), r, {}) : carried;
        const Tensor a = hasResponse ? carried : Tensor();
        agree(convReluMaxPoolTangent(point, x.detach(), moved, w.detach(), r, s, t, conv),
              reluMaxPoolTangent(point, a, z, s, t, Path::composite), {moved, r, s, t});
    }

    /// Batch normalisation's kernels against the same of ATen's operations: values and all derivatives.
    void fusedNormalisationEqualsItsComposition_data() {
        QTest::addColumn<Shape>("shape");
        QTest::addColumn<bool>("relu");
        QTest::addColumn<bool>("ofBatch");
        QTest::addColumn<int>("absent");
        for (const Shape& shape : {Shape{4, 3, 6, 7}, Shape{3, 5, 2, 2}, Shape{2, 3, 40}})
            for (const bool relu : {false, true})
                for (const bool ofBatch : {false, true})
                    for (int absent = 0; absent < 3; ++absent)
                        QTest::addRow("%d dimensions, width %d%s%s without %d", int(shape.size()),
                                      int(shape.back()), relu ? ", relu" : "",
                                      ofBatch ? ", of the batch" : "", absent)
                            << shape << relu << ofBatch << absent;
    }
    void fusedNormalisationEqualsItsComposition() {
        using namespace kernels;
        QFETCH(Shape, shape);
        QFETCH(bool, relu);
        QFETCH(bool, ofBatch);
        QFETCH(int, absent);
        const std::int64_t examples = shape[0], channels = shape[1];
        // A mean far from zero would show a variance that is a difference of large numbers.
        const Tensor x = (1000 + normal(shape, 1)).requires_grad_(true);
        const Moments moments = batchMoments(x), expected = batchMoments(x, Path::composite);
        QVERIFY(at::allclose(moments.mean, expected.mean, 1e-14, 1e-14));
        QVERIFY(at::allclose(moments.variance, expected.variance, 1e-10, 1e-12));
        const double epsilon = 1e-3;
        Statistics statistics{.mean = moments.mean,
                              .inverse = at::rsqrt(moments.variance + epsilon),
                              .epsilon = epsilon,
                              .ofBatch = ofBatch};
        if (!ofBatch) statistics.mean = statistics.mean + 0.5;
        const auto agree = [&](const auto& compute, const std::vector<Tensor>& inputs) {
            const Tensor fused = compute(Path::automatic), composed = compute(Path::composite);
            QVERIFY(at::allclose(fused, composed, 1e-9, 1e-9));
            const Tensor weights = normal(fused.sizes(), 6);
            const variable_list one = torch::autograd::grad({(fused * weights).sum()}, inputs);
            const variable_list other = torch::autograd::grad({(composed * weights).sum()}, inputs);
            for (std::size_t i = 0; i < one.size(); ++i) QVERIFY(at::allclose(one[i], other[i], 1e-9, 1e-9));
        };
        const auto parameter = [&](at::IntArrayRef size, std::uint64_t seed) {
            return normal(size, seed).requires_grad_(true);
        };
        const Tensor scale = parameter({channels}, 2), shift = parameter({channels}, 3);
        agree([&](Path path) { return batchNormalize(x, statistics, scale, shift, relu, path); },
              {x, scale, shift});
        const Tensor scales = parameter({examples, channels}, 4), shifts = parameter({examples, channels}, 5);
        agree([&](Path path) { return batchNormalize(x, statistics, scales, shifts, relu, path); },
              {x, scales, shifts});

        const Tensor carried = absent == 1 ? Tensor() : parameter(shape, 7);
        const Tensor scaleChange = absent == 2 ? Tensor() : scales,
                     shiftChange = absent == 2 ? Tensor() : shifts;
        std::vector<Tensor> inputs;
        for (const Tensor& tensor : {carried, scaleChange, shiftChange})
            if (tensor.defined()) inputs.push_back(tensor);
        agree(
            [&](Path path) {
                return batchNormalizeTangent(x, carried, statistics, scale, shift, scaleChange, shiftChange,
                                             relu, path);
            },
            inputs);
    }

    void fusedSumEqualsItsComposition() {
        const Tensor a = normal({3, 4, 5, 6}, 1).requires_grad_(true),
                     b = normal({3, 4, 5, 6}, 2).requires_grad_(true);
        const auto compute = [&](kernels::Path path) {
            const Tensor y = kernels::addRelu(a, b, path);
            variable_list result = torch::autograd::grad({(y * normal(y.sizes(), 3)).sum()}, {a, b});
            result.push_back(y);
            return result;
        };
        const variable_list fused = compute(kernels::Path::automatic),
                            composed = compute(kernels::Path::composite);
        for (std::size_t i = 0; i < fused.size(); ++i) QVERIFY(at::equal(fused[i], composed[i]));
    }

    void nanStaysVisibleThroughNormalisationAndSum() {
        Tensor x = normal({2, 3, 4, 5}, 1);
        x[0][1][2][3] = std::nan("");
        Network network = makeNetwork({{BatchNormPart{}, ReluPart{}}}, {3, 4, 5});
        for (const bool training : {false, true}) {
            Pass pass = makePass({});
            pass.training = training;
            QVERIFY(network.forward(x, pass).isnan().any().item<bool>());
        }
        QVERIFY(kernels::addRelu(x, x).isnan().any().item<bool>());
    }

    void normalisationDoesNotDependOnTheNumberOfThreads() {
        const int threads = at::get_num_threads();
        const Tensor x = normal({16, 8, 32, 32}, 1).to(at::kFloat);
        at::set_num_threads(1);
        const kernels::Moments one = kernels::batchMoments(x);
        at::set_num_threads(2);
        const kernels::Moments two = kernels::batchMoments(x);
        at::set_num_threads(threads);
        QVERIFY(at::equal(one.mean, two.mean));
        QVERIFY(at::equal(one.variance, two.variance));
    }

    void pooledNanStaysVisible() {
        Tensor x = at::full({1, 1, 4, 4}, -1.0, at::kDouble);
        x[0][0][1][0] = std::nan("");
        for (const std::int64_t stride : {2, 1})
            QVERIFY(kernels::reluMaxPool(x, {2, stride, 0}).output.isnan().any().item<bool>());
    }

    void masksKeepTheirShareAndTheirMean() {
        const Tensor rates = at::tensor({0.0, 0.25, 0.9}, at::kDouble);
        for (const auto path : {kernels::Path::automatic, kernels::Path::composite}) {
            auto g = generator(11);
            const Tensor mask = kernels::dropoutMask({3, 200000}, rates, g, path);
            const Tensor dropped = (mask == 0).to(at::kDouble).mean(1);
            QVERIFY(largest(dropped - rates) < 0.005);
            QVERIFY(largest(mask.mean(1) - 1) < 0.03);
            // Neighbours, and the same place in another example, are dropped independently.
            const Tensor one = (mask[1] == 0).to(at::kDouble), two = (mask[2] == 0).to(at::kDouble);
            const auto covariance = [](const Tensor& a, const Tensor& b) {
                return ((a - a.mean()) * (b - b.mean())).mean().item<double>();
            };
            QVERIFY(std::abs(covariance(one.narrow(0, 0, 199999), one.narrow(0, 1, 199999))) < 0.002);
            QVERIFY(std::abs(covariance(one, two)) < 0.002);
        }
    }

    void masksDoNotDependOnTheNumberOfThreads() {
        const int threads = at::get_num_threads();
        const auto mask = [] {
            auto g = generator(5);
            return kernels::dropoutMask({64, 4096}, at::full({1}, 0.5, at::kFloat), g);
        };
        at::set_num_threads(1);
        const Tensor one = mask();
        at::set_num_threads(2);
        const Tensor two = mask();
        at::set_num_threads(threads);
        QVERIFY(at::equal(one, two));
    }
};

DSTN_TEST(TestLayers)
#include "tst_layers.moc"
