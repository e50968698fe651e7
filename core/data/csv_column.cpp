#include "core/data/csv_column.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dstn {

static constexpr std::size_t shownExamples = 5;

/// "1.234", "12.345", "123.456": perhaps a whole number whose thousands a point separates.
static bool isGrouped(std::string_view digits) {
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    const std::size_t point = digits.find('.');
    return point >= 1 && point <= 3 && digits.size() == point + 4 && digits[0] != '0' &&
           std::ranges::all_of(digits.substr(0, point), isDigit) &&
           std::ranges::all_of(digits.substr(point + 1), isDigit);
}

void CsvColumn::add(const Cell& read, std::string_view cell, std::int64_t line) {
    const auto row = static_cast<double>(cells());
    ++counts_[index(read.kind)];
    auto& first = first_[index(read.kind)];
    if (!first) first = Place{.line = line, .cell = cell};
    if (read.kind == CellKind::missing) return;
    if (distinct_.contains(cell)) {
        repeated_ = true;
    } else if (distinct_.size() < static_cast<std::size_t>(ColumnReport::mostDistinct)) {
        distinct_.insert(cell);
        if (firstDistinct_.size() < shownExamples) firstDistinct_.push_back(cell);
    }
    if (read.kind != CellKind::number) return;
    whole_ = whole_ && read.value == std::floor(read.value) && std::abs(read.value) < 0x1p53;
    if (read.fraction && !fraction_) fraction_ = Place{.line = line, .cell = cell};
    if (read.leadingZero && !leadingZero_) leadingZero_ = Place{.line = line, .cell = cell};
    const std::string_view digits = cell.substr(cell.starts_with('-') || cell.starts_with('+') ? 1 : 0);
    if (isGrouped(digits)) {
        if (!grouped_) grouped_ = Place{.line = line, .cell = cell};
    } else {
        const bool isShort = !read.fraction && digits.size() <= 3;
        shorts_ = shorts_ || isShort;
        looksGrouped_ = looksGrouped_ && isShort;
    }
    fromZero_ = fromZero_ && !read.fraction && read.value == row;
    fromOne_ = fromOne_ && !read.fraction && read.value == row + 1.0;
    least_ = std::min(least_, read.value);
    most_ = std::max(most_, read.value);
    sum_ += read.value;
}

std::int64_t CsvColumn::cells() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

bool CsvColumn::allDifferent() const { return numbersOnly() && whole_ && !fraction_ && !repeated_; }

std::string CsvColumn::examples() const {
    std::string text;
    for (const std::string_view value : firstDistinct_) text += (text.empty() ? "" : ", ") + cellText(value);
    const std::size_t more = distinct_.size() - firstDistinct_.size();
    if (more > 0) text += " and " + std::to_string(more) + " more";
    return text;
}

ColumnReport CsvColumn::report() const {
    ColumnReport report;
    const std::int64_t numbers = count(CellKind::number), booleans = count(CellKind::boolean);
    report.missing = count(CellKind::missing);
    report.values = cells() - report.missing;
    if (report.values == 0)
        report.type = "empty";
    else if (numbers == report.values)
        report.type = whole_ ? "whole number" : "number";
    else if (booleans == report.values)
        report.type = "true/false";
    else
        report.type = numbers == 0 ? "text" : "mixed";
    report.distinct = static_cast<std::int64_t>(distinct_.size());
    if (numbers > 0) {
        report.least = least_;
        report.most = most_;
        report.mean = sum_ / static_cast<double>(numbers);
    }
    for (const std::string_view value : firstDistinct_) report.examples.push_back(printable(value));
    return report;
}

} // namespace dstn
