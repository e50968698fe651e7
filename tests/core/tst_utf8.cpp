#include "core/error.h"
#include "core/utf8.h"
#include "tests/program.h"

#include <QTest>

#include <string>
#include <string_view>

using namespace dstn;

class TestUtf8 : public QObject {
    Q_OBJECT

  private slots:
    void wellFormedCodePointsAreDecoded() {
        for (const auto& [text, value] :
             {std::pair{"a", 0x61}, std::pair{"\xC2\x80", 0x80}, std::pair{"\xDF\xBF", 0x7FF},
              std::pair{"\xE0\xA0\x80", 0x800}, std::pair{"\xED\x9F\xBF", 0xD7FF},
              std::pair{"\xEE\x80\x80", 0xE000}, std::pair{"\xEF\xBF\xBF", 0xFFFF},
              std::pair{"\xF0\x90\x80\x80", 0x10000}, std::pair{"\xF4\x8F\xBF\xBF", 0x10FFFF}}) {
            QCOMPARE(static_cast<int>(decodeUtf8(text).value), value);
            QCOMPARE(decodeUtf8(text).bytes, std::string_view(text).size());
            QVERIFY(isUtf8(text));
        }
        QCOMPARE(decodeUtf8("é and more").bytes, std::size_t{2});
        QCOMPARE(decodeUtf8(std::string_view("\0", 1)).bytes, std::size_t{1});
        QVERIFY(isUtf8(""));
    }

    void malformedTextIsNoneAndItsBytesCountOneByOne_data() {
        QTest::addColumn<QByteArray>("text");
        const auto row = [](const char* name, const char* text) { QTest::newRow(name) << QByteArray(text); };
        row("continuation alone", "\x80");
        row("last continuation alone", "\xBF");
        row("overlong of two bytes", "\xC0\xAF");
        row("overlong of two bytes, the largest", "\xC1\xBF");
        row("overlong of three bytes", "\xE0\x9F\xBF");
        row("overlong of four bytes", "\xF0\x8F\xBF\xBF");
        row("first surrogate", "\xED\xA0\x80");
        row("last surrogate", "\xED\xBF\xBF");
        row("a pair of surrogates", "\xED\xA0\xBD\xED\xB8\x80");
        row("beyond U+10FFFF", "\xF4\x90\x80\x80");
        row("a first byte of five", "\xF8\x88\x80\x80\x80");
        row("a first byte of six", "\xFC\x84\x80\x80\x80\x80");
        row("FE", "\xFE");
        row("FF", "\xFF");
        row("truncated after one of two", "\xC3");
        row("truncated after two of three", "\xE2\x82");
        row("truncated after three of four", "\xF0\x9F\x98");
    }
    void malformedTextIsNoneAndItsBytesCountOneByOne() {
        QFETCH(QByteArray, text);
        const std::string bytes = text.toStdString();
        QCOMPARE(decodeUtf8(bytes).bytes, std::size_t{0});
        QVERIFY(!isUtf8(bytes));
        QVERIFY(!isUtf8("é" + bytes));
        QVERIFY(!isUtf8(bytes + "é"));
        QCOMPARE(countCodePoints("é" + bytes + "é"), bytes.size() + 2);
        QCOMPARE(firstCodePoints("é" + bytes, 2), std::string_view("é" + bytes).substr(0, 3));
    }

    void truncatedCodePointEndsWhereTheNextBegins() {
        QCOMPARE(countCodePoints("\xE2\x82"
                                 "a"),
                 std::size_t{3});
        QCOMPARE(firstBytes("\xE2\x82"
                            "a",
                            2),
                 std::string_view("\xE2\x82"));
    }

    void textIsCutBetweenCodePoints() {
        const std::string_view text = "aé日😀b";
        QCOMPARE(countCodePoints(text), std::size_t{5});
        QCOMPARE(firstCodePoints(text, 0), std::string_view());
        QCOMPARE(firstCodePoints(text, 3), std::string_view("aé日"));
        QCOMPARE(firstCodePoints(text, 9), text);
        QCOMPARE(firstBytes(text, 0), std::string_view());
        for (const std::size_t bytes : {6U, 7U, 8U, 9U})
            QCOMPARE(firstBytes(text, bytes), std::string_view("aé日"));
        QCOMPARE(firstBytes(text, 10), std::string_view("aé日😀"));
        QCOMPARE(firstBytes(text, 99), text);
    }

    void onlyAsciiLettersAreLowered() {
        QCOMPARE(asciiLowered("AZ az [@ Ä É.PNG"), std::string("az az [@ Ä É.png"));
        QCOMPARE(asciiLowered(""), std::string());
    }

    void messagesShowNoControlCharactersAndNothingMalformed() {
        QCOMPARE(printable("naïve 日本 😀"), std::string("naïve 日本 😀"));
        QCOMPARE(printable(std::string_view("a\0b\n\x1b[2J\x7f", 9)),
                 std::string("a\\x00b\\x0a\\x1b[2J\\x7f"));
        // U+0080 to U+009F steer terminals as well, as two bytes and, not being UTF-8, as one.
        QCOMPARE(printable("\xC2\x9B"
                           "2J"),
                 std::string("\\x9b2J"));
        QCOMPARE(printable("\x9B"
                           "2J"),
                 std::string("\\x9b2J"));
        QCOMPARE(printable("\xC2\xA0"), std::string("\xC2\xA0"));
        QCOMPARE(printable("caf\xE9"), std::string("caf\\xe9"));
    }

    void messagesShowNothingThatMakesThemReadAsOthers() {
        // Writing direction, no width, other line ends, tags: none of them is seen, all of them act.
        QCOMPARE(printable("a\u202Eb\u2066c\u200Fd\u061C"), std::string("a\\u202eb\\u2066c\\u200fd\\u061c"));
        QCOMPARE(printable("a\u200Bb\u2060c\uFEFF\u00AD"), std::string("a\\u200bb\\u2060c\\ufeff\\xad"));
        QCOMPARE(printable("a\u2028b\u2029"), std::string("a\\u2028b\\u2029"));
        QCOMPARE(printable("a\U000E0041"), std::string("a\\U000e0041"));
        for (const char* shown :
             {"Łódź", "शून्य", "שלום", "سلام", "日本", "😀", "a\u00A0b", "a\u3000b", "∞ ± Δ-STN"})
            QCOMPARE(printable(shown), std::string(shown));
    }

    void messageIsCutLineByLine() {
        QCOMPARE(bounded("short\nand good\n"), std::string("short\nand good\n"));
        std::string full;
        for (int i = 0; i < 2000; ++i) full += "é";
        QCOMPARE(bounded(full), full);
        QCOMPARE(bounded(full + "é\n" + full), full + "…\n" + full);
    }
};

DSTN_TEST(TestUtf8)
#include "tst_utf8.moc"
