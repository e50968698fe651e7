#include "core/engine/kernels/dispatch.h"
#include "core/engine/training/recorded_step.h"
#include "core/engine/training/training.h"
#include "tests/core/engine/training/problems.h"
#include "tests/program.h"

#include <QTemporaryDir>
#include <QTest>

#include <ATen/record_function.h>

#include <cmath>
#include <set>

using namespace dstn;

namespace {

/// Stands for a device's recorder: a replay does again what was recorded, from the same tensors.
class Again : public StepRecorder {
  public:
    using Around = std::function<void(const std::function<void()>&)>;
    explicit Again(Around around = {}) : around_(std::move(around)) {}
    void record(const std::function<void()>& body, const at::Generator&) override { body_ = body; }
    void replay() override { around_ ? around_(body_) : body_(); }

  private:
    Around around_;
    std::function<void()> body_;
};

/// The run's steps to its end, its epochs taken up as a run does.
std::vector<Training::Step> trained(Training& training, std::int64_t epochs = 3) {
    std::vector<Training::Step> steps;
    const auto take = [&](bool wait) {
        for (Training::Step& step : training.finished(wait)) steps.push_back(std::move(step));
    };
    while (training.stepsDone() < epochs * training.stepsPerEpoch()) {
        if (training.evaluationDue()) training.accept(*training.evaluate([] { return true; }));
        training.step();
        take(false);
    }
    take(true);
    return steps;
}

bool sameFigures(const std::vector<Training::Step>& one, const std::vector<Training::Step>& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                      [](const Training::Step& a, const Training::Step& b) {
                          return a.number == b.number && a.loss == b.loss && a.accuracy == b.accuracy &&
                                 a.responseLoss == b.responseLoss && a.validationLoss == b.validationLoss &&
                                 a.hyperparameters == b.hyperparameters;
                      });
}

bool sameTensors(Training& one, Training& other) {
    const Checkpoint a = one.save(), b = other.save();
    for (std::size_t i = 0; i < a.tensors.size(); ++i)
        if (a.tensors[i].first != "sums" && !at::equal(a.tensors[i].second, b.tensors[i].second))
            return false;
    return a.tensors.size() == b.tensors.size();
}

/// The operations that a body asks of LibTorch on this thread, each with its numbers.
std::vector<std::string> operations(const std::function<void()>& body) {
    static thread_local std::vector<std::string>* into = nullptr;
    std::vector<std::string> result;
    into = &result;
    const auto handle = at::addThreadLocalCallback(
        at::RecordFunctionCallback(
            [](const at::RecordFunction& function) -> std::unique_ptr<at::ObserverContext> {
                std::string text = function.name();
                for (const c10::IValue& input : function.inputs()) {
                    if (input.isInt()) text += " " + std::to_string(input.toInt());
                    if (input.isDouble()) text += " " + std::to_string(input.toDouble());
                    if (input.isScalar() && !input.isInt() && !input.isDouble())
                        text += " " + std::to_string(input.toScalar().toDouble());
                }
                into->push_back(text);
                return nullptr;
            })
            .needsInputs(true)
            .scopes({at::RecordScope::FUNCTION}));
    body();
    at::removeCallback(handle);
    into = nullptr;
    return result;
}

/// What makes the computer wait for a device, or the shape of a result depend on values.
const std::set<std::string> waiting{"aten::item",
                                    "aten::_local_scalar_dense",
                                    "aten::is_nonzero",
                                    "aten::equal",
                                    "aten::nonzero",
                                    "aten::masked_select",
                                    "aten::_unique2",
                                    "aten::unique_dim",
                                    "aten::repeat_interleave",
                                    "aten::bincount",
                                    "aten::allclose"};

} // namespace

class TestDeviceStep : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void stepsWaitForNothingAndDoTheSameEveryTime_data() { addProblems(); }
    /// As on a GPU, where our own loops do not serve: no step asks for a value, and nothing but what lies in
    /// tensors differs from one step to the next, so that it can be recorded.
    void stepsWaitForNothingAndDoTheSameEveryTime() {
        QFETCH(Maker, make);
        const QTemporaryDir folder;
        Experiment experiment = make(folder);
        for (OptimizerSpec* spec : {&experiment.optimizers.general, &experiment.optimizers.response})
            spec->clipNorm = 5;
        const PortableScope portable;
        std::vector<std::vector<std::vector<std::string>>> lists; // of each recording, of each replay
        const auto around = [&](std::size_t recording) {
            return [&lists, recording](const std::function<void()>& body) {
                lists[recording].push_back(operations(body));
            };
        };
        const StepRecorderFactory factory = [&] {
            lists.emplace_back();
            return std::make_unique<Again>(around(lists.size() - 1));
        };
        Training training(experiment, loadDataset(experiment.data, 0), at::kCPU, {.make = factory});
        trained(training);
        QVERIFY(lists.size() > 2);
        int replays = 0;
        for (const auto& recording : lists)
            for (const std::vector<std::string>& list : recording) {
                ++replays;
                QVERIFY(list.size() > 20);
                QVERIFY2(list == recording.front(), "a step differs from the one before it");
                for (std::size_t i = 0; i < list.size(); ++i)
                    QVERIFY2(!waiting.contains(list[i].substr(0, list[i].find(' '))),
                             (list[i] + " after " + list[i > 0 ? i - 1 : 0]).c_str());
            }
        QVERIFY(replays > 5);
    }

    void replayedStepsAreTheSame_data() { addProblems(); }
    void replayedStepsAreTheSame() {
        QFETCH(Maker, make);
        const QTemporaryDir folder;
        const Experiment experiment = make(folder);
        const Dataset dataset = loadDataset(experiment.data, 0);
        std::vector<std::string> reports;
        const auto report = [&](const std::string& what, bool recorded, const std::string& why) {
            reports.push_back(what + (recorded ? " recorded" : " not recorded: " + why));
        };
        Training plain(experiment, dataset, at::kCPU),
            replayed(experiment, dataset, at::kCPU,
                     {.make = [] { return std::make_unique<Again>(); }, .report = report});
        const auto expected = trained(plain);
        QVERIFY(sameFigures(trained(replayed), expected));
        QVERIFY(sameTensors(plain, replayed));
        QCOMPARE(reports, (std::vector<std::string>{"training steps recorded", "validation steps recorded"}));
    }

    /// A rate is part of what is recorded: with another one the step is recorded anew.
    void anotherLearningRateIsRecordedAnew() {
        const QTemporaryDir folder;
        const Experiment experiment = table(folder);
        int recordings = 0;
        Training training(experiment, loadDataset(experiment.data, 0), at::kCPU, {.make = [&] {
                              ++recordings;
                              return std::make_unique<Again>();
                          }});
        trained(training, 1);
        QCOMPARE(recordings, 1); // the training step; there were too few validation steps
        trained(training, 2);
        const int before = recordings;
        trained(training, 3); // the rate halves after the second epoch
        QCOMPARE(recordings, before + 1);
    }

    void whatCannotBeRecordedIsCarriedOutAsItIs() {
        class Refusing : public StepRecorder {
            void record(const std::function<void()>&, const at::Generator&) override {
                TORCH_CHECK(false, "operation not permitted while recording");
            }
            void replay() override { qFatal("nothing was recorded"); }
        };
        const QTemporaryDir folder;
        const Experiment experiment = text(folder);
        const Dataset dataset = loadDataset(experiment.data, 0);
        std::vector<std::string> reports;
        Training plain(experiment, dataset, at::kCPU),
            refused(experiment, dataset, at::kCPU,
                    {.make = [] { return std::make_unique<Refusing>(); },
                     .report =
                         [&](const std::string&what, bool recorded, const std::string&why) {
                             reports.push_back(what + (recorded ? " recorded" : ": " + why));
                         }});
        QVERIFY(sameFigures(trained(refused), trained(plain)));
        QVERIFY(sameTensors(plain, refused));
        QCOMPARE(reports,
                 (std::vector<std::string>{"training steps: operation not permitted while recording",
                                           "validation steps: operation not permitted while recording"}));
    }

    /// Figures that come late are those that would have come at once, and none is lost.
    void figuresMayComeLate() {
        const QTemporaryDir folder;
        const Experiment experiment = images(folder);
        const Dataset dataset = loadDataset(experiment.data, 0);
        const PortableScope portable;
        Training late(experiment, dataset, at::kCPU), atOnce(experiment, dataset, at::kCPU);
        std::vector<Training::Step> expected;
        while (atOnce.stepsDone() < 3 * atOnce.stepsPerEpoch()) {
            if (atOnce.evaluationDue()) atOnce.accept(*atOnce.evaluate([] { return true; }));
            atOnce.step();
            for (Training::Step& step : atOnce.finished(true)) expected.push_back(std::move(step));
            QCOMPARE(static_cast<std::int64_t>(expected.size()), atOnce.stepsDone());
        }
        late.step();
        QVERIFY(late.finished(false).empty());
        Training again(experiment, dataset, at::kCPU);
        QVERIFY(sameFigures(trained(again), expected));
        QVERIFY(again.best()->trainLoss == atOnce.best()->trainLoss);
    }

    /// On a device nobody looks at a loss before the step is done: the figures say which step it was.
    void aLossThatIsNotFiniteIsFoundLate() {
        const QTemporaryDir folder;
        Experiment experiment = table(folder);
        experiment.optimizers.general = {.type = OptimizerKind::sgd, .lr = 1e15};
        const PortableScope portable;
        Training training(experiment, loadDataset(experiment.data, 0), at::kCPU);
        for (int i = 0; i < 4; ++i) training.step();
        QCOMPARE(training.stepsDone(), 4);
        const std::vector<Training::Step> steps = training.finished(true);
        QCOMPARE(steps.size(), std::size_t(4));
        QVERIFY(!steps[0].failure);
        const auto first = std::find_if(steps.begin(), steps.end(), [](const auto& s) { return s.failure; });
        QVERIFY(first != steps.end());
        QCOMPARE(first->failure->kind(), ErrorKind::numeric);
        QVERIFY(QString(first->failure->what()).startsWith(QString("At step %1 the ").arg(first->number)));
        QVERIFY(training.notFinite());
    }

    void bfloat16TrainsNearlyAsFloat32_data() { addProblems(); }
    void bfloat16TrainsNearlyAsFloat32() {
        QFETCH(Maker, make);
        const QTemporaryDir folder;
        Experiment experiment = make(folder);
        const Dataset dataset = loadDataset(experiment.data, 0);
        const PortableScope portable; // the same masks in both
        Training full(experiment, dataset, at::kCPU);
        experiment.precision = Precision::bfloat16;
        Training reduced(experiment, dataset, at::kCPU);
        const auto a = trained(full), b = trained(reduced);
        QCOMPARE(a.size(), b.size());
        bool differs = false;
        for (std::size_t i = 0; i < a.size(); ++i) {
            const double tolerance = 0.05 * (1 + std::abs(a[i].loss));
            QVERIFY2(std::abs(a[i].loss - b[i].loss) < tolerance,
                     qPrintable(QString("step %1: %2, %3").arg(i).arg(a[i].loss).arg(b[i].loss)));
            QVERIFY(std::abs(*a[i].responseLoss - *b[i].responseLoss) < tolerance);
            differs = differs || a[i].loss != b[i].loss;
        }
        QVERIFY(differs);
        for (const auto& [name, tensor] : reduced.problem().network.general())
            QCOMPARE(tensor.scalar_type(), at::kFloat);
    }
};

DSTN_TEST(TestDeviceStep)
#include "tst_device_step.moc"
