#include "app/dstn/run_text.h"
#include "app/dstn/terminal.h"
#include "tests/program.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <nlohmann/json.hpp>

#include <sstream>

using namespace dstn;
using namespace dstn::cli;

namespace {

std::string shown(const std::string& written) {
    std::ostringstream stream;
    {
        const TextOnly guard(stream);
        stream << written;
    }
    return stream.str();
}

/// What a terminal acts on instead of showing it, in every form that such characters have in UTF-8.
const std::string hostile = "a\x1b[31mb\x1b]0;title\x07"
                            "c\xC2\x9B"
                            "2Jd\u202Ee\u200Bf\u2028g\u2066h\b\x7F\rend";

} // namespace

class TestTerminal : public QObject {
    Q_OBJECT

  private slots:
    void textGoesThroughAsItIs() {
        for (const char* text : {"plain\n\ttext\r\nof CSV\r\n", "Łódź 日本 😀 Δ-STN ± ∞ …█░", ""})
            QCOMPARE(shown(text), std::string(text));
    }

    void nothingSteersTheTerminal() {
        QCOMPARE(shown(hostile), std::string("a\\u001b[31mb\\u001b]0;title\\u0007c\\u009b2Jd\\u202ee\\u200bf"
                                             "\\u2028g\\u2066h\\u0008\\u007f\\u000dend"));
        QCOMPARE(shown("a\U000E0041"), std::string("a\\udb40\\udc41"));
        QCOMPARE(shown("caf\xE9 \x9B\xC3"), std::string("caf\uFFFD \uFFFD\uFFFD"));
        QCOMPARE(shown("end\r"), std::string("end\\u000d"));
    }

    void jsonKeepsItsMeaning() {
        const nlohmann::ordered_json json{{"name", hostile}, {"tag", "\U000E0041"}};
        const std::string line = shown(json.dump());
        QVERIFY(line.find('\x1b') == std::string::npos && line.find("\u202E") == std::string::npos);
        QVERIFY(nlohmann::ordered_json::parse(line) == json);
    }

    void characterMayComeInPieces() {
        std::ostringstream stream;
        {
            const TextOnly guard(stream);
            for (const char c : std::string("é日😀\u202E\r\n\rx\xE2\x80")) stream.put(c).flush();
            stream << "y\xF0\x9F";
        }
        QCOMPARE(stream.str(), std::string("é日😀\\u202e\r\n\\u000dx\uFFFD\uFFFDy\uFFFD\uFFFD"));
    }

    void failureOfTheStreamIsTold() {
        struct Full : std::streambuf {
        } full;
        std::ostream stream(&full);
        const TextOnly guard(stream);
        stream << "lost" << std::flush;
        QVERIFY(!stream);
    }

    void cellStaysInItsLine() {
        const cli::Table table{.rows = {{"NAME", "STATE"}, {"two\nlines\x1b[2J", "done"}, {"b", "done"}},
                               .right = {}};
        QCOMPARE(table.text(), std::string("NAME                 STATE\n"
                                           "two\\x0alines\\x1b[2J  done\n"
                                           "b                    done\n"));
    }

    void noteAndReasonKeepTheirLines() {
        RunDetails details;
        details.row.id = "0f3a1b2c";
        details.row.note = "first\nname  forged";
        const std::string text = detailsText(details);
        QVERIFY2(text.find("note     ") != std::string::npos, text.c_str());
        QVERIFY2(text.find("\n  ") != std::string::npos && text.find("\nname  forged") == std::string::npos,
                 text.c_str());
    }
};

DSTN_TEST(TestTerminal)
#include "tst_terminal.moc"
