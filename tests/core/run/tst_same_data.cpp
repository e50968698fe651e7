#include "core/run/same_data.h"
#include "tests/program.h"

#include <QTest>

using namespace dstn;

namespace {

DataIdentity readOnce() {
    return {.path = "/data/d.csv", .files = 1, .bytes = 100, .hash = "aaaa", .split = "1111"};
}

RunRequest goingOn(bool fromCheckpoint = true) {
    RunRequest request;
    request.sameData = readOnce();
    if (fromCheckpoint) request.checkpoint = std::make_shared<const std::string>("state");
    return request;
}

QString refusalOf(const RunRequest& request, const DataIdentity& read) {
    try {
        compareData(request, read);
    } catch (const ChangedData& error) {
        return error.what();
    }
    return {};
}

} // namespace

class TestSameData : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void sameDataAreNoQuestion() {
        QVERIFY(!compareData(goingOn(), readOnce()));
        QVERIFY(!compareData(RunRequest{}, readOnce()));
        DataIdentity elsewhere = readOnce();
        elsewhere.path = "/other/name.csv";
        QVERIFY(!compareData(goingOn(), elsewhere));
    }

    void otherContentsAreRefusedUnlessAccepted() {
        DataIdentity other = readOnce();
        other.hash = "bbbb";
        for (const bool fromCheckpoint : {false, true}) {
            RunRequest request = goingOn(fromCheckpoint);
            const QString why = refusalOf(request, other);
            QVERIFY2(
                why.startsWith("/data/d.csv: the data have changed since the run read them: 100 bytes as "
                               "before, with other contents. Training examples may be among those of "
                               "validation."),
                qPrintable(why));
            request.acceptChangedData = true;
            QVERIFY(compareData(request, other)->find("which was accepted") != std::string::npos);
        }
    }

    /// The same bytes, divided otherwise: a training that goes on would validate on what it has seen.
    void otherPartsAreRefusedWhereATrainingGoesOn() {
        DataIdentity other = readOnce();
        other.split = "2222";
        const QString why = refusalOf(goingOn(), other);
        QVERIFY2(why.contains("other examples lie in their parts for training, validation and testing"),
                 qPrintable(why));
        // One that begins anew may divide them by a seed of its own.
        QVERIFY(!compareData(goingOn(false), other));
        // A run of a version that did not record it.
        RunRequest early = goingOn();
        early.sameData->split.clear();
        QVERIFY(!compareData(early, other));
    }

    void dataThatAreMadeAreComparedByTheirParts() {
        RunRequest request = goingOn();
        request.sameData = DataIdentity{.split = "1111"};
        QVERIFY(!compareData(request, {.split = "1111"}));
        const QString why = refusalOf(request, {.split = "2222"});
        QVERIFY2(why.startsWith("The data have changed since the run read them: other examples"),
                 qPrintable(why));
    }

    void whatIsNotKnownIsSaid() {
        RunRequest request = goingOn();
        request.sameData = DataIdentity{};
        QVERIFY(compareData(request, readOnce())->find("cannot be told") != std::string::npos);
        QVERIFY(!compareData(request, DataIdentity{.split = "1111"})); // synthetic data have no files
    }
};

DSTN_TEST(TestSameData)
#include "tst_same_data.moc"
