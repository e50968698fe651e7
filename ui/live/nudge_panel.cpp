#include "ui/live/nudge_panel.h"

#include <QBoxLayout>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>

#include <algorithm>
#include <cmath>

namespace dstn {

namespace {

/// Digits after the point that let a person say a value of this size to about four figures.
int decimalsFor(const Hyperparameter& hyperparameter) {
    if (hyperparameter.log) return 9;
    if (hyperparameter.min && hyperparameter.max) {
        const double span = *hyperparameter.max - *hyperparameter.min;
        return span > 0 ? std::clamp(static_cast<int>(std::ceil(3.0 - std::log10(span))), 2, 9) : 4;
    }
    return 5;
}

} // namespace

NudgePanel::NudgePanel(QWidget* parent) : QWidget(parent), hint_(new QLabel(tr("No hyperparameters yet."))) {
    hint_->setWordWrap(true);
    hint_->setForegroundRole(QPalette::PlaceholderText);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(hint_);
}

void NudgePanel::setHyperparameters(const std::vector<Hyperparameter>& hyperparameters) {
    delete rows_;
    byName_.clear();
    rows_ = new QWidget;
    auto* grid = new QGridLayout(rows_);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(0, 1);
    int line = 0;
    for (const Hyperparameter& hyperparameter : hyperparameters) {
        const QString name = QString::fromStdString(hyperparameter.name);
        Row row;
        auto* label = new QLabel(name);
        label->setToolTip(name);
        row.value = new QLabel(QString::number(hyperparameter.initial, 'g', 4));
        row.value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        row.value->setForegroundRole(QPalette::PlaceholderText);
        row.field = new QDoubleSpinBox;
        const int decimals = decimalsFor(hyperparameter);
        row.field->setDecimals(decimals);
        // Bounds are open: a value on one has no unconstrained counterpart.
        const double least = std::pow(10.0, -decimals);
        const double lower = hyperparameter.min   ? *hyperparameter.min + least
                             : hyperparameter.log ? least
                                                  : -1e9;
        const double upper = hyperparameter.max ? *hyperparameter.max - least : 1e9;
        row.field->setRange(lower, upper);
        row.field->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
        row.field->setKeyboardTracking(false);
        row.field->setValue(hyperparameter.initial);
        row.field->setAccessibleName(tr("New value of %1").arg(name));
        row.field->setToolTip(hyperparameter.min && hyperparameter.max
                                  ? tr("Between %1 and %2").arg(*hyperparameter.min).arg(*hyperparameter.max)
                                  : tr("In natural units"));
        row.button = new QPushButton(tr("Apply"));
        row.button->setAccessibleName(tr("Apply the new value of %1").arg(name));
        row.button->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
        grid->addWidget(label, 2 * line, 0);
        grid->addWidget(row.value, 2 * line, 1, 1, 2);
        grid->addWidget(row.field, 2 * line + 1, 0, 1, 2);
        grid->addWidget(row.button, 2 * line + 1, 2);
        ++line;
        const std::string key = hyperparameter.name;
        connect(row.field, &QDoubleSpinBox::valueChanged, this,
                [this, key] { byName_.at(key).touched = true; });
        connect(row.button, &QPushButton::clicked, this, [this, key] { apply(key); });
        byName_[key] = row;
    }
    hint_->setText(hyperparameters.empty()
                       ? tr("This run has no hyperparameters to move.")
                       : tr("Move a hyperparameter while it trains; the tuner goes on from there."));
    layout()->addWidget(rows_);
    setActive(active_);
}

void NudgePanel::apply(const std::string& name) {
    Row& row = byName_.at(name);
    row.field->interpretText();
    row.value->setText(tr("→ %1 …").arg(row.field->value()));
    row.touched = false;
    emit nudged(QString::fromStdString(name), row.field->value());
}

void NudgePanel::showValue(const std::string& name, double value) {
    const auto found = byName_.find(name);
    if (found == byName_.end()) return;
    Row& row = found->second;
    row.value->setText(tr("now %1").arg(value, 0, 'g', 4));
    if (row.touched || row.field->hasFocus()) return;
    const QSignalBlocker blocker(row.field);
    row.field->setValue(value);
}

void NudgePanel::confirm(const HyperparameterSet& set) { showValue(set.name, set.value); }

void NudgePanel::setActive(bool active) {
    active_ = active;
    for (auto& [name, row] : byName_) {
        row.field->setEnabled(active);
        row.button->setEnabled(active);
    }
}

} // namespace dstn
