#include "tests/program.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

/// Files of the project with what they include: ours as paths from the root, others as they are written.
using Includes = std::map<std::string, std::vector<std::string>>;

Includes readIncludes(const fs::path& root, const std::vector<std::string>& folders) {
    static const std::regex line("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"]");
    Includes includes;
    for (const std::string& folder : folders) {
        if (!fs::exists(root / folder)) continue;
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

bool isLibTorch(const std::string& header) {
    return header.starts_with("ATen/") || header.starts_with("torch/") || header.starts_with("c10/") ||
           header == "core/engine/torch.h";
}

bool isQt(const std::string& header) {
    static const std::regex name(R"(^(Qt[A-Z]\w*/.*|Q[A-Z]\w*|qcustomplot\.h|q[a-z]+\.h)$)");
    return std::regex_match(header, name);
}

/// "core/run", "ui", …: what the arrows are drawn between.
std::string room(const std::string& file) {
    const std::size_t first = file.find('/');
    if (first == std::string::npos) return {};
    if (!file.starts_with("core/")) return file.substr(0, first);
    const std::size_t second = file.find('/', first + 1);
    return second == std::string::npos ? "core" : file.substr(0, second);
}

/// Which rooms each room may include, itself and core/error.h aside.
const std::map<std::string, std::set<std::string>>& arrows() {
    static const std::set<std::string> below{"core/tuners", "core/response", "core/models", "core/data",
                                             "core/hyperparameters"};
    static const std::map<std::string, std::set<std::string>> all = [] {
        const auto with = [](std::set<std::string> rooms, std::initializer_list<std::string> more) {
            rooms.insert(more);
            return rooms;
        };
        return std::map<std::string, std::set<std::string>>{
            {"core", {}},
            {"core/hyperparameters", {}},
            {"core/response", {"core/hyperparameters"}},
            {"core/models", {"core/response", "core/hyperparameters"}},
            {"core/data", {"core/models", "core/response", "core/hyperparameters"}},
            {"core/tuners", {"core/response", "core/models", "core/data", "core/hyperparameters"}},
            // An experiment's validation asks a search how large its grid is.
            {"core/run", with(below, {"core/search"})},
            {"core/archive", with(below, {"core/run"})},
            // Of core/data: draws that are the same with every compiler.
            {"core/search", {"core/tuners", "core/data", "core/hyperparameters"}},
            {"core/study", with(below, {"core/run", "core/archive", "core/search"})},
            {"ui", with(below, {"core/run", "core/archive", "core/study"})},
            {"app", with(below, {"core/run", "core/archive", "core/study", "ui"})}};
    }();
    return all;
}

std::string chainText(const std::vector<std::string>& chain) {
    std::string text;
    for (const std::string& file : chain) text += (text.empty() ? "" : " -> ") + file;
    return text;
}

/// The shortest way from a file to a forbidden include; empty if there is none.
std::vector<std::string> chainTo(const Includes& includes, const std::string& start,
                                 const std::function<bool(const std::string&)>& forbidden) {
    std::vector<std::vector<std::string>> ways{{start}};
    std::set<std::string> seen{start};
    for (std::size_t i = 0; i < ways.size(); ++i) {
        const std::vector<std::string> way = ways[i];
        const auto file = includes.find(way.back());
        if (file == includes.end()) continue;
        for (const std::string& next : file->second) {
            std::vector<std::string> longer = way;
            longer.push_back(next);
            if (forbidden(next)) return longer;
            if (seen.insert(next).second) ways.push_back(std::move(longer));
        }
    }
    return {};
}

std::vector<std::string> libTorchChains(const Includes& includes) {
    std::vector<std::string> chains;
    for (const auto& [file, list] : includes)
        if (file.starts_with("ui/") || file.starts_with("app/"))
            if (const auto chain = chainTo(includes, file, isLibTorch); !chain.empty())
                chains.push_back(chainText(chain));
    return chains;
}

std::vector<std::string> qtChains(const Includes& includes) {
    std::vector<std::string> chains;
    for (const auto& [file, list] : includes)
        if (file.starts_with("core/"))
            if (const auto chain = chainTo(includes, file, isQt); !chain.empty())
                chains.push_back(chainText(chain));
    return chains;
}

std::vector<std::string> wrongArrows(const Includes& includes) {
    std::vector<std::string> wrong;
    for (const auto& [file, list] : includes)
        for (const std::string& next : list) {
            const std::string to = room(next);
            const bool ours =
                next.starts_with("core/") || next.starts_with("ui/") || next.starts_with("app/");
            if (!ours || to == room(file) || to == "core") continue;
            const auto allowed = arrows().find(room(file));
            if (allowed == arrows().end() || !allowed->second.contains(to))
                wrong.push_back(file + " -> " + next);
        }
    return wrong;
}

/// Rooms of core that include each other, by whatever way.
std::vector<std::string> circles(const Includes& includes) {
    std::map<std::string, std::map<std::string, std::string>> edges; // room -> room, by which include
    for (const auto& [file, list] : includes)
        for (const std::string& next : list)
            if (file.starts_with("core/") && next.starts_with("core/") && room(file) != room(next))
                edges[room(file)].emplace(room(next), file + " -> " + next);
    Includes rooms;
    for (const auto& [from, to] : edges)
        for (const auto& [next, by] : to) rooms[from].push_back(next);
    std::vector<std::string> found;
    for (const auto& [from, list] : rooms) {
        const std::string start = from;
        const auto chain = chainTo(rooms, start, [&](const std::string& next) { return next == start; });
        if (chain.empty()) continue;
        std::string text = chainText(chain) + ":";
        for (std::size_t i = 0; i + 1 < chain.size(); ++i) text += "\n    " + edges[chain[i]][chain[i + 1]];
        found.push_back(text);
    }
    return found;
}

std::vector<std::string> unknownHeaders(const Includes& includes, const fs::path& root) {
    std::vector<std::string> missing;
    for (const auto& [file, list] : includes)
        for (const std::string& next : list)
            if ((next.starts_with("core/") || next.starts_with("ui/")) && !fs::exists(root / next))
                missing.push_back(file + " -> " + next);
    return missing;
}

QByteArray lines(const std::vector<std::string>& texts) {
    QByteArray all;
    for (const std::string& text : texts) all += "\n  " + QByteArray::fromStdString(text);
    return all;
}

} // namespace

class tst_architecture : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase();
    void windowAndProgramsSeeNoLibTorch();
    void coreSeesNoQt();
    void includesFollowTheArrows();
    void roomsOfCoreHaveNoCircles();
    void breaksAreSeen();

  private:
    Includes includes_;
};

void tst_architecture::initTestCase() {
    includes_ = readIncludes(DSTN_SOURCE_DIR, {"core", "ui", "app"});
    QVERIFY(includes_.contains("core/experiment/experiment.h"));
    const auto missing = unknownHeaders(includes_, DSTN_SOURCE_DIR);
    QVERIFY2(missing.empty(), lines(missing));
}

void tst_architecture::windowAndProgramsSeeNoLibTorch() {
    const auto chains = libTorchChains(includes_);
    QVERIFY2(chains.empty(), lines(chains));
}

void tst_architecture::coreSeesNoQt() {
    const auto chains = qtChains(includes_);
    QVERIFY2(chains.empty(), lines(chains));
}

void tst_architecture::includesFollowTheArrows() {
    const auto wrong = wrongArrows(includes_);
    QVERIFY2(wrong.empty(), lines(wrong));
}

void tst_architecture::roomsOfCoreHaveNoCircles() {
    const auto found = circles(includes_);
    QVERIFY2(found.empty(), lines(found));
}

void tst_architecture::breaksAreSeen() {
    const Includes broken{{"ui/plot.h", {"core/run/engine.h", "vector"}},
                          {"core/run/engine.h", {"core/engine/tuners/tuner.h"}},
                          {"core/engine/tuners/tuner.h", {"ATen/ATen.h", "core/response/pair.h"}},
                          {"core/response/pair.h", {"core/spec/model.h", "QString"}},
                          {"core/spec/model.h", {"core/response/pair.h"}},
                          {"core/run/session.h", {"core/archive/archive.h"}},
                          {"core/archive/archive.h", {"core/run/engine.h", "SQLiteCpp/Database.h"}}};
    QCOMPARE(libTorchChains(broken),
             std::vector<std::string>{
                 "ui/plot.h -> core/run/engine.h -> core/engine/tuners/tuner.h -> ATen/ATen.h"});
    QVERIFY(qtChains(broken).size() == 6);
    QCOMPARE(wrongArrows(broken), (std::vector<std::string>{"core/response/pair.h -> core/spec/model.h",
                                                            "core/run/session.h -> core/archive/archive.h"}));
    QCOMPARE(circles(broken).size(), std::size_t{4});
    QVERIFY(isQt("QtCore/qobject.h") && isQt("QWidget") && isQt("qcustomplot.h"));
    QVERIFY(!isQt("queue") && !isQt("core/run/queue.h"));
}

DSTN_TEST(tst_architecture)
#include "tst_architecture.moc"
