#include "tests/program.h"
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>

/// The scripts in a copy of the tree's bones, where every tool they call is a stand-in that writes down its
/// call.
class TestScripts : public QObject {
    Q_OBJECT

    struct Result {
        int code;
        QString out, err;
    };

    std::unique_ptr<QTemporaryDir> folder_;

    QString path(const QString& name) const { return folder_->filePath(name); }

    void makeScript(const QString& name, const QByteArray& body) const {
        QDir().mkpath(QFileInfo(path(name)).path());
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("#!/bin/sh\n" + body + "\n");
        file.close();
        QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    }
    void makeTool(const QString& name, const QByteArray& body = "") const {
        makeScript("bin/" + name,
                   "echo \"" + name.toUtf8() + " $*\" >> " + path("calls").toUtf8() + "\n" + body);
    }
    QString calls() const {
        QFile file(path("calls"));
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    }

    Result run(const QString& script, const QStringList& arguments, const QString& display = ":7") const {
        QProcess process;
        QProcessEnvironment environment;
        environment.insert("PATH", path("bin") + ":/usr/bin:/bin");
        if (!display.isEmpty()) environment.insert("DISPLAY", display);
        process.setProcessEnvironment(environment);
        process.setWorkingDirectory("/");
        process.start("/bin/sh", QStringList{path(script)} + arguments);
        if (!process.waitForFinished(dstn::test::patience)) return {-1, {}, "the script did not end"};
        return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }

    /// As if the release build had been configured and made here before.
    void pretendBuilt(const QByteArray& cache = "") const {
        QDir().mkpath(path("build/release"));
        QFile file(path("build/release/CMakeCache.txt"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("CMAKE_HOME_DIRECTORY:INTERNAL=" +
                   QFileInfo(folder_->path()).canonicalFilePath().toUtf8() + "\n" + cache);
        QFile ninja(path("build/release/build.ninja"));
        QVERIFY(ninja.open(QIODevice::WriteOnly));
    }
    /// A package system on which nothing is installed.
    void pretendNothingInstalled() const { makeTool("dpkg-query", "exit 1"); }

  private slots:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        QDir().mkpath(path("app"));
        QDir().mkpath(path("tests"));
        for (const char* script : {"app/launch.sh", "app/packages.sh", "tests/run.sh"})
            QVERIFY(QFile::copy(QString(DSTN_SOURCE_DIR) + "/" + script, path(script)));
        makeTool("cmake");
        makeTool("ctest", "echo '100% tests passed'; exit 3");
        makeTool("apt-get");
        makeTool("id", "echo 0");
        makeTool("dpkg-query", "while [ $# -gt 0 ]; do echo \"$1 installed\"; shift; done");
        makeScript("build/release/bin/dstn", "echo headless \"$@\"");
        makeScript("build/release/bin/dstn-workbench", "echo window \"$@\"");
    }

    void secondStartInstallsAndConfiguresNothing() {
        pretendBuilt();
        const Result result = run("app/launch.sh", {});
        QCOMPARE(result.code, 0);
        QCOMPARE(result.out, QString("window\n"));
        QVERIFY2(!calls().contains("apt-get"), qPrintable(calls()));
        QVERIFY2(!calls().contains("--preset"), qPrintable(calls()));
        QCOMPARE(calls().count("cmake --"), 1);
    }

    void firstStartConfiguresAndBuilds() {
        QCOMPARE(run("app/launch.sh", {}).code, 0);
        QVERIFY(calls().indexOf("cmake --preset release") >= 0);
        QVERIFY(calls().indexOf("cmake --build") > calls().indexOf("cmake --preset release"));
        QVERIFY(calls().contains("--target dstn-workbench"));
    }

    void treeThatWasMovedIsConfiguredAnew() {
        pretendBuilt();
        QFile cache(path("build/release/CMakeCache.txt"));
        QVERIFY(cache.open(QIODevice::WriteOnly));
        cache.write("CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere\n");
        cache.close();
        QCOMPARE(run("app/launch.sh", {}).code, 0);
        QVERIFY(calls().contains("cmake --preset release"));
        QVERIFY(!cache.exists());
    }

    void partialBuildIsCompleted() {
        pretendBuilt("DSTN_BUILD_UI:BOOL=OFF\n");
        QCOMPARE(run("app/launch.sh", {}).code, 0);
        QVERIFY(calls().contains("-DDSTN_BUILD_UI=ON"));
    }

    void missingPackagesAreNamedAndInstalled() {
        pretendNothingInstalled();
        const Result result = run("app/launch.sh", {});
        QCOMPARE(result.code, 0);
        QVERIFY2(result.err.contains("Installing the missing packages"), qPrintable(result.err));
        for (const char* package :
             {"libtorch-dev", "libopenblas0-openmp", "dataset-fashion-mnist", "libqcustomplot-dev"})
            QVERIFY2(result.err.contains(package) && calls().contains(package), package);
        QVERIFY(calls().contains("apt-get update"));
    }

    void onlyTheMissingPackageIsInstalled() {
        makeTool("dpkg-query",
                 "for p; do case $p in libtorch-dev) ;; *) echo \"$p installed\";; esac; done; exit 1");
        QCOMPARE(run("app/launch.sh", {}).code, 0);
        const QString install = calls().mid(calls().indexOf("apt-get install")).section('\n', 0, 0);
        QCOMPARE(install.trimmed(), QString("apt-get install -y --no-install-recommends libtorch-dev"));
    }

    void noInstallLeavesThePackagesAlone() {
        pretendNothingInstalled();
        QCOMPARE(run("app/launch.sh", {"--no-install"}).code, 0);
        QVERIFY2(!calls().contains("apt-get") && !calls().contains("dpkg-query"), qPrintable(calls()));
    }

    void failedInstallationIsToldAndEndsTheStart() {
        pretendNothingInstalled();
        makeTool("apt-get", "exit 100");
        const Result result = run("app/launch.sh", {});
        QCOMPARE(result.code, 1);
        QVERIFY2(result.err.contains("could not be installed") && result.err.contains("libtorch-dev") &&
                     result.err.contains("--no-install"),
                 qPrintable(result.err));
        QVERIFY(!calls().contains("cmake --"));
    }

    void sudoIsUsedByOrdinaryUsers() {
        pretendNothingInstalled();
        makeTool("id", "echo 1000");
        makeTool("sudo", "\"$@\"");
        const Result result = run("app/launch.sh", {});
        QCOMPARE(result.code, 0);
        QVERIFY(result.err.contains("sudo"));
        QVERIFY(calls().contains("sudo apt-get update"));
        QVERIFY(calls().contains("sudo env DEBIAN_FRONTEND=noninteractive apt-get install"));
    }

    void failedBuildIsToldAndStartsNothing() {
        makeTool("cmake", "case $1 in --build) exit 1;; esac");
        const Result result = run("app/launch.sh", {});
        QCOMPARE(result.code, 1);
        QVERIFY(result.err.contains("The build failed"));
        QCOMPARE(result.out, QString());
    }

    void withoutDisplayTheExperimentRunsHeadless() {
        const Result result = run("app/launch.sh", {"--", "--max-steps", "5"}, "");
        QCOMPARE(result.code, 0);
        QVERIFY2(result.err.contains("no display"), qPrintable(result.err));
        QCOMPARE(result.out, QString("headless run fashion-mnist-cnn --max-steps 5\n"));
    }

    void headlessIsObeyedWithADisplay() {
        QCOMPARE(run("app/launch.sh", {"--headless"}).out, QString("headless run fashion-mnist-cnn\n"));
    }

    void argumentsReachTheProgramAsTheyAre() {
        makeScript("build/release/bin/dstn-workbench", "printf '[%s]' \"$@\"");
        QCOMPARE(run("app/launch.sh", {"--", "--headless", "two words", "*"}).out,
                 QString("[--headless][two words][*]"));
    }

    void helpIsGivenAndDoesNothing() {
        for (const char* script : {"app/launch.sh", "tests/run.sh"}) {
            const Result result = run(script, {"--help"});
            QCOMPARE(result.code, 0);
            QVERIFY(result.out.contains("--no-install"));
        }
        QCOMPARE(calls(), QString());
    }

    void unknownOptionIsRefusedByName() {
        for (const char* script : {"app/launch.sh", "tests/run.sh"}) {
            const Result result = run(script, {"--fast"});
            QCOMPARE(result.code, 2);
            QVERIFY(result.err.contains("--fast"));
        }
        QCOMPARE(calls(), QString());
    }

    void testsAreBuiltAndRunWithTheirExitCode() {
        pretendBuilt();
        const Result result = run("tests/run.sh", {"--no-install", "--", "-R", "tst_csv"}, "");
        QCOMPARE(result.code, 3);
        QVERIFY2(result.out.endsWith("100% tests passed\n"), qPrintable(result.out));
        QVERIFY(calls().contains("--output-on-failure -R tst_csv"));
        QVERIFY(calls().indexOf("cmake --build") < calls().indexOf("ctest"));
    }

    void ciScriptIsWellFormed() {
        QProcess bash;
        bash.start("bash", {"-n", QString(DSTN_SOURCE_DIR) + "/.ci/run"});
        QVERIFY(bash.waitForFinished(dstn::test::patience));
        QCOMPARE(bash.exitCode(), 0);
    }
};

DSTN_TEST(TestScripts)
#include "tst_scripts.moc"
