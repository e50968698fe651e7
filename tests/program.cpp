#include "tests/program.h"

#include <cstdio>
#include <string_view>

std::vector<dstn::test::TestClass>& dstn::test::testClasses() {
    static std::vector<TestClass> classes;
    return classes;
}

/// Runs one class of tests with Qt Test's options: one process a class, as ctest calls it, so that no class
/// sees what another has left behind.
int main(int argc, char** argv) {
    const std::string_view name = argc > 1 ? argv[1] : "";
    for (const dstn::test::TestClass& tests : dstn::test::testClasses())
        if (tests.name == name) {
            argv[1] = argv[0];
            return tests.run(argc - 1, argv + 1);
        }
    std::fprintf(stderr, "Usage: %s CLASS [QT TEST OPTIONS]\nThe classes of tests in this program:\n",
                 argv[0]);
    for (const dstn::test::TestClass& tests : dstn::test::testClasses())
        std::fprintf(stderr, "  %s\n", tests.name.c_str());
    return 2;
}
