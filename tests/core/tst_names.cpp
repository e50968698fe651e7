#include "tests/program.h"

#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

/// Qualified names with the files that define them; to each, what an alias stands for, otherwise nothing.
using Definitions = std::map<std::string, std::map<std::string, std::string>>;

/// The text with comments, literals and preprocessor lines left out.
std::string codeOf(const std::string& text) {
    static const std::regex noise(R"re(//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)re"
                                  R"re(|R"(\w*)\((?:[^)]|\)(?!\1"))*\)\1")re"
                                  R"re(|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')re");
    std::string code;
    std::istringstream lines(std::regex_replace(text, noise, " "));
    bool directive = false;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t first = line.find_first_not_of(" \t");
        directive = directive || (first != std::string::npos && line[first] == '#');
        if (!directive) code += line + '\n';
        directive = directive && line.ends_with('\\');
    }
    return code;
}

std::string singleSpaced(const std::string& text) {
    std::string result;
    for (const char c : text)
        if (!std::isspace(static_cast<unsigned char>(c)))
            result += c;
        else if (!result.empty() && result.back() != ' ')
            result += ' ';
    while (result.ends_with(' ')) result.pop_back();
    return result;
}

/// Where what opens at `open` closes; the end of the text if it does not.
std::size_t closing(const std::string& text, std::size_t open, char opens, char closes) {
    int depth = 0;
    for (std::size_t i = open; i < text.size(); ++i) {
        if (text[i] == opens) ++depth;
        if (text[i] == closes && --depth == 0) return i;
    }
    return text.size();
}

/// "double, const std::string&": the parameters' types, without their names and defaults.
std::string typesOf(const std::string& parameters) {
    static const std::regex named(R"(^(.*[\s&*>])\w+$)");
    std::vector<std::string> list(1);
    int depth = 0;
    for (const char c : parameters) {
        if (c == '<' || c == '(' || c == '{') ++depth;
        if (c == '>' || c == ')' || c == '}') --depth;
        if (c == ',' && depth == 0)
            list.emplace_back();
        else
            list.back() += c;
    }
    std::string types;
    for (const std::string& parameter : list) {
        const std::string type = singleSpaced(parameter.substr(0, parameter.find('=')));
        std::smatch match;
        const std::string bare = std::regex_match(type, match, named) ? singleSpaced(match[1]) : type;
        types += (types.empty() ? "" : ", ") + bare;
    }
    return types;
}

/// What a statement in a namespace defines, as the type `Name`, the function `name(types)` or, in a header,
/// the constant `name`; empty if it only declares. `body`: a brace follows.
std::string definedBy(std::string head, bool body, bool header) {
    static const std::regex attribute(R"(\[\[[^\]]*\]\]|alignas\([^)]*\))");
    static const std::regex type(R"(^(?:class|struct|union|enum(?: class| struct)?) (?:DSTN_\w+ )*)"
                                 R"(([\w:]+(?: ?<.*>)?)(?: final)?(?: ?:[^:].*)?$)");
    static const std::regex alias(R"(^using (\w+) ?=.*)");
    static const std::regex function(R"((operator ?[^\w\s(]+|operator\(\)|[\w:~]+) ?\()");
    static const std::regex constant(
        R"(^(?:inline|constexpr|const|extern)\b[^=({]*?(\w+)(?: ?\[.*\])?(?: ?=.*)?$)");
    head = singleSpaced(std::regex_replace(head, attribute, ""));
    bool general = false;
    while (head.starts_with("template")) {
        const std::size_t open = head.find('<');
        general = general || closing(head, open, '<', '>') != open + 1;
        head = singleSpaced(head.substr(std::min(head.size(), closing(head, open, '<', '>') + 1)));
        while (head.starts_with(' ')) head.erase(0, 1);
    }
    if (head.starts_with(' ')) head.erase(0, 1);
    std::smatch match;
    if (body && std::regex_match(head, match, type)) return match[1];
    if (std::regex_match(head, match, alias)) return match[1];
    const bool assigned = head.find('=') < head.find('(') && head.find("operator") == std::string::npos;
    if (header && (body || head.find('=') != std::string::npos) &&
        (assigned || head.find('(') == std::string::npos) && std::regex_match(head, match, constant))
        return match[1];
    if (!body || assigned || head.starts_with("static ") || !std::regex_search(head, match, function))
        return {};
    const std::size_t open = static_cast<std::size_t>(match.position(0) + match.length(0)) - 1;
    const std::size_t close = closing(head, open, '(', ')');
    std::string after = close < head.size() ? head.substr(close + 1, 6) : "";
    return (general ? "template " : "") + std::string(match[1]) + "(" +
           typesOf(head.substr(open + 1, close - open - 1)) + ")" +
           (after.starts_with(" const") ? " const" : "");
}

/// What `using Name = …` stands for; of other definitions nothing.
std::string aliased(const std::string& head) {
    const std::string text = singleSpaced(head);
    return text.find("using ") < 2 ? singleSpaced(text.substr(text.find('=') + 1)) : "";
}

/// Adds what a file defines in namespaces with names.
void addDefinitions(Definitions& definitions, const std::string& file, const std::string& text) {
    static const std::regex space(R"(^ ?(?:inline )?namespace ?(?:DSTN_EXPORT )?([\w:]*) ?$)");
    const std::string code = codeOf(text);
    const bool header = file.ends_with(".h");
    std::vector<std::string> scopes;
    std::string head;
    const auto add = [&](bool body) {
        std::string scope;
        for (const std::string& name : scopes) {
            if (name.empty()) return;
            scope += name + "::";
        }
        if (const std::string name = definedBy(head, body, header); !name.empty() && !scope.empty())
            definitions[scope + name].emplace(file, aliased(head));
    };
    for (std::size_t i = 0; i < code.size(); ++i) {
        const char c = code[i];
        if (c == '(') {
            const std::size_t close = closing(code, i, '(', ')');
            head += code.substr(i, close - i + 1);
            i = close;
        } else if (c == '{') {
            std::smatch match;
            const std::string start = singleSpaced(head);
            if (std::regex_match(start, match, space)) {
                scopes.push_back(match[1]);
            } else {
                add(true);
                i = closing(code, i, '{', '}');
            }
            head.clear();
        } else if (c == '}') {
            if (!scopes.empty()) scopes.pop_back();
            head.clear();
        } else if (c == ';') {
            add(false);
            head.clear();
        } else {
            head += c;
        }
    }
}

Definitions readDefinitions(const fs::path& root, const std::vector<std::string>& folders) {
    Definitions definitions;
    for (const std::string& folder : folders)
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            const std::string extension = entry.path().extension().string();
            if (extension != ".h" && extension != ".cpp") continue;
            std::ostringstream text;
            text << std::ifstream(entry.path()).rdbuf();
            addDefinitions(definitions, fs::relative(entry.path(), root).generic_string(), text.str());
        }
    return definitions;
}

std::string doubles(const Definitions& definitions) {
    std::string text;
    for (const auto& [name, files] : definitions) {
        std::set<std::string> aliases;
        for (const auto& [file, alias] : files) aliases.insert(alias);
        // An alias may be given anew where it stands for the same.
        if (files.size() == 1 || (aliases.size() == 1 && !aliases.begin()->empty())) continue;
        text += "\n  " + name + " is defined in";
        for (const auto& [file, alias] : files) text += " " + file;
    }
    return text;
}

} // namespace

/// A name means one thing wherever it is seen: no class, alias, function or constant of a namespace is
/// defined in two files. tests/symbols.sh asks the same of what the compiler has made of them.
class tst_names : public QObject {
    Q_OBJECT

  private slots:
    void everyNameHasOneFile();
    void doublesAreFound();
    void overloadsAndHiddenNamesAreNoDoubles();
};

void tst_names::everyNameHasOneFile() {
    const Definitions definitions = readDefinitions(DSTN_SOURCE_DIR, {"core", "ui", "app"});
    for (const char* known : {"dstn::Table", "dstn::cli::Table", "dstn::Experiment", "dstn::ui::MainWindow"})
        QVERIFY2(definitions.contains(known), known);
    const std::string found = doubles(definitions);
    QVERIFY2(found.empty(), found.c_str());
}

void tst_names::doublesAreFound() {
    Definitions definitions;
    addDefinitions(definitions, "a.h", R"(
        #define BRACE {
        namespace DSTN_EXPORT dstn {
        struct Objective { double value = 0; };
        enum class State : char { Running };
        inline double number(const std::string& text, int base = 10) { return text.size() * base; } // }
        template <class T> struct Box final : Base<T> { T value; };
        inline constexpr double step = 0.1;
        using Json = nlohmann::ordered_json;
        constexpr std::array<int, 2> sizes{1, 2};
        [[nodiscard]] bool operator==(const State& a, const State& b) { return true; }
        } // namespace dstn)");
    addDefinitions(definitions, "b.cpp", R"re(
        namespace dstn {
        using Objective = std::function<double(double)>;
        class State { };
        double number(const std::string& word, int) { return R"(})".size() + '"'; }
        class [[deprecated]] Box { };
        bool operator==(const State&, const State&) { return false; }
        using Json = nlohmann::json;
        })re");
    addDefinitions(definitions, "c.h",
                   "namespace dstn { inline constexpr int step = 3; const int sizes[] = {1}; }");
    QCOMPARE(
        QString::fromStdString(doubles(definitions)),
        QString(
            "\n  dstn::Box is defined in a.h b.cpp\n  dstn::Json is defined in a.h b.cpp\n  dstn::Objective "
            "is defined in a.h b.cpp"
            "\n  dstn::State is defined in a.h b.cpp\n  dstn::number(const std::string&, int) is defined in "
            "a.h b.cpp\n  dstn::operator==(const State&, const State&) is defined in a.h b.cpp"
            "\n  dstn::sizes is defined in a.h c.h\n  dstn::step is defined in a.h c.h"));
}

void tst_names::overloadsAndHiddenNamesAreNoDoubles() {
    Definitions definitions;
    addDefinitions(definitions, "a.h", R"(
        namespace dstn {
        class Forward;
        struct Shape { struct Inner { int a; }; void grow() { } };
        inline int f(int a) { return a; }
        void declared(int a, std::vector<int> b = {});
        })");
    addDefinitions(definitions, "b.cpp", R"(
        namespace dstn {
        namespace { struct Shape { }; int helper() { return 1; } }
        class Forward { };
        struct Shape::Other { };
        void Shape::Other::grow() { }
        inline int f(double a) { return 1; }
        void declared(int a, std::vector<int> b) { }
        static int own() { return 1; }
        using Json = nlohmann::json;
        })");
    addDefinitions(definitions, "c.cpp", R"(
        namespace dstn::ui { struct Shape { }; struct Inner { }; }
        namespace dstn {
        namespace { int helper() { return 1; } }
        static int own() { return 2; }
        void Shape::grow() { }
        using Json  = nlohmann::json;
        })");
    QCOMPARE(QString::fromStdString(doubles(definitions)), QString());
    QVERIFY(definitions.contains("dstn::declared(int, std::vector<int>)"));
}

DSTN_TEST(tst_names)
#include "tst_names.moc"
