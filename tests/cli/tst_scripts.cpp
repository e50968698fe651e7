#include "tests/cli/stand_ins.h"
#include <QRegularExpression>

using dstn::test::StandIns;
using Result = StandIns::Result;

/// The scripts in a copy of the tree's bones, where every tool they call is a stand-in.
class TestScripts : public QObject {
    Q_OBJECT

    std::unique_ptr<StandIns> tree_;

    QString path(const QString& name) const { return tree_->path(name); }
    QString calls() const { return tree_->calls(); }
    void makeTool(const QString& name, const QByteArray& body = "") const { tree_->makeTool(name, body); }
    void makeScript(const QString& name, const QByteArray& body) const { tree_->makeScript(name, body); }

    Result run(const QString& script, const QStringList& arguments, const QString& display = ":7") const {
        if (display.isEmpty())
            tree_->environment().remove("DISPLAY");
        else
            tree_->environment().insert("DISPLAY", display);
        return tree_->run(script, arguments);
    }

    /// As if the release build had been configured and made here before.
    void pretendBuilt(const QByteArray& cache = "") const {
        tree_->makeFile("build/release/CMakeCache.txt",
                        "CMAKE_HOME_DIRECTORY:INTERNAL=" + tree_->root().toUtf8() + "\n" + cache);
        tree_->makeFile("build/release/build.ninja", "");
    }
    /// A package system on which nothing is installed.
    void pretendNothingInstalled() const { makeTool("dpkg-query", "exit 1"); }
    /// A Python whose virtual environments have a pip that installs a package torch.
    void pretendPython() const {
        makeTool("python3",
                 "mkdir -p \"$3/bin\"\n"
                 "printf '#!/bin/sh\\necho \"pip $*\" >> " +
                     path("calls").toUtf8() +
                     "\\nmkdir -p %s/lib/python3.99/site-packages/torch\\n' \"$3\" > \"$3/bin/python\"\n"
                     "chmod 755 \"$3/bin/python\"");
    }

  private slots:
    void init() {
        tree_ = std::make_unique<StandIns>();
        tree_->copyFromTree({"app/launch.sh", "app/packages.sh", "tests/run.sh", "tests/distributions.sh"});
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
        tree_->makeFile("build/release/CMakeCache.txt", "CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere\n");
        QCOMPARE(run("app/launch.sh", {}).code, 0);
        QVERIFY(calls().contains("cmake --preset release"));
        QVERIFY(!QFile::exists(path("build/release/CMakeCache.txt")));
    }

    void partialBuildIsCompleted() {
        pretendBuilt("DSTN_BUILD_UI:BOOL=OFF\n");
        QCOMPARE(run("app/launch.sh", {}).code, 0);
        QVERIFY(calls().contains("cmake --preset release -DDSTN_BUILD_UI=ON\n"));
    }

    void warningsAreErrorsForDevelopersOnly() {
        QCOMPARE(run("tests/run.sh", {"--developer"}).code, 3);
        QVERIFY(calls().contains("cmake --preset developer\n"));
        pretendBuilt("DSTN_WARNINGS_AS_ERRORS:BOOL=OFF\n");
        QCOMPARE(run("tests/run.sh", {"--developer"}).code, 3);
        QVERIFY2(calls().contains("cmake --preset developer -DDSTN_WARNINGS_AS_ERRORS=ON\n"),
                 qPrintable(calls()));
        const qsizetype before = calls().count("--preset");
        pretendBuilt("DSTN_WARNINGS_AS_ERRORS:BOOL=ON\n");
        QCOMPARE(run("tests/run.sh", {"--developer"}).code, 3);
        QCOMPARE(run("app/launch.sh", {}).code, 0);
        QCOMPARE(calls().count("--preset"), before);
    }

    void torchOfThePythonIndexIsFetchedOnce() {
        pretendNothingInstalled();
        pretendPython();
        const QString torch = tree_->root() + "/build/torch-venv/lib/python3.99/site-packages/torch";
        const Result result = run("app/launch.sh", {"--pypi-torch"});
        QVERIFY2(result.code == 0, qPrintable(result.err));
        QVERIFY2(!calls().contains("libtorch-dev") && calls().contains("python3-venv"), qPrintable(calls()));
        QVERIFY2(calls().contains("--no-deps torch==") && calls().contains("nvidia-cuda-cupti=="),
                 qPrintable(calls()));
        QVERIFY2(calls().contains("cmake --preset release -DDSTN_TORCH=" + torch + "\n"),
                 qPrintable(calls()));
        // The tests keep to what the build was configured with.
        pretendBuilt("DSTN_TORCH:PATH=" + torch.toUtf8() + "\n");
        QFile::remove(path("calls"));
        QCOMPARE(run("tests/run.sh", {}).code, 3);
        QVERIFY2(!calls().contains("libtorch-dev") && !calls().contains("pip "), qPrintable(calls()));
        QVERIFY(!calls().contains("--preset"));
    }

    void torchThatCannotBeFetchedIsToldAndFetchedAnew() {
        makeTool("python3", "mkdir -p \"$3/bin\"; printf '#!/bin/sh\\nexit 1\\n' > \"$3/bin/python\"\n"
                            "chmod 755 \"$3/bin/python\"");
        const Result result = run("app/launch.sh", {"--pypi-torch", "--no-install"});
        QCOMPARE(result.code, 1);
        QVERIFY2(result.err.contains("LibTorch could not be fetched"), qPrintable(result.err));
        QVERIFY(!calls().contains("cmake --"));
        pretendPython();
        QCOMPARE(run("app/launch.sh", {"--pypi-torch", "--no-install"}).code, 0);
    }

    void missingTorchPackageNamesTheOtherWay() {
        pretendNothingInstalled();
        makeTool("apt-get", "exit 100");
        QVERIFY(run("app/launch.sh", {}).err.contains("--pypi-torch"));
        makeTool("python3", "exit 1");
        QVERIFY(!run("app/launch.sh", {"--pypi-torch"}).err.contains("--pypi-torch takes"));
    }

    void systemsWithDebiansPackagesAreToldThatTheyAreUntested() {
        pretendNothingInstalled();
        const QString script = tree_->read("app/packages.sh");
        const auto onSystem = [&](const QByteArray& release) {
            tree_->makeFile("os-release", release);
            tree_->makeFile("app/packages.sh",
                            QString(script).replace("=/etc/os-release", "=" + path("os-release")).toUtf8());
            const Result result = run("app/launch.sh", {});
            return result.code == 0 ? result.err : QString();
        };
        const QString words = "tested on Debian 12 and 13 only";
        QVERIFY(onSystem("PRETTY_NAME=\"Ubuntu 24.04 LTS\"\nID=ubuntu\nID_LIKE=debian\n")
                    .contains("This is Ubuntu 24.04 LTS: the build has been " + words));
        const QString debian = onSystem("PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nID=debian\n");
        QVERIFY2(debian.contains("Installing") && !debian.contains(words), qPrintable(debian));
    }

    void otherSystemsAreToldTheirPackages() {
        for (const auto& [manager, package] :
             {std::pair{"dnf", "qcustomplot-qt6-devel"}, {"pacman", "nlohmann-json"}}) {
            init();
            for (const char* tool : {"apt-get", "dpkg-query"})
                QVERIFY(QFile::remove(path(QString("bin/") + tool)));
            tree_->linkTools({"dirname", "grep", "awk", "getconf", "cat", "rm", "sh"});
            makeTool(manager);
            tree_->environment().insert("DISPLAY", ":7");
            const Result result = tree_->run("app/launch.sh", {}, false);
            QVERIFY2(result.code == 0, qPrintable(result.err));
            QVERIFY2(result.err.contains(package) && result.err.contains("not been tested"),
                     qPrintable(result.err));
            QVERIFY2(!calls().contains(manager), qPrintable(calls()));
            QVERIFY(calls().contains("cmake --build"));
        }
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
        for (const char* script : {"app/launch.sh", "tests/run.sh", "tests/distributions.sh"}) {
            const Result result = run(script, {"--help"});
            QCOMPARE(result.code, 0);
            QVERIFY(result.out.startsWith("Usage: sh " + QString(script)));
            QVERIFY(result.out.contains("--pypi-torch"));
        }
        QCOMPARE(calls(), QString());
    }

    void unknownOptionIsRefusedByName() {
        for (const char* script : {"app/launch.sh", "tests/run.sh", "tests/distributions.sh"}) {
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

    /// Stand-ins that make a system and run commands in it; their output is what `chroot` is told.
    void pretendDistributions() const {
        makeTool("unshare", "while [ \"$1\" != sh ]; do shift; done; exec \"$@\"");
        makeTool("mount");
        makeTool("debootstrap", "mkdir -p \"$3/etc/apt/apt.conf.d\" \"$3/proc\" \"$3/dev\" \"$3/sys\"");
        makeTool("apt-get", "[ \"$1\" != indextargets ] || echo 'Debian http://mirror.invalid/debian/'");
        makeTool("apt-config", "echo 'Acquire::http::Proxy \"http://proxy.invalid\";'");
        makeTool("git", "tar -c -T /dev/null");
        makeTool("chroot");
    }

    void bothCommandsRunOnABareSystem() {
        pretendDistributions();
        makeTool("chroot", "case \"$*\" in *tests/run.sh*) exit 8;; esac");
        tree_->copyFromTree("tests/distributions.sh", "tree/tests/distributions.sh");
        const QStringList arguments{"--folder", path("system"), "trixie"};
        const Result result = run("tree/tests/distributions.sh", arguments);
        QCOMPARE(result.code, 1);
        QVERIFY2(calls().contains("debootstrap --variant=minbase trixie " + tree_->root() +
                                  "/system http://mirror.invalid/debian/"),
                 qPrintable(calls()));
        QCOMPARE(tree_->read("system/etc/apt/apt.conf.d/90host").count("proxy.invalid"), 1);
        QVERIFY2(result.out.contains(QRegularExpression(
                     "^trixie: sh app/launch.sh --headless -- --max-steps 50: \\d+ s, passed\n"
                     "trixie: sh tests/run.sh: \\d+ s, failed, exit code 8\n$")),
                 qPrintable(result.out + result.err));
        // Again, in what is there, with the Python package index's LibTorch.
        makeTool("chroot");
        QFile::remove(path("calls"));
        const Result again =
            run("tree/tests/distributions.sh", QStringList{"--again", "--pypi-torch"} + arguments);
        QVERIFY2(again.code == 0, qPrintable(again.err));
        QVERIFY(!calls().contains("debootstrap"));
        QVERIFY(again.out.contains("sh tests/run.sh --pypi-torch: "));
    }

    void systemsGrowOnlyWhereTheyMay() {
        pretendDistributions();
        const auto refused = [this](const QStringList& arguments, int code, const QString& words) {
            QFile::remove(path("calls"));
            const Result result = run("tests/distributions.sh", arguments);
            QVERIFY2(result.code == code && result.err.contains(words), qPrintable(result.err));
            QVERIFY2(!calls().contains("debootstrap") && !calls().contains("chroot"), qPrintable(calls()));
        };
        refused({}, 2, "Name the system");
        refused({"sarge"}, 2, "sarge");
        refused({"trixie", "bookworm"}, 2, "One system at a time");
        refused({"trixie", "--folder"}, 2, "--folder takes a value");
        tree_->copyFromTree("tests/distributions.sh", "tree/tests/distributions.sh");
        const Result inside = run("tree/tests/distributions.sh", {"--folder", path("tree/here"), "trixie"});
        QVERIFY2(inside.code == 1 && inside.err.contains("inside the source tree"), qPrintable(inside.err));
        QDir().mkpath(path("pictures/mine"));
        const Result foreign = run("tree/tests/distributions.sh", {"--folder", path("pictures"), "trixie"});
        QVERIFY2(foreign.code == 1 && foreign.err.contains("something other"), qPrintable(foreign.err));
        QVERIFY(QFile::exists(path("pictures/mine")));
        const Result nothing =
            run("tree/tests/distributions.sh", {"--again", "--folder", path("nothing"), "trixie"});
        QVERIFY2(nothing.code == 1 && nothing.err.contains("no system"), qPrintable(nothing.err));
        makeTool("apt-get");
        const Result mirrorless = run("tree/tests/distributions.sh", {"--folder", path("new"), "trixie"});
        QVERIFY2(mirrorless.code == 1 && mirrorless.err.contains("--mirror"), qPrintable(mirrorless.err));
        makeTool("debootstrap", "echo 'E: no such suite'; exit 1");
        const Result failed = run("tree/tests/distributions.sh",
                                  {"--folder", path("newer"), "--mirror", "http://mirror.invalid", "trixie"});
        QVERIFY2(failed.code == 1 && failed.err.contains("no such suite"), qPrintable(failed.err));
        makeTool("id", "echo 1000");
        refused({"trixie"}, 1, "must run as root");
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
