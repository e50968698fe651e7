#include "core/data/csv_records.h"

#include "core/error.h"

#include <algorithm>
#include <array>
#include <optional>

namespace dstn {
namespace {

std::string_view trim(std::string_view text, std::string_view what) {
    const std::size_t first = text.find_first_not_of(what);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(what) - first + 1);
}

std::string_view blanksBeside(const std::string& separator) {
    if (separator == "\t") return " \r";
    return separator == " " ? "\t\r" : " \t\r";
}

} // namespace

CsvRecords::CsvRecords(std::string_view text, std::string separator, std::string name)
    : text_(text),
      separator_(std::move(separator)),
      blanks_(blanksBeside(separator_)),
      name_(std::move(name)) {}

bool CsvRecords::next(std::vector<std::string_view>& cells) {
    cells.clear();
    while (position_ < text_.size()) {
        const std::size_t end = std::min(text_.find('\n', position_), text_.size());
        std::string_view record = text_.substr(position_, end - position_);
        line_ = nextLine_;
        // A line of separators alone is a record of empty cells.
        if (trim(record, blanks_).empty()) {
            position_ = end + 1;
            ++nextLine_;
            continue;
        }
        if (record.find('"') != std::string_view::npos) {
            splitQuoted(cells);
            return true;
        }
        if (record.ends_with('\r')) record.remove_suffix(1);
        splitPlain(record, cells);
        position_ = end + 1;
        ++nextLine_;
        return true;
    }
    return false;
}

void CsvRecords::splitPlain(std::string_view record, std::vector<std::string_view>& cells) const {
    if (runs()) {
        for (std::size_t start = record.find_first_not_of(blanks_); start != std::string_view::npos;) {
            const std::size_t end = std::min(record.find_first_of(blanks_, start), record.size());
            cells.push_back(record.substr(start, end - start));
            start = record.find_first_not_of(blanks_, end);
        }
        return;
    }
    for (std::size_t start = 0;;) {
        const std::size_t end = std::min(record.find(separator_, start), record.size());
        cells.push_back(trim(record.substr(start, end - start), blanks_));
        if (end == record.size()) return;
        start = end + separator_.size();
    }
}

bool CsvRecords::atSpace() const {
    return position_ < text_.size() && blanks_.find(text_[position_]) != std::string_view::npos;
}

bool CsvRecords::atSeparator() const {
    return !runs() && text_.substr(position_, separator_.size()) == separator_;
}

void CsvRecords::splitQuoted(std::vector<std::string_view>& cells) {
    while (true) {
        while (atSpace()) ++position_;
        const bool ended = position_ >= text_.size() || text_[position_] == '\n';
        if (runs() && ended) break;
        if (!ended && text_[position_] == '"') {
            cells.push_back(quotedCell());
            const std::size_t closed = position_;
            while (atSpace()) ++position_;
            const bool separated = position_ >= text_.size() || text_[position_] == '\n' ||
                                   (runs() ? position_ > closed : atSeparator());
            if (!separated)
                throw Error(ErrorKind::data, name_ + ", line " + std::to_string(nextLine_) +
                                                 ": text follows the closing quote of cell " +
                                                 std::to_string(cells.size()) +
                                                 ". Write a quote inside a quoted cell as \"\".");
        } else {
            const std::size_t end =
                std::min(runs() ? text_.find_first_of(" \t\r\n", position_)
                                : std::min(text_.find(separator_, position_), text_.find('\n', position_)),
                         text_.size());
            cells.push_back(trim(text_.substr(position_, end - position_), blanks_));
            position_ = end;
        }
        if (runs()) continue;
        if (position_ >= text_.size() || text_[position_] == '\n') break;
        position_ += separator_.size();
    }
    ++position_;
    ++nextLine_;
}

std::string_view CsvRecords::quotedCell() {
    const std::size_t start = position_ + 1;
    const std::int64_t openedOn = nextLine_;
    bool doubled = false;
    std::size_t end = start;
    while (true) {
        end = text_.find('"', end);
        if (end == std::string_view::npos)
            throw Error(ErrorKind::data, name_ + ", line " + std::to_string(openedOn) +
                                             ": a quote is opened and never closed. Close it with \".");
        if (end + 1 >= text_.size() || text_[end + 1] != '"') break;
        doubled = true;
        end += 2;
    }
    const std::string_view content = text_.substr(start, end - start);
    nextLine_ += std::count(content.begin(), content.end(), '\n');
    position_ = end + 1;
    if (!doubled) return content;
    std::string& undone = unquoted_.emplace_back();
    for (std::size_t i = 0; i < content.size(); ++i) {
        undone += content[i];
        if (content[i] == '"') ++i;
    }
    return undone;
}

std::string findSeparator(std::string_view text, bool decimalComma, const std::string& name) {
    // Space comes late: commas and the like are often followed by one.
    std::array<const char*, 5> candidates{"\t", ";", "|", ",", ""};
    if (decimalComma) std::swap(candidates[3], candidates[4]);
    constexpr std::size_t enough = 20;
    std::optional<std::string> usable;
    for (const char* candidate : candidates) {
        CsvRecords records(text, candidate, name);
        std::vector<std::size_t> widths;
        try {
            for (std::vector<std::string_view> cells; widths.size() < enough && records.next(cells);)
                widths.push_back(cells.size());
        } catch (const Error&) {
            continue; // the quotes make sense under another separator, or the reading proper complains
        }
        if (widths.empty() || widths[0] < 2) continue;
        if (std::ranges::count(widths, widths[0]) == static_cast<std::ptrdiff_t>(widths.size()))
            return candidate;
        if (!usable) usable = candidate;
    }
    return usable.value_or(",");
}

std::string separatorName(const std::string& separator) {
    if (separator == ",") return "comma";
    if (separator == ";") return "semicolon";
    if (separator == "\t") return "tab";
    if (separator == "|") return "bar";
    if (separator.empty()) return "space";
    return "\"" + printable(separator) + "\"";
}

} // namespace dstn
