#include "core/data/text_reader.h"
#include "tests/core/data/thrown.h"
#include "tests/program.h"

#include <QTest>

using namespace dstn;
using Words = std::vector<std::string>;

class TestTextReader : public QObject {
    Q_OBJECT

    static Words tokens(std::string_view text, TextLevel level, Punctuation punctuation) {
        TextTokens read(level, punctuation);
        read.add(text, "f.txt");
        Words words;
        for (const std::int32_t token : read.tokens())
            words.emplace_back(read.words()[static_cast<std::size_t>(token)]);
        return words;
    }
    static Words split(std::string_view text) { return tokens(text, TextLevel::word, Punctuation::split); }
    static Words apart(std::string_view text) { return tokens(text, TextLevel::word, Punctuation::asIs); }
    static Words characters(std::string_view text) {
        return tokens(text, TextLevel::character, Punctuation::split);
    }
    /// The vocabulary of the first `training` of words between spaces.
    static Vocabulary vocabulary(std::string_view text, std::size_t training, VocabularyLimits limits = {},
                                 TextLevel level = TextLevel::word) {
        TextTokens read(level, Punctuation::asIs);
        read.add(text, "f.txt");
        return makeVocabulary(read, level, training, limits, "f.txt");
    }

  private slots:
    void wordsStandBetweenSpacesAndLinesEnd() {
        QCOMPARE(apart(" no it was n't \n <unk> N years \n"),
                 (Words{"no", "it", "was", "n't", "<eos>", "<unk>", "N", "years", "<eos>"}));
        QCOMPARE(apart("License, (a)\n"), (Words{"License,", "(a)", "<eos>"}));
    }

    void lineEndsAreOneTokenHoweverTheyAreWritten() {
        QCOMPARE(apart("a\r\nb\n\nc"), (Words{"a", "<eos>", "b", "<eos>", "<eos>", "c", "<eos>"}));
        QCOMPARE(apart("\n"), (Words{"<eos>"}));
        QCOMPARE(apart(""), Words{});
    }

    void spacesAreThoseOfUnicode() {
        QCOMPARE(apart("a\t b\u00A0c\u3000d\u2028e\n"), (Words{"a", "b", "c", "d", "e", "<eos>"}));
    }

    void byteOrderMarkIsLeftOut() { QCOMPARE(apart("\uFEFFa\n"), (Words{"a", "<eos>"})); }

    void punctuationIsSplitFromWords_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("expected");
        QTest::newRow("comma") << "License, and"
                               << "License | , | and";
        QTest::newRow("brackets and quotes") << "(\"the Work\")"
                                             << "( | \" | the | Work | \" | )";
        QTest::newRow("inner marks stay") << "don't state-of-the-art e.g. 3.14 and/or a_b me@x.org"
                                          << "don't | state-of-the-art | e.g | . | 3.14 | and/or | a_b | "
                                             "me@x.org";
        QTest::newRow("curly quotes") << "“it’s”…"
                                      << "“ | it’s | ” | …";
        QTest::newRow("between digits") << "1,000:30 one,two a:b"
                                        << "1,000:30 | one | , | two | a | : | b";
        QTest::newRow("runs of one mark") << "wait...--what?!"
                                          << "wait | ... | -- | what | ? | !";
        QTest::newRow("in front") << "'tis -5 $9"
                                  << "' | tis | - | 5 | $ | 9";
        QTest::newRow("special tokens stay whole") << "<unk> <eos> <b>"
                                                   << "<unk> | <eos> | < | b | >";
        QTest::newRow("signs that are no punctuation") << "naïve €5 日本、語"
                                                       << "naïve | €5 | 日本 | 、 | 語";
    }
    void punctuationIsSplitFromWords() {
        QFETCH(QString, text);
        QFETCH(QString, expected);
        QStringList found;
        for (const std::string& word : split(text.toStdString())) found << QString::fromStdString(word);
        QCOMPARE(found.join(" | "), expected + " | <eos>");
    }

    void charactersAreCodePoints() {
        QCOMPARE(characters("aé日😀\r\nb"), (Words{"a", "é", "日", "😀", "\n", "b"}));
        QCOMPARE(characters("a\rb\n"), (Words{"a", "\r", "b", "\n"}));
    }

    void carriageReturnsAloneEndLines() {
        QCOMPARE(apart("a b\rc\r\rd"), (Words{"a", "b", "<eos>", "c", "<eos>", "<eos>", "d", "<eos>"}));
        QCOMPARE(characters("a\rb\r"), (Words{"a", "\n", "b", "\n"}));
        QCOMPARE(characters("\r"), (Words{"\n"}));
    }

    void wordsAreNumberedByFirstAppearance() {
        TextTokens read(TextLevel::word, Punctuation::asIs);
        const std::string first = "b a b\n", second = "c a";
        read.add(first, "f.txt");
        read.add(second, "g.txt");
        QCOMPARE(read.tokens(), (std::vector<std::int32_t>{0, 1, 0, 2, 3, 1, 2}));
    }

    void textThatIsNoneIsRefusedWithItsPlace_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("place");
        QTest::addColumn<QByteArray>("what");
        const auto row = [](const char* name, const QByteArray& text, const char* place, const char* what) {
            QTest::newRow(name) << text << QByteArray(place) << QByteArray(what);
        };
        row("Latin-1", "one\ncaf\xE9 two\n", "f.txt, line 2, byte 4", "byte e9 is not UTF-8");
        row("cut short", "one\ncaf\xC3", "f.txt, line 2, byte 4", "byte c3");
        row("overlong", "\xC0\xAF", "line 1, byte 1", "byte c0");
        row("overlong, three bytes", "\xE0\x80\xAF", "line 1, byte 1", "byte e0");
        row("overlong, four bytes", "\xF0\x80\x80\xAF", "line 1, byte 1", "byte f0");
        row("surrogate", "a\xED\xA0\x80", "line 1, byte 2", "byte ed");
        row("beyond Unicode", "\xF4\x90\x80\x80", "line 1, byte 1", "byte f4");
        row("continuation alone", "ab\x80", "line 1, byte 3", "byte 80");
        row("zero byte", QByteArray("a\nb\0c", 5), "line 2, byte 2", "zero byte");
    }
    void textThatIsNoneIsRefusedWithItsPlace() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, place);
        QFETCH(QByteArray, what);
        for (const TextLevel level : {TextLevel::word, TextLevel::character})
            EXPECT_ERROR(data, tokens(text.toStdString(), level, Punctuation::split), place.constData(),
                         what.constData());
    }

    void vocabularyIsOrderedByFrequencyThenText() {
        const Vocabulary found = vocabulary("b a c b a b\n", 7);
        QCOMPARE(found.words, (Words{"b", "a", "<eos>", "c", "<unk>"}));
        // b, a, c and <eos> in the order of their first appearance.
        QCOMPARE(found.numbers, (std::vector<std::int32_t>{0, 1, 3, 2}));
    }

    void vocabularyIsThatOfTheTrainingPart() {
        const Vocabulary found = vocabulary("a b a new new new\n", 3);
        QCOMPARE(found.words, (Words{"a", "b", "<eos>", "<unk>"}));
        QCOMPARE(found.numbers, (std::vector<std::int32_t>{0, 1, 3, 2}));
    }

    void rareWordsBecomeUnknownAndCountAsSuch() {
        const Vocabulary found = vocabulary("a a x y z b b <unk>\n", 9, {.size = 0, .minCount = 2});
        QCOMPARE(found.words, (Words{"<unk>", "a", "b", "<eos>"}));
        QCOMPARE(found.numbers, (std::vector<std::int32_t>{1, 0, 0, 0, 2, 0, 3}));
    }

    void vocabularyHasNoMoreThanItsSize() {
        const Vocabulary found = vocabulary("a a a b b c\n", 7, {.size = 4});
        QCOMPARE(found.words, (Words{"a", "b", "<eos>", "<unk>"}));
        QCOMPARE(vocabulary("a a a b b c\n", 7, {.size = 100}).words.size(), std::size_t{5});
    }

    void specialTokensAlwaysBelongToTheVocabulary() {
        QCOMPARE(vocabulary("a a", 2, {.size = 0, .minCount = 3}).words, (Words{"<unk>", "<eos>"}));
        QCOMPARE(vocabulary("ab", 2, {}, TextLevel::character).words, (Words{"a", "b", "<unk>"}));
    }

    void vocabularyWithoutRoomIsRefused() {
        EXPECT_ERROR(data, vocabulary("a b\n", 3, {.size = 2}), "f.txt", "vocabulary of 2", "at least 3");
        EXPECT_ERROR(data, vocabulary("ab", 2, {.size = 1}, TextLevel::character), "vocabulary of 1",
                     "at least 2");
    }

    void cancellingEndsTheReading() {
        TextTokens read(TextLevel::word, Punctuation::asIs);
        EXPECT_ERROR(interrupted, read.add("a\n", "f.txt", [] { return true; }), "f.txt", "cancelled");
    }
};

DSTN_TEST(TestTextReader)
#include "tst_text_reader.moc"
