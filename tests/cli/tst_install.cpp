#include "tests/program.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>

namespace {

struct Outcome {
    int code = -1;
    QString out, err;
};

Outcome run(const QString& program, const QStringList& arguments,
            const QProcessEnvironment& environment = QProcessEnvironment::systemEnvironment()) {
    QProcess process;
    process.setProcessEnvironment(environment);
    process.start(program, arguments);
    if (!process.waitForFinished(120000)) return {};
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
}

} // namespace

/// What "cmake --install" puts under a prefix: the part without a window, which is built for these tests.
class TestInstall : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;

    QString path(const QString& name) const { return folder_.filePath(name); }

  private slots:
    void initTestCase() {
        const Outcome installed = run("cmake", {"--install", QDir::cleanPath(DSTN_BIN_DIR "/.."),
                                                "--component", "dstn", "--prefix", path("first")});
        QVERIFY2(installed.code == 0, qPrintable(installed.out + installed.err));
        // Nothing may depend on the prefix's name.
        QVERIFY(QDir().rename(path("first"), path("second")));
    }

    void programFindsItsLibrariesAndTheEngine() {
        QVERIFY(!QDir(path("second")).entryList({"lib*"}).isEmpty());
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.remove("LD_LIBRARY_PATH");
        environment.insert("XDG_DATA_HOME", path("home"));
        environment.insert("LD_DEBUG", "files");
        const Outcome doctor = run(path("second/bin/dstn"), {"doctor"}, environment);
        QVERIFY2(doctor.out.contains("LibTorch"), qPrintable(doctor.out));
        // The dynamic linker names every library that it loads.
        static const QRegularExpression ours("calling init: (\\S+/libdstn-\\w+\\.so)");
        QStringList loaded;
        for (auto match = ours.globalMatch(doctor.err); match.hasNext();)
            loaded += QDir::cleanPath(match.next().captured(1));
        QCOMPARE(loaded.size(), 2);
        for (const QString& library : loaded)
            QVERIFY2(library.startsWith(path("second/")), qPrintable(library));
    }

    void documentsAreThereWithWhatTheirLinksName() {
        const QString documents = path("second/share/doc/delta-stn-workbench/");
        for (const QString name : {"README.md", "LICENSE", "core/README.md", "resources/CHANGELOG.md",
                                   "resources/manual/index.md"})
            QVERIFY2(QFile::exists(documents + name), qPrintable(name));
        static const QRegularExpression link(R"(\]\(([^)#:\s]+)[)#])");
        for (const QString name : {"README.md", "resources/manual/index.md", "resources/manual/studies.md"}) {
            QFile file(documents + name);
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QString text = QString::fromUtf8(file.readAll());
            for (auto match = link.globalMatch(text); match.hasNext();) {
                const QString target = QFileInfo(documents + name).path() + "/" + match.next().captured(1);
                QVERIFY2(QFile::exists(target), qPrintable(target));
            }
        }
    }
};

DSTN_TEST(TestInstall)
#include "tst_install.moc"
