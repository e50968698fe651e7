#include "tests/program.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>

/// The window's program as it is started.
class TestWorkbenchProgram : public QObject {
    Q_OBJECT

    /// Starts the window with this OMP_WAIT_POLICY in its environment (empty: none) and waits until it has
    /// loaded what it needs. @return the policy that its process began with; empty: none
    static QByteArray policyOf(const QString& policy, QByteArray* name = nullptr) {
        const QTemporaryDir folder;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.remove("OMP_WAIT_POLICY");
        if (!policy.isEmpty()) environment.insert("OMP_WAIT_POLICY", policy);
        environment.insert("QT_QPA_PLATFORM", "offscreen");
        QProcess window;
        window.setProcessEnvironment(environment);
        window.start(QStringLiteral(DSTN_BIN_DIR "/dstn-workbench"),
                     {QStringLiteral("--archive"), folder.filePath("runs.sqlite")});
        if (!window.waitForStarted()) return "not started";
        const QString process = QStringLiteral("/proc/%1/").arg(window.processId());
        // The platform's plug-in is loaded when main() is past its first lines.
        const bool shown = QTest::qWaitFor(
            [&] {
                QFile maps(process + "maps");
                return maps.open(QIODevice::ReadOnly) && maps.readAll().contains("libqoffscreen");
            },
            dstn::test::patience);
        QFile variables(process + "environ"), comm(process + "comm");
        QByteArray found = shown ? "" : "not shown";
        if (shown && variables.open(QIODevice::ReadOnly))
            for (const QByteArray& variable : variables.readAll().split('\0'))
                if (variable.startsWith("OMP_WAIT_POLICY=")) found = variable.mid(16);
        if (name != nullptr && comm.open(QIODevice::ReadOnly)) *name = comm.readAll().trimmed();
        window.kill();
        window.waitForFinished(dstn::test::patience);
        return found;
    }

  private slots:
    void threadsSleepWhileTheyWait();
    void keepsThePolicyOfTheEnvironment();
};

void TestWorkbenchProgram::threadsSleepWhileTheyWait() {
    QByteArray name;
    // What the process began with, not what it has set since: libgomp reads it before main().
    QCOMPARE(policyOf(QString(), &name), QByteArray("passive"));
    QCOMPARE(name, QByteArray("dstn-workbench"));
}

void TestWorkbenchProgram::keepsThePolicyOfTheEnvironment() {
    QCOMPARE(policyOf(QStringLiteral("active")), QByteArray("active"));
}

DSTN_TEST_IN(QCoreApplication, TestWorkbenchProgram)
#include "tst_workbench_program.moc"
