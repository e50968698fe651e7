#include "core/run/session.h"
#include "tests/program.h"

#include <QTest>

#include <new>
#include <stdexcept>

using namespace dstn;

namespace {

/// An engine whose runs do nothing but `action`.
class BrokenEngine : public Engine {
  public:
    explicit BrokenEngine(std::function<void(EventSink&)> action) : action_(std::move(action)) {}
    EngineInfo info() override { return {}; }
    void run(const RunRequest&, CommandQueue&, EventSink& events) override { action_(events); }
    BenchReport bench(const Experiment&, const BenchOptions&) override { return {}; }
    TunerBenchReport benchTuners(const Experiment&, const BenchOptions&) override { return {}; }
    HypergradientReport hypergradients(const RunRequest&, const HypergradientOptions&) override { return {}; }

  private:
    std::function<void(EventSink&)> action_;
};

/// A sink that takes nothing.
class BrokenSink : public EventSink {
  public:
    void publish(const Event&) override { throw std::runtime_error("the sink is full"); }
};

/// The end of a run of such an engine, as the last of several sinks hears it.
RunFinished endOf(const std::function<void(EventSink&)>& action,
                  std::vector<std::shared_ptr<EventSink>> sinks = {}) {
    auto queue = std::make_shared<EventQueue>();
    sinks.push_back(queue);
    Session session({.experiment = {}, .run = "a"}, std::move(sinks),
                    [&] { return std::make_unique<BrokenEngine>(action); });
    session.wait();
    std::vector<RunFinished> ends;
    for (const Event& event : queue->drain())
        if (const auto* finished = std::get_if<RunFinished>(&event)) ends.push_back(*finished);
    if (ends.size() != 1) qFatal("%zu ends", ends.size());
    return ends.front();
}

} // namespace

class SessionTest : public QObject {
    Q_OBJECT

  private slots:
    void whateverIsThrownEndsTheRunAndNotTheProgram() {
        const RunFinished known = endOf([](EventSink&) { throw Error(ErrorKind::data, "No such file."); });
        QCOMPARE(known.state, RunState::failed);
        QCOMPARE(known.error, std::optional(ErrorKind::data));
        QCOMPARE(known.message, std::string("No such file."));

        const RunFinished foreign = endOf([](EventSink&) { throw std::out_of_range("key 'best'"); });
        QCOMPARE(foreign.state, RunState::failed);
        QVERIFY(!foreign.error);
        QVERIFY2(foreign.message.starts_with("An unexpected error occurred: key 'best'."),
                 foreign.message.c_str());

        QCOMPARE(endOf([](EventSink&) { throw std::bad_alloc(); }).error, std::optional(ErrorKind::device));
        QCOMPARE(endOf([](EventSink&) { throw 7; }).state, RunState::failed);
    }

    void sinkThatFailsTakesTheEndFromNoOther() {
        const auto finish = [](EventSink& events) {
            events.publish(RunFinished{
                .state = RunState::completed, .best = {}, .hyperparameters = {}, .error = {}, .message = {}});
        };
        QCOMPARE(endOf(finish, {std::make_shared<BrokenSink>()}).state, RunState::completed);
    }

    void engineThatSaysNoEndIsGivenOne() {
        const RunFinished end = endOf(
            [](EventSink& events) {
                events.publish(LogLine{LogLevel::info, "reading"});
            },
            {std::make_shared<BrokenSink>()});
        QCOMPARE(end.state, RunState::failed);
        QVERIFY2(end.message.find("the sink is full") != std::string::npos, end.message.c_str());
    }
};

DSTN_TEST(SessionTest)
#include "tst_session.moc"
