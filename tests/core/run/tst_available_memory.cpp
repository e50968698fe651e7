#include "core/run/available_memory.h"
#include "tests/program.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <string>

using namespace dstn;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t mebi = 1 << 20;

/// A machine with 1000 MiB available, and its control groups.
struct Machine {
    QTemporaryDir directory;
    fs::path proc = fs::path(directory.path().toStdString()) / "proc";
    fs::path groups = fs::path(directory.path().toStdString()) / "cgroup";

    Machine() {
        write(proc / "meminfo", "MemTotal:       4096000 kB\nMemFree:         1000 kB\n"
                                "MemAvailable:   1024000 kB\n");
        fs::create_directories(groups);
    }
    static void write(const fs::path& file, const std::string& text) {
        fs::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    std::int64_t available() const { return availableMemory(proc, groups); }
};

} // namespace

class AvailableMemoryTest : public QObject {
    Q_OBJECT

  private slots:
    void withoutLimitsTheKernelsFigureCounts() {
        const Machine machine;
        QCOMPARE(machine.available(), 1000 * mebi);
        Machine::write(machine.groups / "memory.max", "max\n");
        QCOMPARE(machine.available(), 1000 * mebi);
    }

    void limitOfTheContainerCountsWhereItIsTighter() {
        const Machine machine;
        Machine::write(machine.groups / "memory.max", std::to_string(512 * mebi) + "\n");
        Machine::write(machine.groups / "memory.current", std::to_string(300 * mebi) + "\n");
        QCOMPARE(machine.available(), 212 * mebi);
        Machine::write(machine.groups / "memory.max", std::to_string(4000 * mebi) + "\n");
        QCOMPARE(machine.available(), 1000 * mebi);
    }

    void cachedFilesAreFreeMemory() {
        const Machine machine;
        Machine::write(machine.groups / "memory.max", std::to_string(512 * mebi) + "\n");
        Machine::write(machine.groups / "memory.current", std::to_string(500 * mebi) + "\n");
        Machine::write(machine.groups / "memory.stat", "anon 5\nactive_file " + std::to_string(40 * mebi) +
                                                           "\ninactive_file " + std::to_string(60 * mebi) +
                                                           "\n");
        QCOMPARE(machine.available(), 112 * mebi);
    }

    void limitsOfTheGroupsAboveOneCountToo() {
        const Machine machine;
        Machine::write(machine.proc / "self/cgroup", "1:name=systemd:/old\n0::/user.slice/app.scope\n");
        Machine::write(machine.groups / "user.slice/memory.max", std::to_string(100 * mebi) + "\n");
        Machine::write(machine.groups / "user.slice/app.scope/memory.max", "max\n");
        QCOMPARE(machine.available(), 100 * mebi);
        Machine::write(machine.groups / "user.slice/app.scope/memory.max", std::to_string(50 * mebi) + "\n");
        QCOMPARE(machine.available(), 50 * mebi);
    }

    /// 0 means that nothing is known, and would let everything pass.
    void fullGroupIsNotTakenForAnUnknownOne() {
        const Machine machine;
        Machine::write(machine.groups / "memory.max", "1000\n");
        Machine::write(machine.groups / "memory.current", "2000\n");
        QVERIFY(machine.available() > 0 && machine.available() < 1000);
    }

    void nothingKnownIsZero() { QCOMPARE(availableMemory("/nowhere", "/nowhere"), 0); }
};

DSTN_TEST(AvailableMemoryTest)
#include "tst_available_memory.moc"
