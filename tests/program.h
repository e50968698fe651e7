#pragma once

#include <QTest>

#include <filesystem>
#include <string>
#include <vector>

namespace dstn::test {

/// A class of tests in a program: its name, as ctest knows it, and what runs it.
struct TestClass {
    std::string name; ///< of its file: "tst_csv_reader"
    int (*run)(int argc, char** argv);
};

/// Milliseconds that a test waits for what must happen before it fails. Nothing is proved by how soon a busy
/// machine does it, so this is long; what happens at once costs nothing.
inline constexpr int patience = 60'000;

/// The classes of this program, in the order in which they are linked.
std::vector<TestClass>& testClasses();

/// Adds a class to its program when the program starts.
struct Registration {
    Registration(const char* file, int (*run)(int argc, char** argv)) {
        testClasses().push_back({std::filesystem::path(file).stem().string(), run});
    }
};

} // namespace dstn::test

// Qt's own wait five seconds.
#undef QTRY_VERIFY
#undef QTRY_VERIFY2
#undef QTRY_COMPARE
#define QTRY_VERIFY(expression) QTRY_VERIFY_WITH_TIMEOUT((expression), dstn::test::patience)
#define QTRY_VERIFY2(expression, message)                                                                    \
    QTRY_VERIFY2_WITH_TIMEOUT((expression), (message), dstn::test::patience)
#define QTRY_COMPARE(expression, expected)                                                                   \
    QTRY_COMPARE_WITH_TIMEOUT((expression), (expected), dstn::test::patience)

/// In place of QTEST_APPLESS_MAIN: the folder's other tests are in the same program (tests/program.cpp).
#define DSTN_TEST(Class)                                                                                     \
    static const dstn::test::Registration registration(__FILE__, [](int argc, char** argv) {                 \
        Class tests;                                                                                         \
        return QTest::qExec(&tests, argc, argv);                                                             \
    });

/// In place of QTEST_GUILESS_MAIN (QCoreApplication) and QTEST_MAIN (QApplication).
#define DSTN_TEST_IN(Application, Class)                                                                     \
    static const dstn::test::Registration registration(__FILE__, [](int argc, char** argv) {                 \
        Application application(argc, argv);                                                                 \
        application.setAttribute(Qt::AA_Use96Dpi, true);                                                     \
        Class tests;                                                                                         \
        return QTest::qExec(&tests, argc, argv);                                                             \
    });
