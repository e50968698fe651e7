#include "tests/cli/stand_ins.h"

using dstn::test::StandIns;
using Result = StandIns::Result;

/// The script that makes the bundle, and the scripts in it, among stand-ins for the programs and for Python.
class TestBundle : public QObject {
    Q_OBJECT

    std::unique_ptr<StandIns> tree_;

    QString path(const QString& name) const { return tree_->path(name); }

    /// A Python that says of its package torch what find_torch.py says.
    void pretendTorch(const QByteArray& version, const QByteArray& cuda) const {
        tree_->makeTool("python3",
                        "echo " + path("site/torch").toUtf8() + "; echo " + version + "; echo " + cuda);
        QDir().mkpath(path("site/nvidia/cu13/lib"));
    }
    /// An unpacked bundle whose programs are stand-ins.
    void unpack() const {
        for (const char* file : {"dstn", "selftest", "libtorch.sh", "find_torch.py"})
            tree_->copyFromTree(QString("app/bundle/") + file, QString("bundle/") + file);
        tree_->makeFile("bundle/built",
                        "program=1.2.3\ncommit=abc\ntorch=2.11\ncuda=13.0\nglibc=2.3\nglibcxx=3.4\n");
        tree_->makeScript("bundle/bin/dstn", "echo \"$LD_LIBRARY_PATH\"; printf '[%s]' \"$@\"");
    }
    /// What the program's launcher says when it refuses to start; empty where it does not.
    QString refusal() const {
        const Result result = tree_->run("bundle/dstn", {"doctor"});
        return result.code == 4 && result.out.isEmpty() ? result.err : QString();
    }

  private slots:
    void init() { tree_ = std::make_unique<StandIns>(); }

    void programIsLoadedWithTheTorchOfPython() {
        unpack();
        pretendTorch("2.11.0+cu130", "13.0");
        const Result result = tree_->run("bundle/dstn", {"run", "two words"});
        QVERIFY2(result.code == 0, qPrintable(result.err));
        QCOMPARE(result.out, tree_->root() + "/bundle/lib:" + path("site/torch/lib") + ":" +
                                 path("site/nvidia/cu13/lib") + "\n[run][two words]");
        // Through a symbolic link, as it may lie in a folder of programs.
        QVERIFY(QFile::link(path("bundle/dstn"), path("bin/dstn")));
        QVERIFY(tree_->run("bin/dstn").out.startsWith(tree_->root() + "/bundle/lib:"));
    }

    void whatDoesNotFitIsToldInASentence() {
        unpack();
        pretendTorch("2.12.0+cu130", "13.0");
        QVERIFY2(refusal().contains("has torch 2.12.0+cu130, and this bundle was built against 2.11"),
                 qPrintable(refusal()));
        pretendTorch("2.1.1", "13.0");
        QVERIFY2(refusal().contains("built against 2.11"), qPrintable(refusal()));
        pretendTorch("2.11.0+cu128", "12.8");
        QVERIFY2(refusal().contains("for CUDA 12.8"), qPrintable(refusal()));
        pretendTorch("2.11.0+cpu", "none");
        QVERIFY2(refusal().contains("for CUDA none"), qPrintable(refusal()));
        tree_->makeTool("python3", "echo 'no package torch' >&2; exit 1");
        QVERIFY2(refusal().contains("pip install 'torch==2.11.*'"), qPrintable(refusal()));
        tree_->environment().insert("DSTN_PYTHON", "python-of-mine");
        QVERIFY2(refusal().contains("There is no python-of-mine"), qPrintable(refusal()));
        tree_->environment().remove("DSTN_PYTHON");
        pretendTorch("2.11.0+cu130", "13.0");
        tree_->makeFile("bundle/built", "torch=2.11\ncuda=13.0\nglibc=99.9\n");
        QVERIFY2(refusal().contains("needs 99.9 or newer"), qPrintable(refusal()));
    }

    void torchIsFoundWithoutImportingIt() {
        tree_->makeFile("site/torch/__init__.py", "raise SystemExit('imported')\n");
        tree_->makeFile("site/torch/version.py", "__version__ = '2.11.0+cu130'\ncuda = '13.0'\n");
        const auto find = [this](const QString& site) {
            QProcess python;
            QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
            environment.insert("PYTHONPATH", path(site));
            python.setProcessEnvironment(environment);
            python.start("python3", {QString(DSTN_SOURCE_DIR) + "/app/bundle/find_torch.py"});
            if (!python.waitForFinished(dstn::test::patience)) return Result{-1, {}, "no python3"};
            return Result{python.exitCode(), QString::fromUtf8(python.readAllStandardOutput()),
                          QString::fromUtf8(python.readAllStandardError())};
        };
        QCOMPARE(find("site").out, path("site/torch") + "\n2.11.0+cu130\n13.0\n");
        tree_->makeFile("site/torch/version.py", "__version__ = '2.11.0'\ncuda = None\n");
        QVERIFY(find("site").out.endsWith("\n2.11.0\nnone\n"));
        tree_->makeFile("other/torch/__init__.py", "");
        const Result wrong = find("other");
        QVERIFY2(wrong.code == 1 && wrong.err.contains("is not a package torch"), qPrintable(wrong.err));
    }

    void selftestTellsEachPartAndGoesOn() {
        unpack();
        pretendTorch("2.11.0+cu130", "13.0");
        tree_->makeScript("bundle/bin/dstn",
                          "case $1 in\n"
                          "doctor) echo 'device cuda:0  Some GPU, 80 GiB';;\n"
                          "*) echo \"$*\"; case $3 in *cnn) echo 'out of luck'; exit 4;; esac;;\n"
                          "esac");
        tree_->makeScript("bundle/bin/dstn-test-engine",
                          "case ${1:-} in\n"
                          "'') printf 'Usage\\n  tst_good\\n  tst_bad\\n' >&2; exit 2;;\n"
                          "tst_bad) echo 'FAIL!  : one is not two'; exit 1;;\n"
                          "*) [ -d \"$DSTN_REFERENCE_DIR\" ] || exit 3\n"
                          "   printf 'SKIP   : TestGood::few() no such device\\n'\n"
                          "   echo 'Totals: 3 passed, 0 failed, 1 skipped, 0 blacklisted, 12ms';;\n"
                          "esac");
        QDir().mkpath(path("bundle/data/reference"));
        const QStringList arguments{"--report", path("report.txt")};
        const Result result = tree_->run("bundle/selftest", arguments);
        QCOMPARE(result.code, 1);
        const QString report = tree_->read("report.txt");
        QCOMPARE(result.out, report);
        for (const char* line :
             {"Self-test of dstn 1.2.3 (abc)", "torch: 2.11.0+cu130, CUDA 13.0", "dstn doctor: passed",
              "tst_good: passed", "(3 passed, 0 failed, 1 skipped)", "SKIP   : TestGood::few()",
              "tst_bad: FAILED: exit code 1", "FAIL!  : one is not two",
              "== dstn bench --preset cifar10-resnet18 --device cuda",
              "dstn bench --preset fashion-mnist-cnn: FAILED: exit code 4", "out of luck",
              "dstn bench --preset cifar10-resnet18: passed", "\n2 FAILED; see above."})
            QVERIFY2(report.contains(line), qPrintable(QString(line) + "\n" + report));

        tree_->makeScript("bundle/bin/dstn", "echo 'device cuda   not available: no driver'");
        tree_->makeScript("bundle/bin/dstn-test-engine", "[ $# -gt 0 ] || { echo '  tst_good'; exit 2; }");
        const Result passed = tree_->run("bundle/selftest", arguments);
        QVERIFY2(passed.code == 0, qPrintable(passed.out + passed.err));
        QVERIFY(tree_->read("report.txt").contains("--device cpu"));
        QVERIFY(tree_->read("report.txt").endsWith("All passed.\n"));
        const Result quick = tree_->run("bundle/selftest", QStringList{"--without-bench"} + arguments);
        QVERIFY(quick.code == 0 && !quick.out.contains("bench"));

        tree_->makeScript("bundle/bin/dstn-test-engine", "echo 'cannot be loaded'; exit 127");
        const Result broken = tree_->run("bundle/selftest", arguments);
        QVERIFY2(broken.code == 1 && broken.out.contains("names no tests: cannot be loaded"),
                 qPrintable(broken.out));
    }

    void selftestRefusesWhatItDoesNotKnow() {
        unpack();
        pretendTorch("2.11.0+cu130", "13.0");
        QVERIFY(tree_->run("bundle/selftest", {"--help"}).out.startsWith("Usage: ./selftest"));
        for (const auto& [arguments, words] : {std::pair{QStringList{"--fast"}, "--fast"},
                                               {QStringList{"--report"}, "takes a value"},
                                               {QStringList{"--device", "tpu"}, "tpu"}}) {
            const Result result = tree_->run("bundle/selftest", arguments);
            QVERIFY2(result.code == 2 && result.err.contains(words), qPrintable(result.err));
        }
        const Result unwritable = tree_->run("bundle/selftest", {"--report", path("nowhere/report.txt")});
        QVERIFY2(unwritable.code == 5 && unwritable.err.contains("--report"), qPrintable(unwritable.err));
    }

    void bundleIsMadeOfWhatIsBuiltAndNotThere() {
        tree_->copyFromTree({"app/bundle.sh", "app/packages.sh", "app/bundle/dstn", "app/bundle/selftest",
                             "app/bundle/libtorch.sh", "app/bundle/find_torch.py", "app/bundle/README.md",
                             "LICENSE", "CMakeLists.txt"});
        tree_->makeFile("tests/data/reference/values.json", "{}");
        pretendTorch("2.11.0+cu130", "13.0");
        for (const char* file : {"dstn", "libdstn-core.so", "libdstn-engine.so", "dstn-test-engine"})
            tree_->makeFile(QString("build/bundle-build/bin/") + file, "");
        tree_->makeFile("build/bundle-build/CMakeCache.txt",
                        "CMAKE_HOME_DIRECTORY:INTERNAL=" + tree_->root().toUtf8() + "\n");
        tree_->makeFile("system/libnlopt.so.0", "");
        for (const char* library : {"libstdc++.so.6", "libm2.so.1", "libtorch_cpu.so", "libopencv.so.4"})
            tree_->makeFile(QString("system/") + library, "");
        tree_->makeTool("cmake");
        const QByteArray system = path("system").toUtf8();
        // A LibTorch of the system, which is not to come along, needs a library of its own.
        tree_->makeTool("ldd", "printf '\\tlibnlopt.so.0 => " + system + "/libnlopt.so.0 (0x1)\\n'\n" +
                                   "printf '\\tlibstdc++.so.6 => " + system + "/libstdc++.so.6 (0x1)\\n'\n" +
                                   "printf '\\tlibm2.so.1 => " + system + "/libm2.so.1 (0x1)\\n'\n" +
                                   "printf '\\tlibtorch_cpu.so => " + system +
                                   "/libtorch_cpu.so (0x1)\\n'\n" + "printf '\\tlibopencv.so.4 => " + system +
                                   "/libopencv.so.4 (0x1)\\n'");
        tree_->makeTool("objdump", "[ $1 != -T ] || {\n"
                                   "echo ' 000 g DF *UND* 000 (GLIBC_2.9) malloc'\n"
                                   "echo ' 000 g DF *UND* 000 (GLIBC_2.34) pthread_join'\n"
                                   "echo ' 000 g DF *UND* 000 (GLIBCXX_3.4.30) what'\n"
                                   "}\n"
                                   "case $2 in\n"
                                   "*/libdstn-engine.so) echo '  NEEDED               libtorch_cpu.so';;\n"
                                   "*/libdstn-core.so) echo '  NEEDED               libnlopt.so.0'\n"
                                   "                   echo '  NEEDED               libstdc++.so.6';;\n"
                                   "*/libnlopt.so.0) echo '  NEEDED               libm2.so.1';;\n"
                                   "*/libtorch_cpu.so) echo '  NEEDED               libopencv.so.4';;\n"
                                   "esac");
        tree_->makeTool("strip");
        const Result result = tree_->run("app/bundle.sh", {"--no-install", "--python", "python3"});
        QVERIFY2(result.code == 0, qPrintable(result.err));
        QVERIFY2(tree_->calls().contains("-DDSTN_TORCH=" + path("site/torch") + " -DDSTN_TORCH_CUDA=ON"),
                 qPrintable(tree_->calls()));
        QVERIFY(tree_->calls().contains("--target dstn dstn-engine dstn-test-engine"));
        const QStringList made = QDir(path("build/bundle")).entryList({"*.tar.gz"});
        QCOMPARE(made.size(), 1);
        const QString bundle = "build/bundle/" + made.front().chopped(int(qstrlen(".tar.gz")));
        QVERIFY(made.front().startsWith("dstn-") && made.front().contains("-linux-"));
        QCOMPARE(QDir(path(bundle + "/lib")).entryList(QDir::Files),
                 (QStringList{"libdstn-core.so", "libdstn-engine.so", "libm2.so.1", "libnlopt.so.0"}));
        QVERIFY(QFile::exists(path(bundle + "/data/reference/values.json")));
        const QString built = tree_->read(bundle + "/built");
        QVERIFY2(built.contains("torch=2.11\ncuda=13.0\nglibc=2.34\nglibcxx=3.4.30\n"), qPrintable(built));
        QVERIFY2(result.err.contains("torch 2.11 (CUDA: 13.0), glibc 2.34, libstdc++ with GLIBCXX_3.4.30"),
                 qPrintable(result.err));
    }

    void bundleNeedsAPythonWithTorch() {
        tree_->copyFromTree({"app/bundle.sh", "app/packages.sh", "app/bundle/find_torch.py"});
        tree_->makeTool("cmake");
        QVERIFY(tree_->run("app/bundle.sh", {"--help"}).out.contains("--python PYTHON"));
        for (const auto& [arguments, code, words] :
             {std::tuple{QStringList{}, 2, "Name a Python"},
              {QStringList{"--python"}, 2, "takes a value"},
              {QStringList{"--fast"}, 2, "--fast"},
              {QStringList{"--no-install", "--python", "python-of-mine"}, 1,
               "has no torch to build against"}}) {
            const Result result = tree_->run("app/bundle.sh", arguments);
            QVERIFY2(result.code == code && result.err.contains(words), qPrintable(result.err));
        }
        QVERIFY(!tree_->calls().contains("cmake"));
    }
};

DSTN_TEST(TestBundle)
#include "tst_bundle.moc"
