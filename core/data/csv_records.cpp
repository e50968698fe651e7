#include "core/data/csv_records.h"

#include "core/error.h"

#include <algorithm>

namespace dstn {
namespace {

constexpr std::string_view blanks = " \t\r";

char character(Delimiter delimiter) {
    switch (delimiter) {
    case Delimiter::semicolon:
        return ';';
    case Delimiter::tab:
        return '\t';
    case Delimiter::space:
        return ' ';
    case Delimiter::comma:
    case Delimiter::automatic:
        break;
    }
    return ',';
}

std::string_view trim(std::string_view text, std::string_view what) {
    const std::size_t first = text.find_first_not_of(what);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(what) - first + 1);
}

} // namespace

CsvRecords::CsvRecords(std::string_view text, Delimiter delimiter, std::string name)
    : text_(text), delimiter_(delimiter), name_(std::move(name)) {}

bool CsvRecords::next(std::vector<std::string_view>& cells) {
    cells.clear();
    while (position_ < text_.size()) {
        const std::size_t end = std::min(text_.find('\n', position_), text_.size());
        std::string_view record = text_.substr(position_, end - position_);
        line_ = nextLine_;
        // A line of tabs alone is a record of empty cells where tabs separate cells.
        if (trim(record, delimiter_ == Delimiter::tab ? " \r" : blanks).empty()) {
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
    if (delimiter_ == Delimiter::space) {
        for (std::size_t start = record.find_first_not_of(blanks); start != std::string_view::npos;) {
            const std::size_t end = std::min(record.find_first_of(blanks, start), record.size());
            cells.push_back(record.substr(start, end - start));
            start = record.find_first_not_of(blanks, end);
        }
        return;
    }
    const char separator = character(delimiter_);
    for (std::size_t start = 0;;) {
        const std::size_t end = std::min(record.find(separator, start), record.size());
        cells.push_back(trim(record.substr(start, end - start), " \t"));
        if (end == record.size()) return;
        start = end + 1;
    }
}

bool CsvRecords::atSpace() const {
    return position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\r' ||
                                        (text_[position_] == '\t' && delimiter_ != Delimiter::tab));
}

void CsvRecords::splitQuoted(std::vector<std::string_view>& cells) {
    const char separator = character(delimiter_);
    const bool runs = delimiter_ == Delimiter::space;
    while (true) {
        while (atSpace()) ++position_;
        const bool ended = position_ >= text_.size() || text_[position_] == '\n';
        if (runs && ended) break;
        if (!ended && text_[position_] == '"') {
            cells.push_back(quotedCell());
            const std::size_t closed = position_;
            while (atSpace()) ++position_;
            const bool separated = position_ >= text_.size() || text_[position_] == '\n' ||
                                   (runs ? position_ > closed : text_[position_] == separator);
            if (!separated)
                throw Error(ErrorKind::data, name_ + ", line " + std::to_string(nextLine_) +
                                                 ": text follows the closing "
                                                 "quote of cell " +
                                                 std::to_string(cells.size()) +
                                                 ". Write a quote inside a quoted cell as \"\".");
        } else {
            const std::size_t end =
                std::min(runs ? text_.find_first_of(" \t\r\n", position_)
                              : std::min(text_.find(separator, position_), text_.find('\n', position_)),
                         text_.size());
            cells.push_back(trim(text_.substr(position_, end - position_), blanks));
            position_ = end;
        }
        if (runs) continue;
        if (position_ >= text_.size() || text_[position_] == '\n') break;
        ++position_;
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

} // namespace dstn
