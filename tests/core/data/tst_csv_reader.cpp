#include "core/data/csv_reader.h"
#include "tests/core/data/thrown.h"
#include "tests/program.h"

#include <QTest>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <functional>
#include <locale>

using namespace dstn;
using Numbers = std::vector<double>;
using Labels = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

class TestCsvReader : public QObject {
    Q_OBJECT

    static Table read(std::string_view text, const CsvOptions& options = {}) {
        return parseCsv(text, options, "f.csv");
    }

  private slots:
    void numbersAndTargetAreRead() {
        const Table table = read("a,b,y\n1,2,0.5\n3,4,-1e-2\n");
        QCOMPARE(table.rows, 2);
        QCOMPARE(table.features, 2);
        QCOMPARE(table.inputs, (Numbers{1, 2, 3, 4}));
        QCOMPARE(table.targets, (Numbers{0.5, -0.01}));
        QCOMPARE(table.featureNames, (Names{"a", "b"}));
        QCOMPARE(table.targetName, std::string("y"));
        QVERIFY(table.task == TaskKind::regression);
    }

    void delimiterIsFound_data() {
        QTest::addColumn<QString>("text");
        QTest::newRow("comma") << "1,2.5,.25\n3,4,-.75\n";
        QTest::newRow("comma and space") << "1, 2.5, .25\n3, 4, -.75\n";
        QTest::newRow("semicolon") << "1;2.5;.25\n3;4;-.75\n";
        QTest::newRow("tab") << "1\t2.5\t.25\n3\t4\t-.75\n";
        QTest::newRow("bar") << "1|2.5|.25\n3|4|-.75\n";
        QTest::newRow("CR") << "1,2.5,.25\r3,4,-.75\r";
        QTest::newRow("spaces") << "  1  2.5 .25 \n3 4\t-.75\n";
        QTest::newRow("CRLF") << "1,2.5,.25\r\n3,4,-.75\r\n";
        QTest::newRow("no line end at the end") << "1,2.5,.25\n3,4,-.75";
        QTest::newRow("blank lines") << "\n1,2.5,.25\n\n  \r\n3,4,-.75\n\n";
        QTest::newRow("byte order mark") << "\uFEFF1,2.5,.25\n3,4,-.75\n";
        QTest::newRow("plus signs") << "+1,+2.5,+.25\n3,4,-.75\n";
        QTest::newRow("quoted numbers") << "\"1\",\"2.5\",.25\n3,\"4\",-.75\n";
        QTest::newRow("quoted, in runs of spaces") << "\"1\" \"2.5\"  .25\n3 4 \"-.75\"\n";
    }
    void delimiterIsFound() {
        QFETCH(QString, text);
        const Table table = read(text.toStdString());
        QCOMPARE(table.inputs, (Numbers{1, 2.5, 3, 4}));
        QCOMPARE(table.targets, (Numbers{.25, -.75}));
    }

    void statedDelimiterIsObeyed() {
        EXPECT_ERROR(data, read("1,2\n3,4\n", {.delimiter = "semicolon"}), "one column", "semicolon");
    }

    void quotesProtectDelimitersLinesAndQuotes() {
        const Table table = read("x,\"the \"\"class\"\", named\"\n1,\"a\nb\"\n2,\"c\"\"d\"\n");
        QCOMPARE(table.targetName, std::string("the \"class\", named"));
        QCOMPARE(table.classNames, (Names{"a\nb", "c\"d"}));
    }

    void headerIsFoundByItsText() {
        QCOMPARE(read("a,b\n1,0.5\n2,1.5\n").rows, 2);
        QCOMPARE(read("1,0.25\n1,0.5\n2,1.5\n").rows, 3);
        // A text class in the first line is no header.
        QCOMPARE(read("5.1,3.5,setosa\n4.9,3.0,virginica\n").rows, 2);
        // A name among years is.
        QCOMPARE(read("2019,2020,y\n4.9,3.0,1.5\n4,3.1,2.5\n").featureNames, (Names{"2019", "2020"}));
        QCOMPARE(read("a,b,kind\n5.1,3.5,setosa\n4.9,3.0,virginica\n").rows, 2);
    }

    void statedHeaderIsObeyed() {
        QCOMPARE(read("9,9\n1,0.5\n2,1.5\n", {.header = Header::present}).rows, 2);
        EXPECT_ERROR(data, read("a,b\n1,0.5\n", {.header = Header::absent}), "line 1", "column 0", "\"a\"");
    }

    void targetIsFoundByNameAndIndex() {
        const std::string text = "y,a,b\n0.5,1,2\n1.5,3,4\n";
        for (const char* target : {"y", "0", "-3"})
            QCOMPARE(read(text, {.target = target}).inputs, (Numbers{1, 2, 3, 4}));
        QCOMPARE(read(text, {.target = "a"}).inputs, (Numbers{0.5, 2, 1.5, 4}));
        // A column named like an index goes by its name.
        QCOMPARE(read("1,0\n3,5\n4,6\n", {.header = Header::present, .target = "0"}).inputs, (Numbers{3, 4}));
    }

    void unknownTargetIsRefusedWithTheNames() {
        EXPECT_ERROR(data, read("a,b\n1,2.5\n", {.target = "price"}), "f.csv", "\"price\"", "\"a\", \"b\"");
        EXPECT_ERROR(data, read("1,2.5\n", {.target = "price"}), "no header", "0 to 1");
        EXPECT_ERROR(data, read("a,b\n1,2.5\n", {.target = "2"}), "2 columns");
        EXPECT_ERROR(data, read("a,b\n1,2.5\n", {.target = "-3"}), "2 columns");
        EXPECT_ERROR(data, read("a,a,b\n1,2,3\n", {.target = "a"}), "several columns", "\"a\"");
    }

    void textClassesAreSortedAndNumbered() {
        const Table table = read("1,pear\n2,apple\n3,pear\n4,fig\n");
        QVERIFY(table.task == TaskKind::classification);
        QCOMPARE(table.classNames, (Names{"apple", "fig", "pear"}));
        QCOMPARE(table.labels, (Labels{2, 0, 2, 1}));
        QCOMPARE(table.classes, 3);
        QVERIFY(table.targets.empty());
    }

    void numberClassesAreSortedByValue() {
        const Table table = read("1,10\n2,2\n3,10.0\n4,-1\n", {.task = TaskKind::classification});
        QVERIFY(table.task == TaskKind::classification);
        QCOMPARE(table.classNames, (Names{"-1", "2", "10"}));
        QCOMPARE(table.labels, (Labels{2, 1, 2, 0}));
    }

    void taskFollowsTheTarget() {
        QVERIFY(read("1,0\n2,1\n").task == TaskKind::classification);
        QVERIFY(read("1,0\n2,1\n", {.task = TaskKind::regression}).task == TaskKind::regression);
        QVERIFY(read("1,0\n2,0.5\n").task == TaskKind::regression);
        std::string counts, classes;
        for (int i = 0; i < 100; ++i) {
            counts += "1," + std::to_string(i % 21) + "\n";
            classes += "1," + std::to_string(i % 20) + "\n";
        }
        EXPECT_ERROR(data, read(counts), "column 1", "21 different", "data.task");
        QVERIFY(read(counts + "1,500\n").task == TaskKind::regression);
        QVERIFY(read(classes).task == TaskKind::classification);
        QCOMPARE(read(counts, {.task = TaskKind::classification}).classes, 21);
    }

    void raggedRowIsRefusedWithItsLine() {
        EXPECT_ERROR(data, read("a,b,y\n1,2,3\n\n1,2\n"), "f.csv, line 4", "2 cells", "3");
        EXPECT_ERROR(data, read("a,b,y\n1,2,3\n1,2,3,4\n"), "line 3", "4 cells");
    }

    void linesInsideQuotesCount() {
        EXPECT_ERROR(data, read("a,y\n1,\"p\nq\"\nx,r\n2,s\n"), "line 4", "\"x\"");
    }

    void textInANumberColumnIsRefusedWithItsPlace() {
        EXPECT_ERROR(data, read("a,b,y\n1,2,3\n1,two,3\n"), "line 3", "column \"b\"", "\"two\"",
                     "not a number");
        EXPECT_ERROR(data, read("1,2,3.5\n1,two,3\n"), "line 2", "column 1", "\"two\"");
        EXPECT_ERROR(data, read("1,2,3.5\n1,2x,3\n"), "\"2x\"");
        EXPECT_ERROR(data, read("1,2,3.5\n1,1e999,3\n"), "\"1e999\"");
    }

    void decimalCommaIsNamed() {
        EXPECT_ERROR(data, read("a;y\n1,5;2\n2,5;3\n"), "line 2", "\"1,5\"", "data.decimal");
    }

    void missingValuesAreRefusedWithTheirPlace() {
        EXPECT_ERROR(data, read("a,b,y\n1,,3\n"), "line 2", "column \"b\"", "empty");
        for (const char* word : {"NA", "nan", "NaN", "?", "inf", "-inf", "null"})
            EXPECT_ERROR(data, read("a,b,y\n1,2,3\n1," + std::string(word) + ",3\n"), "line 3",
                         "column \"b\"", word);
        EXPECT_ERROR(data, read("a,b,y\n1,2,3\n1,2,nan\n"), "line 3", "column \"y\"", "nan");
        EXPECT_ERROR(data, read("a,b,y\n1,2,cat\n1,2,\n1,2,dog\n"), "line 3", "column \"y\"", "empty");
        EXPECT_ERROR(data, read("a,b,y\n1,2,3\n1,2,-inf\n"), "line 3", "column \"y\"");
    }

    void slipInARegressionTargetIsRefusedWithItsPlace() {
        std::string text = "a,y\n";
        for (int i = 0; i < 50; ++i) text += "1," + std::to_string(i) + ".5\n";
        EXPECT_ERROR(data, read(text + "1,l2.5\n"), "line 52", "column \"y\"", "\"l2.5\"");
        EXPECT_ERROR(data, read("1,2.5\n1,low\n", {.task = TaskKind::regression}), "line 2", "\"low\"");
    }

    void fractionsAreNoClasses() {
        EXPECT_ERROR(data, read("a,y\n1,0\n2,1.5\n", {.task = TaskKind::classification}), "line 3", "\"1.5\"",
                     "regression");
    }

    void emptyTextHasNoRows() {
        for (const char* text : {"", "\n\n", "  \r\n"}) EXPECT_ERROR(data, read(text), "f.csv", "no rows");
        EXPECT_ERROR(data, read("a,b,y\n"), "no rows");
    }

    void oneColumnIsTooFew() { EXPECT_ERROR(data, read("1\n2\n"), "one column"); }

    void singleClassIsRefused() {
        EXPECT_ERROR(data, read("1,cat\n2,cat\n"), "two classes", "\"cat\"");
        EXPECT_ERROR(data, read("a,y\n1,7\n2,7\n"), "two classes", "column \"y\"");
    }

    void classOfItsOwnForEachRowIsRefused() {
        std::string text;
        for (int i = 0; i < 30; ++i) text += "1,name" + std::to_string(i) + "\n";
        EXPECT_ERROR(data, read(text), "30 of its 30 values are different", "\"name0\"");
        EXPECT_ERROR(data, read(text, {.task = TaskKind::classification}), "each of the 30 rows");
    }

    void constantTargetIsRefused() {
        EXPECT_ERROR(data, read("1,2.5\n2,2.5\n"), "2.5", "every row");
        EXPECT_ERROR(data, read("1,7\n2,7\n", {.task = TaskKind::regression}), "every row");
    }

    void brokenQuotesAreRefused() {
        EXPECT_ERROR(data, read("a,y\n1,\"cat\n2,dog\n"), "line 2", "never closed");
        EXPECT_ERROR(data, read("a,y\n1,\"cat\"s\n2,dog\n"), "line 2", "cell 2", "closing");
    }

    void otherEncodingsAreRefused() {
        EXPECT_ERROR(data,
                     read(std::string_view("\xFF\xFE"
                                           "1\0,\0",
                                           6)),
                     "UTF-16");
        EXPECT_ERROR(data, read(std::string_view("PK\3\4\0\0\0", 7)), "not a text file");
    }

    void zeroByteFarBehindTheStartIsRefusedWithItsLine() {
        std::string text = "a,y\n";
        for (int i = 0; i < 2000; ++i) text += std::to_string(i) + ",2.5\n";
        EXPECT_ERROR(data,
                     read(text + std::string("1,2\0"
                                             "5\n",
                                             6)),
                     "f.csv, line 2002", "zero byte", "Fetch");
    }

    void controlCharactersAreShownAsCodes() {
        EXPECT_ERROR(data, read("a,y\n1,2.5\n\x1b[2J,2.5\n"), "line 3",
                     "\"\\x1b[2J\" is not a number, and its column holds numbers. Correct");
        EXPECT_ERROR(data,
                     read("a,y\n1,2.5\n\xC2\x9B"
                          "2J,2.5\n"),
                     "\"\\x9b"
                     "2J\" is not a number");
        EXPECT_ERROR(data, read("a\x07,b\n1,2.5\n", {.target = "c"}), "The columns are: \"a\\x07\", \"b\".");
    }

    void localeDoesNotMatter() {
        struct DecimalComma : std::numpunct<char> {
            char do_decimal_point() const override { return ','; }
        };
        const std::locale before = std::locale::global(std::locale(std::locale(), new DecimalComma));
        std::setlocale(LC_ALL, "de_DE.UTF-8"); // where it is installed
        const Numbers targets = read("1,2.5\n2,3.5\n").targets;
        std::setlocale(LC_ALL, "C");
        std::locale::global(before);
        QCOMPARE(targets, (Numbers{2.5, 3.5}));
    }

    /// Ten rows of two features and a target.
    static std::string rows(const std::function<std::string(int)>& target) {
        std::string text;
        for (int i = 0; i < 10; ++i)
            text += std::to_string(i) + ".25," + std::to_string(10 - i) + ".5," + target(i) + "\n";
        return text;
    }
    static std::string parity(int i) { return std::to_string(i % 2); }

    void unclearHeadersAreAsked_data() {
        QTest::addColumn<QString>("line");
        QTest::newRow("pandas counts the columns") << "0,1,2";
        QTest::newRow("R counts from 1") << "1,2,3";
        QTest::newRow("years") << "2019,2020,2021";
        QTest::newRow("whole numbers above fractions") << "100,200,300";
        QTest::newRow("a number with a comma") << "\"1,234\",2.0,1";
        QTest::newRow("a slip in a row") << "l.5,3.5,1";
    }
    void unclearHeadersAreAsked() {
        QFETCH(QString, line);
        const std::string text = line.toStdString() + "\n" + rows(parity);
        EXPECT_ERROR(data, read(text), "line 1", "data.header", "true or false");
        if (line == u"l.5,3.5,1" || line.contains(u'"')) return;
        QCOMPARE(read(text, {.header = Header::present}).rows, 10);
        QCOMPARE(read(text, {.header = Header::absent, .task = TaskKind::regression}).rows, 11);
    }
    void targetsNameSaysThatThereIsAHeader() {
        const Table table = read("2019,2020,2021\n" + rows(parity), {.target = "2021"});
        QCOMPARE(table.rows, 10);
        QCOMPARE(table.targetName, std::string("2021"));
        // Of three columns the name 2 is the last one's index, too.
        EXPECT_ERROR(data, read("0,1,2\n" + rows(parity), {.target = "2"}), "data.header");
    }

    void numberLikeTextIsRefusedWithTheOption_data() {
        QTest::addColumn<QString>("cell");
        QTest::addColumn<QString>("option");
        QTest::newRow("thousands or decimals") << "\"1,234\""
                                               << "data.thousands to \",\"";
        QTest::newRow("decimals") << "\"12,5\""
                                  << "data.decimal to \"comma\"";
        QTest::newRow("German") << "\"1.234,5\""
                                << "data.thousands to \".\"";
        QTest::newRow("English") << "\"1,234.5\""
                                 << "data.thousands to \",\"";
        QTest::newRow("French") << "\"2 442,5\""
                                << "data.decimal to \"comma\" and data.thousands to \" \"";
        QTest::newRow("Indian") << "\"2,73,319\""
                                << "write the number alone";
        QTest::newRow("spaces") << "1 234"
                                << "data.thousands to \" \"";
        QTest::newRow("currency") << "$5"
                                  << "write the number alone";
        QTest::newRow("percent") << "12 %"
                                 << "write the number alone";
    }
    void numberLikeTextIsRefusedWithTheOption() {
        QFETCH(QString, cell);
        QFETCH(QString, option);
        const std::string row = cell.toStdString(), wanted = option.toStdString();
        EXPECT_ERROR(data, read("a,b,y\n" + row + ",1.5,0\n" + rows(parity)), "line 2", "column \"a\"",
                     wanted.c_str());
        EXPECT_ERROR(data, read("a,b,y\n1.5,1.5," + row + "\n" + rows(parity)), "line 2", "column \"y\"",
                     wanted.c_str(), "data.task");
    }
    void notationIsReadAsTold() {
        const std::string text = "a;b;y\n1.234,5;-0,25;0\n12;1.000;1\n";
        QCOMPARE(read(text, {.decimal = DecimalMark::comma, .thousands = "."}).inputs,
                 (Numbers{1234.5, -0.25, 12, 1000}));
        // Groups of other sizes are no groups.
        EXPECT_ERROR(data, read("a;y\n12.34;0\n1.000;1\n", {.decimal = DecimalMark::comma, .thousands = "."}),
                     "\"12.34\"");
        EXPECT_ERROR(data, read("a;y\n1.5;0\n2;1\n", {.decimal = DecimalMark::comma}), "\"1.5\"",
                     "data.decimal to \"point\"");
        EXPECT_ERROR(data, read("a;y\n5.230;0\n2;1\n", {.decimal = DecimalMark::comma}), "\"5.230\"",
                     "data.thousands to \".\"");
        // One mark cannot be both.
        EXPECT_ERROR(data, read("a;y\n1.234;0\n12.500;1\n", {.thousands = "."}), "data.thousands",
                     "decimal mark");
        EXPECT_ERROR(data, read("a;y\n1;0\n2;1\n", {.decimal = DecimalMark::comma, .thousands = ","}),
                     "data.thousands");
    }

    void pointsThatMaySeparateThousandsAreAsked() {
        const auto price = [](int i) {
            return i % 2 == 0 ? std::to_string(90 + i) : "1.25" + std::to_string(i);
        };
        const std::string text = "a,b,y\n" + rows(price);
        EXPECT_ERROR(data, read(text), "line 3", "column \"y\"", "\"1.251\"", "data.decimal");
        QCOMPARE(read(text, {.decimal = DecimalMark::point}).targets[1], 1.251);
        // Decimals as they are written: below one, or of other lengths.
        QCOMPARE(read(text + "1.5,1.5,0.125\n").targets[1], 1.251);
        QCOMPARE(read(text + "1.5,1.5,7.25\n").targets[1], 1.251);
    }

    void anyCharacterSeparates() {
        for (const std::string separator : {"#", ":", "¦", "€"}) {
            std::string text = rows(parity);
            for (std::size_t at = 0; (at = text.find(',', at)) != text.npos; at += separator.size())
                text.replace(at, 1, separator);
            QCOMPARE(read(text, {.delimiter = separator}).inputs, read(rows(parity)).inputs);
        }
    }

    void wordsAmongNumbersAreRefused() {
        const auto target = [](int i) { return i == 4 ? std::string("high") : parity(i); };
        EXPECT_ERROR(data, read("a,b,y\n" + rows(target)), "line 6", "column \"y\"", "\"high\"",
                     "data.missing", "data.task");
        QCOMPARE(read("a,b,y\n" + rows(target), {.task = TaskKind::classification}).classNames,
                 (Names{"0", "1", "high"}));
        CsvOptions missing{.onMissing = OnMissing::drop};
        missing.missing.push_back("high");
        QCOMPARE(read("a,b,y\n" + rows(target), missing).rows, 9);
    }

    void missingWordsAreKnown() {
        for (const char* word : {"?", "NA", "N/A", "#N/A", "<NA>", "-", ".", "", "None", "NaN"}) {
            const auto target = [&](int i) { return i == 4 ? std::string(word) : parity(i); };
            EXPECT_ERROR(data, read("a,b,y\n" + rows(target)), "line 6", "column \"y\"", "data.on_missing");
            const Table table = read("a,b,y\n" + rows(target), {.onMissing = OnMissing::drop});
            QCOMPARE(table.rows, 9);
            QCOMPARE(table.classNames, (Names{"0", "1"}));
            QCOMPARE(table.warnings.size(), std::size_t{1});
            EXPECT_ERROR(data, read("a,b,y\n" + rows(target), {.onMissing = OnMissing::mean}), "drop");
        }
    }
    void missingFeaturesAreLeftToTheTrainingPart() {
        const Table table = read("a,b,y\n,1.5,0\n" + rows(parity), {.onMissing = OnMissing::mean});
        QVERIFY(std::isnan(table.inputs[0]));
        QCOMPARE(table.inputs[1], 1.5);
        QCOMPARE(read("a,b,y\n,1.5,0\n" + rows(parity), {.onMissing = OnMissing::drop}).rows, 10);
        EXPECT_ERROR(data, read("a,b,y\n,1.5,0\n,2.5,1\n", {.onMissing = OnMissing::drop}), "column \"a\"",
                     "every row");
    }
    void noneIsAClassAmongTexts() {
        const auto target = [](int i) { return i % 2 == 0 ? "None" : "Mild"; };
        TableReport report;
        QCOMPARE(parseCsv("a,b,y\n" + rows(target), {}, "f.csv", {}, &report).classNames,
                 (Names{"Mild", "None"}));
        QCOMPARE(report.columns[2].missing, 0);
        QCOMPARE(report.columns[2].distinct, 2);
        // Named as a missing value it is one.
        EXPECT_ERROR(data, read("a,b,y\n" + rows(target), {.missing = {"None"}}), "missing");
        const auto region = [](int i) { return i % 2 == 0 ? "NA" : "EU"; };
        EXPECT_ERROR(data, read("a,b,y\n" + rows(region)), "\"NA\"", "data.missing");
        QCOMPARE(read("a,b,y\n" + rows(region), {.missing = {}}).classNames, (Names{"EU", "NA"}));
    }

    void indexIsLeftOut() {
        const Table table = read(",a,y\n0,1.5,0\n1,2.5,1\n2,3.5,0\n");
        QCOMPARE(table.inputs, (Numbers{1.5, 2.5, 3.5}));
        QCOMPARE(table.featureNames, (Names{"a"}));
        QVERIFY(std::ranges::any_of(
            table.decisions, [](const std::string& one) { return one.find("it is an index") != one.npos; }));
        const std::string shuffled = ",a,y\n7,1.5,0\n3,2.5,1\n9,3.5,0\n";
        EXPECT_ERROR(data, read(shuffled), "no name", "data.ignore");
        QCOMPARE(read(shuffled, {.ignore = {"0"}}).featureNames, (Names{"a"}));
        // One with a name may be a feature.
        std::string named = "id,y\n";
        for (int i = 0; i < 12; ++i) named += std::to_string(i) + "," + parity(i) + "\n";
        QCOMPARE(read(named).features, 1);
        QCOMPARE(read(named).warnings.size(), std::size_t{1});
    }
    void classesThatAreDroppedAreNamed() {
        const std::string text =
            "a,b,y\n,1.5,low\n" + rows([](int i) { return i % 2 == 0 ? "mid" : "high"; });
        const Table table = read(text, {.onMissing = OnMissing::drop});
        QCOMPARE(table.classNames, (Names{"high", "mid"}));
        QCOMPARE(table.warnings.size(), std::size_t{2});
        QVERIFY(table.warnings[1].find("no row of 1 class is left, as each lacks a value: \"low\"") !=
                std::string::npos);
    }
    void emptyLastColumnIsNotATarget() {
        for (const OnMissing how : {OnMissing::refuse, OnMissing::drop})
            EXPECT_ERROR(data, read("a,b,\n1.5,0,\n2.5,1,\n", {.onMissing = how}), "no value in any row",
                         "data.target");
        QCOMPARE(read("a,b,\n1.5,0,\n2.5,1,\n", {.target = "b", .ignore = {"2"}}).classes, 2);
    }
    void manyDifferentNumbersAreCompared() {
        // A first column without a name, of more values than are kept, that comes back to its start.
        std::string text = ",a,y\n";
        for (int i = 0; i < 1200; ++i)
            text += std::to_string(7 + i % 1100) + ",1." + std::to_string(i) + "," + parity(i) + "\n";
        QCOMPARE(read(text).features, 2);
    }
    void columnsAreLeftOutByNameAndIndex() {
        const std::string text = "a,city,y\n1.5,Rome,0\n2.5,Oslo,1\n";
        EXPECT_ERROR(data, read(text), "column \"city\"", "holds text", "\"Rome\", \"Oslo\"", "data.ignore");
        for (const char* column : {"city", "1", "-2"})
            QCOMPARE(read(text, {.ignore = {column}}).inputs, (Numbers{1.5, 2.5}));
        EXPECT_ERROR(data, read(text, {.ignore = {"y"}}), "target");
        EXPECT_ERROR(data, read(text, {.ignore = {"town"}}), "\"town\"", "data.ignore");
        EXPECT_ERROR(data, read(text, {.ignore = {"a", "city"}}), "no column is left");
    }

    void trueAndFalseAreOneAndZero() {
        const Table table = read("a,b,y\ntrue,1.5,True\nFalse,2.5,False\n");
        QCOMPARE(table.inputs, (Numbers{1, 1.5, 0, 2.5}));
        QCOMPARE(table.classNames, (Names{"False", "True"}));
        EXPECT_ERROR(data, read("a,y\ntrue,0\n2,1\n"), "line 2", "column \"a\"", "\"true\"");
    }

    void unclearTasksAreAsked_data() {
        QTest::addColumn<int>("kind");
        QTest::newRow("whole numbers as fractions") << 0;
        QTest::newRow("leading zeros") << 1;
        QTest::newRow("tens") << 2;
        QTest::newRow("a value of its own for each row") << 3;
    }
    void unclearTasksAreAsked() {
        QFETCH(int, kind);
        const std::string text = "a,b,y\n" + rows([&](int i) {
                                     return kind == 0   ? parity(i) + ".0"
                                            : kind == 1 ? "0" + parity(i)
                                            : kind == 2 ? std::to_string(10 * (i % 3))
                                                        : std::to_string(i);
                                 });
        EXPECT_ERROR(data, read(text), "column \"y\"", "data.task");
        const Table classes = read(text, {.task = TaskKind::classification});
        QVERIFY(classes.task == TaskKind::classification);
        if (kind == 1) QCOMPARE(classes.classNames, (Names{"00", "01"}));
        QVERIFY(read(text, {.task = TaskKind::regression}).task == TaskKind::regression);
    }

    void otherEncodingsAreNamedWithTheirPlace() {
        EXPECT_ERROR(data, read("a,y\n1,caf\xE9\n2,tea\n"), "line 2", "\\xe9", "UTF-8");
    }

    void reportTellsWhatTheColumnsHold() {
        TableReport report;
        const CsvOptions mean{.onMissing = OnMissing::mean};
        parseCsv(",a,b,y\n0,1.5,true,on\n1,?,false,off\n2,3.5,true,on\n", mean, "f.csv", {}, &report);
        QVERIFY(report.header);
        QCOMPARE(report.separator, std::string("comma"));
        QCOMPARE(report.columns.size(), std::size_t{4});
        QVERIFY(report.columns[0].role == ColumnReport::Role::index);
        QCOMPARE(report.columns[1].type, std::string("number"));
        QCOMPARE(report.columns[1].missing, 1);
        QCOMPARE(report.columns[1].mean, 2.5);
        QCOMPARE(report.columns[2].type, std::string("true/false"));
        QCOMPARE(report.columns[3].type, std::string("text"));
        QCOMPARE(report.columns[3].examples, (Names{"on", "off"}));
        QCOMPARE(report.firstRows[1], (Names{"1", "?", "false", "off"}));
        // What is known is told of a file that is refused, too.
        TableReport refused;
        EXPECT_ERROR(data, parseCsv("a,y\n1,on\nred,off\n", {}, "f.csv", {}, &refused), "\"red\"");
        QCOMPARE(refused.columns[0].type, std::string("mixed"));
    }

    void tinyNumbersBecomeZero() { QCOMPARE(read("1e-999,2.5\n2,3.5\n").inputs, (Numbers{0, 2})); }

    void manyRowsAreReadWithoutLosingOne() {
        std::string text = "a,b,y\n";
        constexpr int rows = 200'000;
        for (int i = 0; i < rows; ++i) text += std::to_string(i) + ",-1.25," + std::to_string(i) + ".5\n";
        const Table table = read(text);
        QCOMPARE(table.rows, rows);
        QCOMPARE(table.inputs.size(), std::size_t{2} * rows);
        QCOMPARE(table.inputs[2 * 123'456], 123'456.0);
        QCOMPARE(table.targets.back(), rows - 0.5);
    }

    void cancellingEndsTheReading() {
        EXPECT_ERROR(interrupted, parseCsv("1,2.5\n2,3.5\n", {}, "f.csv", [] { return true; }), "cancelled");
    }

    void everyTruncationIsReadOrRefusedCleanly() {
        const std::string text = "\xEF\xBB\xBF"
                                 "a,\"b \"\"c\"\"\",y\r\n1,\"2\",cat\n-3e2,4,\"dog, small\"\n\n5,6,cat\n";
        for (std::size_t size = 0; size <= text.size(); ++size) {
            std::int64_t rows = 1;
            const auto thrown = thrownBy([&] { rows = read(text.substr(0, size)).rows; });
            QVERIFY(thrown ? thrown->kind == ErrorKind::data : rows > 0);
        }
    }
};

DSTN_TEST(TestCsvReader)
#include "tst_csv_reader.moc"
