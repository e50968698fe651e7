#include "tests/program.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

/// Files of the project with what they include: ours as paths from the root, others as they are written.
using Includes = std::map<std::string, std::vector<std::string>>;

/// A room and the rooms that its files include, as a line of core/README.md gives them.
struct Room {
    std::string name;
    std::vector<std::string> arrows;
    bool operator==(const Room&) const = default;
};

/// The rooms from the top of the house to its foundations.
using Picture = std::vector<Room>;

Includes readIncludes(const fs::path& root, const std::vector<std::string>& folders) {
    static const std::regex line("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"]");
    Includes includes;
    for (const std::string& folder : folders) {
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            const std::string extension = entry.path().extension().string();
            if (extension != ".h" && extension != ".cpp") continue;
            auto& list = includes[fs::relative(entry.path(), root).generic_string()];
            std::ifstream stream(entry.path());
            std::smatch match;
            for (std::string text; std::getline(stream, text);)
                if (std::regex_search(text, match, line)) list.push_back(match[1]);
        }
    }
    return includes;
}

/// Reads the lines "- `core/run` → `core/experiment`, `core/spec`"; a room without arrows has "nothing".
Picture readPicture(std::istream& page) {
    static const std::regex line("^- `([a-z_/]+)` → (nothing|`[a-z_/`, ]+`)\\s*$");
    static const std::regex name("`([a-z_/]+)`");
    Picture picture;
    std::smatch match;
    for (std::string text; std::getline(page, text);) {
        if (!std::regex_match(text, match, line)) continue;
        Room room{match[1], {}};
        const std::string arrows = match[2];
        for (auto i = std::sregex_iterator(arrows.begin(), arrows.end(), name); i != std::sregex_iterator();
             ++i)
            room.arrows.push_back((*i)[1]);
        picture.push_back(std::move(room));
    }
    return picture;
}

bool isLibTorch(const std::string& header) {
    static const std::regex name(R"(^(ATen|torch|c10|caffe2)/.*|^cuda\w*\.h$)");
    return std::regex_match(header, name);
}

bool isQt(const std::string& header) {
    static const std::regex name(R"(^(Qt[A-Z]\w*(/.*)?|Q[A-Z]\w*|qcustomplot\.h|q[a-z]+\.h)$)");
    return std::regex_match(header, name);
}

bool isOurs(const std::string& header) {
    return header.starts_with("core/") || header.starts_with("ui/") || header.starts_with("app/");
}

/// "core/run", "core/engine/layers", "ui", …: the folder of a file.
std::string roomOf(const std::string& file) { return fs::path(file).parent_path().generic_string(); }

/// Headers that every room, and every room of the engine, may include: no arrow is drawn to them.
bool isFree(const std::string& header, const std::string& from) {
    return roomOf(header) == "core" || (header == "core/engine/torch.h" && from.starts_with("core/engine/"));
}

/// For each room, the rooms that it includes, each with one include that shows it.
using Edges = std::map<std::string, std::map<std::string, std::string>>;

Edges edgesOf(const Includes& includes) {
    Edges edges;
    for (const auto& [file, list] : includes) {
        auto& to = edges[roomOf(file)];
        for (const std::string& next : list)
            if (isOurs(next) && roomOf(next) != roomOf(file) && !isFree(next, file))
                to.emplace(roomOf(next), file + " -> " + next);
    }
    return edges;
}

std::string arrowText(const std::string& from, const std::string& to) {
    return "`" + from + "` → `" + to + "`";
}

/// Rooms of the picture that are not in the tree, of the tree that are not in the picture, or drawn twice.
std::vector<std::string> wrongRooms(const Picture& picture, const Edges& edges) {
    std::vector<std::string> wrong;
    std::set<std::string> drawn;
    for (const Room& room : picture) {
        if (!drawn.insert(room.name).second) wrong.push_back("listed twice: " + room.name);
        if (!edges.contains(room.name)) wrong.push_back("listed, but without a source file: " + room.name);
    }
    for (const auto& [room, to] : edges)
        if (!drawn.contains(room)) wrong.push_back("not listed: " + room);
    return wrong;
}

/// Includes along which no arrow is drawn.
std::vector<std::string> missingArrows(const Picture& picture, const Edges& edges) {
    std::vector<std::string> missing;
    for (const Room& room : picture) {
        const auto to = edges.find(room.name);
        if (to == edges.end()) continue;
        for (const auto& [next, by] : to->second)
            if (std::ranges::find(room.arrows, next) == room.arrows.end())
                missing.push_back(arrowText(room.name, next) + ": " + by);
    }
    return missing;
}

/// Arrows along which nothing is included.
std::vector<std::string> idleArrows(const Picture& picture, const Edges& edges) {
    std::vector<std::string> idle;
    for (const Room& room : picture) {
        const auto to = edges.find(room.name);
        for (const std::string& next : room.arrows)
            if (to == edges.end() || !to->second.contains(next)) idle.push_back(arrowText(room.name, next));
    }
    return idle;
}

/// Arrows to a room that is not listed further down.
std::vector<std::string> upwardArrows(const Picture& picture) {
    std::vector<std::string> upward;
    for (std::size_t i = 0; i < picture.size(); ++i)
        for (const std::string& next : picture[i].arrows) {
            const auto below = std::find_if(picture.begin() + std::ptrdiff_t(i) + 1, picture.end(),
                                            [&](const Room& room) { return room.name == next; });
            if (below == picture.end()) upward.push_back(arrowText(picture[i].name, next));
        }
    return upward;
}

/// A shortest way along the edges from a room back to itself, with the includes that make it; one for each
/// room that has one.
std::vector<std::string> circles(const Edges& edges) {
    std::vector<std::string> found;
    for (const auto& [start, unused] : edges) {
        std::vector<std::vector<std::string>> ways{{start}};
        std::set<std::string> seen;
        bool closed = false;
        for (std::size_t i = 0; i < ways.size() && !closed; ++i) {
            const std::vector<std::string> way = ways[i];
            const auto to = edges.find(way.back());
            if (to == edges.end()) continue;
            for (const auto& [next, by] : to->second) {
                if (!seen.insert(next).second) continue;
                ways.push_back(way);
                ways.back().push_back(next);
                if (next == start) {
                    closed = true;
                    break;
                }
            }
        }
        if (!closed) continue;
        const std::vector<std::string>& way = ways.back();
        std::string text = start + ":";
        for (std::size_t i = 0; i + 1 < way.size(); ++i) text += "\n    " + edges.at(way[i]).at(way[i + 1]);
        found.push_back(text);
    }
    return found;
}

/// Includes of files for which `isPlace` holds that `isForbidden` forbids.
std::vector<std::string> forbidden(const Includes& includes,
                                   const std::function<bool(const std::string&)>& isPlace,
                                   const std::function<bool(const std::string&)>& isForbidden) {
    std::vector<std::string> found;
    for (const auto& [file, list] : includes)
        for (const std::string& next : list)
            if (isPlace(file) && isForbidden(next)) found.push_back(file + " -> " + next);
    return found;
}

/// LibTorch, or the engine that is made with it, in a file that is to do without: the engine is loaded at run
/// time.
std::vector<std::string> strayLibTorch(const Includes& includes) {
    return forbidden(
        includes,
        [](const std::string& file) {
            return !file.starts_with("core/engine/") && !file.starts_with("tests/core/engine/");
        },
        [](const std::string& header) { return isLibTorch(header) || header.starts_with("core/engine/"); });
}

std::vector<std::string> strayQt(const Includes& includes) {
    return forbidden(
        includes, [](const std::string& file) { return file.starts_with("core/"); }, isQt);
}

std::vector<std::string> unknownHeaders(const Includes& includes, const fs::path& root) {
    return forbidden(
        includes, [](const std::string&) { return true; },
        [&](const std::string& header) { return isOurs(header) && !fs::exists(root / header); });
}

/// Includes without those of the tests, which may see every room.
Includes houseOf(Includes includes) {
    std::erase_if(includes, [](const auto& entry) { return entry.first.starts_with("tests/"); });
    return includes;
}

QByteArray lines(const char* what, const std::vector<std::string>& texts) {
    QByteArray all(what);
    for (const std::string& text : texts) all += "\n  " + QByteArray::fromStdString(text);
    return all;
}

} // namespace

/// The includes of all sources are the picture in core/README.md, arrow for arrow.
class tst_architecture : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase();
    void everyRoomIsInThePicture();
    void everyIncludeHasAnArrow();
    void everyArrowIsUsed();
    void noArrowPointsUp();
    void roomsHaveNoCircles();
    void onlyTheEngineSeesLibTorch();
    void coreSeesNoQt();
    void breaksAreSeen();
    void picturesAreRead();

  private:
    Includes includes_; ///< of the tests, too
    Edges edges_;
    Picture picture_;
};

void tst_architecture::initTestCase() {
    const fs::path root = DSTN_SOURCE_DIR;
    includes_ = readIncludes(root, {"core", "ui", "app", "tests"});
    QVERIFY(includes_.contains("core/experiment/experiment.h"));
    const auto missing = unknownHeaders(includes_, root);
    QVERIFY2(missing.empty(), lines("These headers do not exist:", missing));
    edges_ = edgesOf(houseOf(includes_));
    std::ifstream page(root / "core/README.md");
    picture_ = readPicture(page);
    QVERIFY2(!picture_.empty(), "core/README.md lists no rooms.");
}

void tst_architecture::everyRoomIsInThePicture() {
    const auto wrong = wrongRooms(picture_, edges_);
    QVERIFY2(wrong.empty(), lines("Rooms in core/README.md:", wrong));
}

void tst_architecture::everyIncludeHasAnArrow() {
    const auto missing = missingArrows(picture_, edges_);
    QVERIFY2(missing.empty(), lines("core/README.md has no such arrow:", missing));
}

void tst_architecture::everyArrowIsUsed() {
    const auto idle = idleArrows(picture_, edges_);
    QVERIFY2(idle.empty(), lines("No file includes along these arrows of core/README.md:", idle));
}

void tst_architecture::noArrowPointsUp() {
    const auto upward = upwardArrows(picture_);
    QVERIFY2(upward.empty(), lines("These arrows of core/README.md point up:", upward));
}

void tst_architecture::roomsHaveNoCircles() {
    const auto found = circles(edges_);
    QVERIFY2(found.empty(), lines("Rooms include each other:", found));
}

void tst_architecture::onlyTheEngineSeesLibTorch() {
    const auto stray = strayLibTorch(includes_);
    QVERIFY2(stray.empty(), lines("LibTorch outside core/engine:", stray));
}

void tst_architecture::coreSeesNoQt() {
    const auto stray = strayQt(includes_);
    QVERIFY2(stray.empty(), lines("Qt in core:", stray));
}

void tst_architecture::breaksAreSeen() {
    using Texts = std::vector<std::string>;
    const Includes broken{
        {"ui/plot.h", {"core/run/engine.h", "core/error.h", "vector", "QWidget"}},
        {"ui/live/page.h", {"ui/forms/edit.h", "core/engine/tuners/tuner.h"}},
        {"ui/forms/edit.h", {"ui/live/page.h"}},
        {"core/run/engine.h", {"core/archive/archive.h", "core/export.h"}},
        {"core/archive/archive.h", {"core/run/engine.h", "SQLiteCpp/Database.h", "QString"}},
        {"core/engine/tuners/tuner.h", {"ATen/ATen.h", "core/engine/torch.h", "core/engine/kernels/tail.h"}},
        {"core/engine/kernels/tail.h", {"core/engine/torch.h", "cuda_runtime_api.h"}},
        {"core/data/csv.cpp", {"core/engine/torch.h", "c10/util/Half.h"}},
        {"tests/ui/tst_plot.cpp", {"ui/plot.h", "torch/torch.h", "QTest"}},
        {"tests/core/engine/tst_tuner.cpp", {"torch/torch.h", "core/engine/tuners/tuner.h", "QTest"}}};
    const Edges edges = edgesOf(houseOf(broken));
    const Picture picture{{"ui", {"core/run"}},        {"ui/live", {"ui/forms", "core/engine/tuners"}},
                          {"ui/forms", {"ui/live"}},   {"core/archive", {"core/run", "core/data"}},
                          {"core/engine/tuners", {}},  {"core/engine/kernels", {}},
                          {"core/engine/tuners", {}},  {"core/run", {}},
                          {"core/spec", {"core/spec"}}};
    QCOMPARE(wrongRooms(picture, edges),
             (Texts{"listed twice: core/engine/tuners", "listed, but without a source file: core/spec",
                    "not listed: core/data"}));
    QCOMPARE(
        missingArrows({{"core/run", {}}, {"core/engine/tuners", {}}, {"core/engine/kernels", {}}}, edges),
        (Texts{"`core/run` → `core/archive`: core/run/engine.h -> core/archive/archive.h",
               "`core/engine/tuners` → `core/engine/kernels`: core/engine/tuners/tuner.h -> "
               "core/engine/kernels/tail.h"}));
    // Only within the engine is core/engine/torch.h free.
    QCOMPARE(missingArrows({{"core/data", {}}}, edges),
             (Texts{"`core/data` → `core/engine`: core/data/csv.cpp -> core/engine/torch.h"}));
    QCOMPARE(idleArrows(picture, edges),
             (Texts{"`core/archive` → `core/data`", "`core/spec` → `core/spec`"}));
    QCOMPARE(upwardArrows(picture),
             (Texts{"`ui/forms` → `ui/live`", "`core/archive` → `core/data`", "`core/spec` → `core/spec`"}));
    QCOMPARE(
        circles(edges),
        (Texts{"core/archive:\n    core/archive/archive.h -> core/run/engine.h\n    core/run/engine.h -> "
               "core/archive/archive.h",
               "core/run:\n    core/run/engine.h -> core/archive/archive.h\n    core/archive/archive.h -> "
               "core/run/engine.h",
               "ui/forms:\n    ui/forms/edit.h -> ui/live/page.h\n    ui/live/page.h -> ui/forms/edit.h",
               "ui/live:\n    ui/live/page.h -> ui/forms/edit.h\n    ui/forms/edit.h -> ui/live/page.h"}));
    QCOMPARE(
        strayLibTorch(broken),
        (Texts{"core/data/csv.cpp -> core/engine/torch.h", "core/data/csv.cpp -> c10/util/Half.h",
               "tests/ui/tst_plot.cpp -> torch/torch.h", "ui/live/page.h -> core/engine/tuners/tuner.h"}));
    QCOMPARE(strayQt(broken), (Texts{"core/archive/archive.h -> QString"}));
    QCOMPARE(unknownHeaders({{"ui/plot.h", {"core/none.h", "core/error.h", "none.h"}}}, DSTN_SOURCE_DIR),
             (Texts{"ui/plot.h -> core/none.h"}));
    QVERIFY(isQt("QtCore/qobject.h") && isQt("QtWidgets") && isQt("QWidget") && isQt("qcustomplot.h"));
    QVERIFY(!isQt("queue") && !isQt("core/run/queue.h"));
}

void tst_architecture::picturesAreRead() {
    std::istringstream page("# Rooms\n"
                            "- `core/run` → `core/experiment`, `core/spec`\n  Sessions → `core/none`.\n"
                            "- `core/spec` → nothing\n"
                            "The arrow `ui` → `core/run` is not a line of the list.\n"
                            "- `ui/live` is neither\n");
    QCOMPARE(readPicture(page), (Picture{{"core/run", {"core/experiment", "core/spec"}}, {"core/spec", {}}}));
}

DSTN_TEST(tst_architecture)
#include "tst_architecture.moc"
