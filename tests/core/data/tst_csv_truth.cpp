#include "core/data/csv_reader.h"
#include "core/error.h"
#include "tests/program.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <random>
#include <set>

using namespace dstn;

namespace {

/// A file whose contents are known, and the options under which it is read.
struct Known {
    std::string text;
    CsvOptions options;
    std::vector<std::vector<double>> inputs; ///< NaN: missing
    std::vector<std::string> words;          ///< of a classification
    std::vector<double> targets;             ///< of a regression
    bool plain = false;                      ///< leaves nothing open: it must be read
};

class Maker {
  public:
    explicit Maker(std::uint64_t seed) : random_(seed) {}

    Known make() {
        known_.plain = chance(3);
        notation();
        shape();
        fill();
        write();
        return std::move(known_);
    }

  private:
    enum class Type { whole, decimal, exponent, boolean };
    enum class Target { words, numbers, codes, none, fractions, manyWhole, wholeFractions };
    enum class Names { words, none, years, counted, index };

    std::uint64_t below(std::uint64_t n) { return random_() % n; }
    bool chance(std::uint64_t n) { return below(n) == 0; }
    template <typename T>
    T oneOf(std::initializer_list<T> list) {
        return list.begin()[below(list.size())];
    }

    void notation() {
        separator_ = oneOf<std::string>({",", ";", "\t", "|", " "});
        known_.options.delimiter = "auto";
        if (!known_.plain && chance(6)) {
            separator_ = oneOf<std::string>({"#", "~", ":", "¦"});
            known_.options.delimiter = separator_;
        }
        lineEnd_ = oneOf<std::string>({"\n", "\r\n", "\r"});
        quoting_ = static_cast<int>(below(3));
        if (known_.plain) return;
        decimalComma_ = chance(4);
        if (chance(5))
            thousands_ =
                decimalComma_ ? oneOf<std::string>({".", " ", "'"}) : oneOf<std::string>({",", " ", "'"});
        if (chance(2)) {
            known_.options.decimal = decimalComma_ ? DecimalMark::comma : DecimalMark::point;
            known_.options.thousands = thousands_;
        }
        missing_ = chance(4);
        if (missing_ && chance(2)) known_.options.onMissing = oneOf({OnMissing::drop, OnMissing::mean});
    }

    void shape() {
        features_ = 1 + below(5);
        rows_ = 12 + below(60);
        for (std::size_t i = 0; i < features_; ++i)
            types_.push_back(known_.plain
                                 ? oneOf({Type::decimal, Type::exponent})
                                 : oneOf({Type::whole, Type::decimal, Type::exponent, Type::boolean}));
        target_ = known_.plain ? oneOf({Target::words, Target::numbers, Target::fractions})
                               : oneOf({Target::words, Target::numbers, Target::codes, Target::none,
                                        Target::fractions, Target::manyWhole, Target::wholeFractions});
        names_ = known_.plain
                     ? oneOf({Names::words, Names::index})
                     : oneOf({Names::words, Names::none, Names::years, Names::counted, Names::index});
        // Without a header decimals in its first line say that it is a row.
        if (chance(3)) known_.options.header = names_ == Names::none ? Header::absent : Header::present;
        const bool classes = target_ == Target::words || target_ == Target::numbers ||
                             target_ == Target::codes || target_ == Target::none;
        if (!known_.plain && chance(3))
            known_.options.task = classes ? TaskKind::classification : TaskKind::regression;
        classCount_ = 2 + below(4);
    }

    std::string digits(double value, int decimals) {
        char buffer[64];
        std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
        return buffer;
    }

    std::string numeral(Type type) {
        const double sign = chance(4) ? -1.0 : 1.0;
        const double size = std::pow(10.0, static_cast<double>(below(6)));
        const double value = sign * size * static_cast<double>(below(1000)) / 999.0;
        if (type == Type::whole) return digits(std::floor(std::abs(value)), 0);
        if (type == Type::boolean) return oneOf<std::string>({"true", "false"});
        if (type == Type::decimal) return digits(value, 1 + static_cast<int>(below(4)));
        char buffer[64];
        std::snprintf(buffer, sizeof buffer, "%.3e", value);
        return buffer;
    }

    /// As this file writes a number.
    std::string localised(std::string number) {
        if (number == "true" || number == "false") return number;
        const std::size_t mark = std::min(number.find_first_of(".e"), number.size());
        std::string whole = number.substr(0, mark), rest = number.substr(mark);
        if (decimalComma_) std::ranges::replace(rest, '.', ',');
        if (!thousands_.empty())
            for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(whole.size()) - 3;
                 at > (whole[0] == '-' ? 1 : 0); at -= 3)
                whole.insert(static_cast<std::size_t>(at), thousands_);
        return whole + rest;
    }

    std::string targetCell(std::size_t row) {
        const std::uint64_t which = row < classCount_ ? row : below(classCount_);
        switch (target_) {
        case Target::words:
            return std::vector<std::string>{"setosa", "it's, \"so\"", "line" + lineEnd_ + "break", "Ærø",
                                            "a;b|c"}[which];
        case Target::numbers:
            return std::to_string(which);
        case Target::codes:
            return "00" + std::to_string(which);
        case Target::none:
            return std::vector<std::string>{"None", "Mild", "Severe", "Grave", "Other"}[which];
        case Target::fractions:
            return digits(static_cast<double>(below(100'000)) / 97.0 + 0.5, 3);
        case Target::manyWhole:
            return std::to_string(below(100'000));
        case Target::wholeFractions:
            break;
        }
        return std::to_string(which) + ".0";
    }

    void fill() {
        const bool classes = target_ == Target::words || target_ == Target::numbers ||
                             target_ == Target::codes || target_ == Target::none;
        for (std::size_t row = 0; row < rows_; ++row) {
            std::vector<std::string> cells;
            std::vector<double> values;
            bool holes = false;
            for (const Type type : types_) {
                std::string cell = numeral(type);
                double value = cell == "true"    ? 1.0
                               : cell == "false" ? 0.0
                                                 : std::strtod(cell.c_str(), nullptr);
                cell = localised(cell);
                if (missing_ && chance(8)) {
                    cell = missingWord();
                    value = std::nan("");
                    holes = true;
                }
                cells.push_back(cell);
                values.push_back(value);
            }
            std::string target = targetCell(row);
            const double number = std::strtod(target.c_str(), nullptr);
            std::string name = target;
            // Lines that end in CR alone are read as if they ended in LF.
            if (lineEnd_ == "\r") std::ranges::replace(name, '\r', '\n');
            bool gone = false;
            if (!classes) target = localised(target);
            if (missing_ && chance(20)) {
                target = missingWord();
                gone = true;
            }
            cells.push_back(target);
            lines_.push_back(std::move(cells));
            if (known_.options.onMissing == OnMissing::drop && (holes || gone)) continue;
            // Otherwise a row without a target is refused.
            known_.inputs.push_back(std::move(values));
            if (classes)
                known_.words.push_back(gone ? "\x01" : name);
            else
                known_.targets.push_back(gone ? std::nan("") : number);
        }
    }

    std::string missingWord() {
        return separator_ == " "
                   ? oneOf<std::string>({"?", "NA", "#N/A", "<NA>", "nan", "-", "."})
                   : oneOf<std::string>({"", "?", "NA", "N/A", "#N/A", "<NA>", "nan", "null", "-", "."});
    }

    std::string quoted(const std::string& cell) {
        const bool needed = cell.find(separator_) != cell.npos || cell.find('"') != cell.npos ||
                            cell.find_first_of("\r\n") != cell.npos || (separator_ == " " && cell.empty());
        if (!needed && (quoting_ == 0 || (quoting_ == 1 && chance(2)))) return cell;
        std::string text = "\"";
        for (const char c : cell) text += c == '"' ? "\"\"" : std::string(1, c);
        return text + '"';
    }

    void writeLine(const std::vector<std::string>& cells) {
        std::string line;
        for (const std::string& cell : cells)
            line += (&cell == cells.data() ? "" : separator_) + (separator_ != "\t" && chance(9) ? " " : "") +
                    quoted(cell);
        known_.text += line + lineEnd_;
        if (chance(15)) known_.text += lineEnd_;
    }

    void write() {
        if (chance(4)) known_.text = "\xEF\xBB\xBF";
        std::vector<std::string> names;
        for (std::size_t i = 0; i <= features_; ++i)
            names.push_back(names_ == Names::years     ? std::to_string(2015 + i)
                            : names_ == Names::counted ? std::to_string(i)
                                                       : std::string(1, static_cast<char>('a' + i)) + "name");
        if (names_ == Names::index) names.insert(names.begin(), "");
        if (names_ != Names::none) writeLine(names);
        std::size_t row = 0;
        for (std::vector<std::string> cells : lines_) {
            if (names_ == Names::index) cells.insert(cells.begin(), std::to_string(row++));
            writeLine(cells);
        }
    }

    std::mt19937_64 random_;
    Known known_;
    std::string separator_, lineEnd_, thousands_;
    int quoting_ = 0; ///< where needed, here and there, everywhere
    bool decimalComma_ = false, missing_ = false;
    std::size_t features_ = 1, rows_ = 8;
    std::uint64_t classCount_ = 2;
    std::vector<Type> types_;
    Target target_ = Target::words;
    Names names_ = Names::words;
    std::vector<std::vector<std::string>> lines_;
};

bool same(double a, double b) { return (std::isnan(a) && std::isnan(b)) || a == b; }

/// What is wrong with what was read; nothing if it is what the file says.
std::optional<std::string> wrong(const Known& known, const Table& table) {
    if (!std::cmp_equal(table.rows, known.inputs.size()))
        return std::to_string(table.rows) + " rows, not " + std::to_string(known.inputs.size());
    if (!std::cmp_equal(table.features, known.inputs[0].size()))
        return std::to_string(table.features) + " features, not " + std::to_string(known.inputs[0].size());
    std::size_t at = 0;
    for (std::size_t row = 0; row < known.inputs.size(); ++row) {
        for (const double value : known.inputs[row])
            if (!same(value, table.inputs[at++]))
                return "row " + std::to_string(row) + ": a feature is " +
                       std::to_string(table.inputs[at - 1]) + ", not " + std::to_string(value);
        if (known.words.empty()) {
            if (table.task != TaskKind::regression) return "classes where numbers are";
            if (!same(table.targets[row], known.targets[row]))
                return "row " + std::to_string(row) + ": the target";
        } else {
            if (table.task != TaskKind::classification) return "numbers where classes are";
            if (table.classNames[static_cast<std::size_t>(table.labels[row])] != known.words[row])
                return "row " + std::to_string(row) + ": the class";
        }
    }
    return {};
}

} // namespace

class TestCsvTruth : public QObject {
    Q_OBJECT

  private slots:
    void everyFileIsReadRightOrRefused() {
        constexpr int files = 10'000;
        int read = 0;
        for (int seed = 0; seed < files; ++seed) {
            const Known known = Maker(static_cast<std::uint64_t>(seed)).make();
            const auto show = [&](const std::string& what) {
                return "file " + std::to_string(seed) + ": " + what + "\n" + known.text.substr(0, 600);
            };
            std::optional<Table> table;
            try {
                table = parseCsv(known.text, known.options, "f.csv");
            } catch (const Error& error) {
                QVERIFY2(error.kind() == ErrorKind::data, error.what());
                QVERIFY2(!known.plain, show(error.what()).c_str());
                continue;
            }
            ++read;
            const auto fault = wrong(known, *table);
            QVERIFY2(!fault, show(fault.value_or("")).c_str());
        }
        // Refusing everything would be right, and of no use.
        QVERIFY2(read > files / 2, std::to_string(read).c_str());
    }
};

DSTN_TEST(TestCsvTruth)
#include "tst_csv_truth.moc"
