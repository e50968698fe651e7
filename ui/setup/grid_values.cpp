#include "ui/setup/grid_values.h"

#include "ui/text/number_text.h"

#include <QLabel>

#include <algorithm>

namespace dstn::ui {

std::vector<double> parseNumbers(const QString& text, QString& problem) {
    problem.clear();
    std::vector<double> numbers;
    if (text.trimmed().isEmpty()) return numbers;
    for (const QString& one : text.split(u',')) {
        const auto number = parseReal(one.trimmed());
        if (!number) {
            problem = QObject::tr("Expected numbers separated by commas, such as 0.1, 0.2, 0.5; found “%1”.")
                          .arg(one.trimmed());
            return {};
        }
        numbers.push_back(*number);
    }
    return numbers;
}

QString numbersText(const std::vector<double>& values) {
    QStringList texts;
    for (const double value : values) texts.append(typedText(value));
    return texts.join(QStringLiteral(", "));
}

void setGridValues(Experiment& experiment, const std::string& name, const std::vector<double>& values) {
    auto* grid = std::get_if<GridOptions>(&experiment.tuner.options);
    if (grid == nullptr) return;
    std::vector<NamedValues>& all = grid->values;
    const auto known = std::ranges::find(all, name, &NamedValues::name);
    if (values.empty()) {
        if (known != all.end()) all.erase(known);
    } else if (known != all.end()) {
        known->values = values;
    } else {
        all.push_back({name, values});
    }
}

GridValues::GridValues(QWidget* parent) : QWidget(parent), grid_(new QGridLayout(this)) {
    grid_->setContentsMargins(0, 0, 0, 0);
    grid_->setHorizontalSpacing(8);
    grid_->setVerticalSpacing(1);
    grid_->setColumnStretch(1, 1);
    hide();
}

void GridValues::addRow(const std::string& name) {
    const std::size_t index = rows_.size();
    auto* edit = new QLineEdit;
    auto* field =
        new MarkedField(edit, tr("Values on the grid, separated by commas; empty: points across the range."));
    auto* label = new QLabel;
    label->setBuddy(edit);
    label->setMinimumHeight(edit->sizeHint().height() + 4);
    field->setLabel(label);
    grid_->addWidget(label, int(index), 0, Qt::AlignTop | Qt::AlignLeft);
    grid_->addWidget(field, int(index), 1);
    rows_.push_back({.name = name, .edit = edit, .field = field, .label = label});
    connect(edit, &QLineEdit::textEdited, this, [this, index] { read(index); });
}

void GridValues::removeLast() {
    // It may be what was typed into that takes its own line away.
    for (QWidget* gone : std::initializer_list<QWidget*>{rows_.back().field, rows_.back().label}) {
        gone->hide();
        gone->deleteLater();
    }
    rows_.pop_back();
}

void GridValues::read(std::size_t row) {
    const Row& one = rows_[row];
    QString problem;
    const std::vector<double> numbers = parseNumbers(one.edit->text(), problem);
    const bool had = !one.field->inputProblem().isEmpty();
    one.field->setInputProblem(problem);
    if (problem.isEmpty()) emit edited(one.name, numbers);
    if (had || !problem.isEmpty()) emit inputProblemChanged();
}

void GridValues::show(const Experiment& experiment, bool replaced) {
    std::vector<std::string> names;
    const auto* grid = std::get_if<GridOptions>(&experiment.tuner.options);
    values_.clear();
    if (grid != nullptr) {
        values_ = grid->values;
        for (const Hyperparameter& hyperparameter : experiment.hyperparameters)
            if (hyperparameter.tune) names.push_back(hyperparameter.name);
        // Values of an unknown hyperparameter stay in view, as the mistake that they are.
        for (const NamedValues& given : values_)
            if (std::ranges::find(names, given.name) == names.end()) names.push_back(given.name);
    }
    while (rows_.size() > names.size()) removeLast();
    while (rows_.size() < names.size()) addRow(names[rows_.size()]);
    for (std::size_t i = 0; i < names.size(); ++i) {
        Row& row = rows_[i];
        const bool another = row.name != names[i];
        row.name = names[i];
        const QString shown = QString::fromStdString(names[i]);
        row.label->setText(shown);
        row.edit->setObjectName(QStringLiteral("tuner.values.%1").arg(shown));
        row.edit->setAccessibleName(tr("Values of %1").arg(shown));
        row.edit->setPlaceholderText(grid->points == 1 ? tr("1 point in its range")
                                                       : tr("%1 points across its range").arg(grid->points));
        if (!replaced && !another && !row.field->inputProblem().isEmpty()) continue;
        row.field->setInputProblem({});
        const auto given = std::ranges::find(values_, names[i], &NamedValues::name);
        const std::vector<double> numbers = given == values_.end() ? std::vector<double>() : given->values;
        QString problem;
        if (parseNumbers(row.edit->text(), problem) != numbers || !problem.isEmpty())
            row.edit->setText(numbersText(numbers));
    }
    setVisible(!names.empty());
}

void GridValues::setMistakes(const std::vector<Mistake>& mistakes) {
    std::vector<std::vector<Mistake>> shares(rows_.size());
    for (const Mistake& mistake : mistakes) {
        const int entry = rowOfPath(mistake.path, "tuner.values");
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const bool ofRow = entry >= 0 && std::size_t(entry) < values_.size()
                                   ? values_[std::size_t(entry)].name == rows_[i].name
                                   : rows_[i].field->inputProblem().toStdString() == mistake.message;
            if (ofRow) shares[i].push_back(mistake);
        }
    }
    for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i].field->setMistakes(shares[i]);
}

void GridValues::reveal(const QString& path) {
    const int entry = rowOfPath(path.toStdString(), "tuner.values");
    for (const Row& row : rows_)
        if (row.field->isMarked() || (entry >= 0 && std::size_t(entry) < values_.size() &&
                                      values_[std::size_t(entry)].name == row.name)) {
            revealWidget(row.edit);
            return;
        }
}

QString GridValues::inputProblem() const {
    for (const Row& row : rows_)
        if (!row.field->inputProblem().isEmpty()) return row.field->inputProblem();
    return {};
}

} // namespace dstn::ui
