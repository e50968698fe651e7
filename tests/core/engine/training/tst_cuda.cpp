#include "core/engine/torch_engine.h"
#include "core/engine/training/device_scope.h"
#include "core/engine/training/recorded_step.h"
#include "core/engine/training/training.h"
#include "core/engine/tuners/delta_stn.h"
#include "tests/core/engine/training/problems.h"
#include "tests/program.h"

#include <QTemporaryDir>
#include <QTest>

#include <torch/cuda.h>

#include <cmath>

using namespace dstn;

namespace {

const at::Device gpu(at::kCUDA, 0);

std::vector<Training::Step> trained(Training& training) {
    std::vector<Training::Step> steps;
    const auto take = [&](bool wait) {
        for (Training::Step& step : training.finished(wait)) steps.push_back(std::move(step));
    };
    while (training.stepsDone() < 3 * training.stepsPerEpoch()) {
        if (training.evaluationDue()) training.accept(*training.evaluate([] { return true; }));
        training.step();
        take(false);
    }
    take(true);
    return steps;
}

/// Nothing random and nothing that is discrete: what a device computes is then what another one does.
Experiment still(Experiment experiment) {
    experiment.augmentation.clear();
    for (Part& part : experiment.model.parts) {
        if (auto* p = std::get_if<DropoutPart>(&part)) p->rate = {0.0};
        if (auto* p = std::get_if<Dropout2dPart>(&part)) p->rate = {0.0};
        if (auto* p = std::get_if<LockedDropoutPart>(&part)) p->rate = {0.0};
        if (auto* p = std::get_if<EmbeddingPart>(&part)) p->rate = {0.0};
        if (auto* p = std::get_if<LstmPart>(&part)) p->rate = p->dropConnect = {0.0};
    }
    return experiment;
}

} // namespace

/// What only a GPU shows. Without one every test here is skipped, and says so.
class TestCuda : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void init() {
        if (!torch::cuda::is_available())
            QSKIP(c10::impl::hasDeviceGuardImpl(at::kCUDA)
                      ? "skipped: LibTorch has CUDA, but no device or driver is found"
                      : "skipped: this LibTorch is built without CUDA");
    }

    void lossesAndGradientsAreThoseOfTheCpu_data() { addProblems(); }
    /// In float64, for given parameters, batch and perturbation.
    void lossesAndGradientsAreThoseOfTheCpu() {
        QFETCH(Maker, make);
        const QTemporaryDir folder;
        const Experiment experiment = still(make(folder));
        const Dataset dataset = loadDataset(experiment.data, 0);
        const DeviceScope scope(gpu);
        std::vector<std::vector<Tensor>> results;
        for (const at::Device device : {at::Device(at::kCPU), gpu}) {
            const auto problem = makeProblem(experiment, dataset.info, dataset.channels, at::kDouble, device);
            const DeviceData data(dataset, device, at::kDouble);
            Batch batch;
            if (data.train.tokens.defined())
                batch = TokenStream(data.train.tokens, 4, data.info.input[0]).at(0);
            else
                batch = take(data.train, 0, 16);
            at::Generator host = at::detail::createCPUGenerator(3);
            {
                const at::NoGradGuard guard;
                for (auto [name, tensor] : problem->network.response())
                    tensor.copy_(0.1 * at::randn(tensor.sizes(), host, at::TensorOptions(at::kDouble)));
            }
            const Tensor noise =
                at::randn({batch.count(), problem->space.size()}, host, at::TensorOptions(at::kDouble))
                    .to(device);
            const DeltaStn tuner(*problem, experiment.tuner, experiment.optimizers);
            at::Generator generator = StepRandom(device, 1).at(0, 0);
            const Tensor epsilon = problem->space.perturbation(noise).detach();
            const Tensor general = tuner.generalLoss(batch, generator).loss,
                         response = tuner.responseLoss(batch, epsilon, generator).loss,
                         validation = tuner.validationLoss(batch, noise).loss;
            std::vector<Tensor> list{general, response, validation};
            for (const Tensor& g : torch::autograd::grad({general}, tensors(problem->network.general())))
                list.push_back(g);
            for (const Tensor& g : torch::autograd::grad({response}, tensors(problem->network.response())))
                list.push_back(g);
            for (const Tensor& g : torch::autograd::grad({validation}, {problem->space.lambda()}))
                list.push_back(g);
            auto& result = results.emplace_back();
            for (const Tensor& tensor : list) result.push_back(tensor.detach().cpu());
        }
        for (std::size_t i = 0; i < results[0].size(); ++i)
            QVERIFY2(at::allclose(results[0][i], results[1][i], 1e-8, 1e-10),
                     qPrintable(QString("result %1").arg(i)));
    }

    void recordedStepsAreTheSame_data() { addProblems(); }
    void recordedStepsAreTheSame() {
        QFETCH(Maker, make);
        const QTemporaryDir folder;
        Experiment experiment = make(folder);
        experiment.device = "cuda:0";
        const Dataset dataset = loadDataset(experiment.data, 0);
        const DeviceScope scope(gpu);
        const auto [recorder, reason] = deviceRecorder(gpu);
        if (!recorder) QSKIP(reason.c_str());
        std::string reports;
        Training eager(experiment, dataset, gpu),
            recorded(
                experiment, dataset, gpu,
                {.make = recorder, .report = [&](const std::string&what, bool done, const std::string&why) {
                     reports += what + (done ? "; " : ": " + why + "; ");
                 }});
        const auto expected = trained(eager), found = trained(recorded);
        QCOMPARE(QString::fromStdString(reports), QString("training steps; validation steps; "));
        QCOMPARE(found.size(), expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            QVERIFY2(std::abs(found[i].loss - expected[i].loss) <= 1e-4 * (1 + std::abs(expected[i].loss)),
                     qPrintable(QString("step %1: %2, %3").arg(i).arg(found[i].loss).arg(expected[i].loss)));
        }
    }

    void everyPrecisionTrains_data() {
        QTest::addColumn<Maker>("make");
        QTest::addColumn<bool>("tf32");
        for (const auto& [name, make] : {std::pair{"images", Maker(images)}, {"text", Maker(text)}})
            for (const bool tf32 : {true, false})
                QTest::addRow("%s, %s", name, tf32 ? "tf32" : "bfloat16") << make << tf32;
    }
    void everyPrecisionTrains() {
        QFETCH(Maker, make);
        QFETCH(bool, tf32);
        const QTemporaryDir folder;
        Experiment experiment = make(folder);
        experiment.precision = tf32 ? Precision::tf32 : Precision::bfloat16;
        experiment.device = "cuda:0";
        class Quiet : public EventSink {
          public:
            void publish(const Event& event) override {
                if (const auto* end = std::get_if<RunFinished>(&event)) finished = *end;
                if (const auto* made = std::get_if<ProgressMade>(&event)) memory = made->memoryBytes;
            }
            RunFinished finished;
            std::int64_t memory = -1;
        } events;
        CommandQueue commands;
        makeTorchEngine()->run({.experiment = experiment, .run = "a"}, commands, events);
        QVERIFY2(events.finished.state == RunState::completed, events.finished.message.c_str());
        QVERIFY(std::isfinite(events.finished.best->validationLoss));
    }
};

DSTN_TEST(TestCuda)
#include "tst_cuda.moc"
