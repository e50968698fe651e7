#include "ui/live/nudge_panel.h"

#include "ui/forms/number_edit.h"
#include "ui/text/number_text.h"
#include "ui/widgets/elided_label.h"

#include <QBoxLayout>
#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>

namespace dstn::ui {

namespace {

/// For a value that keeps changing.
QString shortText(double value) { return roundedText(value, 4); }

QString rangeText(const Hyperparameter& hyperparameter) {
    const bool positive = hyperparameter.log && !hyperparameter.min;
    const QString above = hyperparameter.min ? typedText(*hyperparameter.min) : QStringLiteral("0");
    if (hyperparameter.max && (hyperparameter.min || positive))
        return NudgePanel::tr("between %1 and %2").arg(above, typedText(*hyperparameter.max));
    if (hyperparameter.max) return NudgePanel::tr("below %1").arg(typedText(*hyperparameter.max));
    if (hyperparameter.min || positive) return NudgePanel::tr("above %1").arg(above);
    return NudgePanel::tr("any number");
}

/// Bounds are open: a value on one has no unconstrained counterpart.
bool isInRange(const Hyperparameter& hyperparameter, double value) {
    return (!hyperparameter.min || value > *hyperparameter.min) &&
           (!hyperparameter.max || value < *hyperparameter.max) && (!hyperparameter.log || value > 0.0);
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
        row.hyperparameter = hyperparameter;
        row.value = hyperparameter.initial;
        auto* label = new ElidedLabel(name);
        row.label = new ElidedLabel;
        row.label->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        row.label->setForegroundRole(QPalette::PlaceholderText);
        row.field = new NumberEdit(NumberEdit::Kind::real);
        row.field->setAccessibleName(tr("New value of %1").arg(name));
        row.field->setToolTip(tr("%1; Return applies it, Escape reverts it").arg(rangeText(hyperparameter)));
        row.button = new QPushButton(tr("Apply"));
        row.button->setAccessibleName(tr("Apply the new value of %1").arg(name));
        row.button->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
        grid->addWidget(label, 2 * line, 0);
        grid->addWidget(row.label, 2 * line, 1, 1, 2);
        grid->addWidget(row.field, 2 * line + 1, 0, 1, 2);
        grid->addWidget(row.button, 2 * line + 1, 2);
        ++line;
        const std::string key = hyperparameter.name;
        connect(row.field, &QLineEdit::textEdited, this, [this, key] {
            byName_.at(key).edited = true;
            refresh(byName_.at(key));
        });
        connect(row.field, &QLineEdit::returnPressed, this, [this, key] { apply(key); });
        connect(row.button, &QPushButton::clicked, this, [this, key] { apply(key); });
        row.field->setProperty("hyperparameter", name);
        row.field->installEventFilter(this);
        refresh(byName_.emplace(key, row).first->second);
    }
    hint_->setText(hyperparameters.empty()
                       ? tr("This run has no hyperparameters to change.")
                       : tr("Change a hyperparameter during training; the tuner continues from there."));
    layout()->addWidget(rows_);
}

/// The number that Apply would send.
std::optional<double> NudgePanel::wanted(const Row& row) {
    const std::optional<double> number = row.field->real();
    if (!row.edited || !number || !isInRange(row.hyperparameter, *number) || *number == row.value) return {};
    return number;
}

void NudgePanel::refresh(Row& row) {
    if (!row.edited && !row.sent) row.field->setText(shortText(row.value));
    const bool misfit =
        row.edited && (!row.field->real() || !isInRange(row.hyperparameter, *row.field->real()));
    const std::optional<double> number = wanted(row);
    QString text = tr("now %1").arg(shortText(row.value));
    if (row.sent)
        text = tr("→ %1 …").arg(typedText(*row.sent));
    else if (misfit)
        text = tr("⚠ %1").arg(rangeText(row.hyperparameter));
    else if (number)
        text = tr("now %1, not applied").arg(shortText(row.value));
    row.label->setText(text);
    row.field->setEnabled(active_);
    row.button->setEnabled(active_ && number);
}

void NudgePanel::apply(const std::string& name) {
    Row& row = byName_.at(name);
    const std::optional<double> number = wanted(row);
    if (!active_ || !number) return;
    row.sent = number;
    row.edited = false;
    refresh(row);
    emit nudged(QString::fromStdString(name), *number);
}

bool NudgePanel::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        Row& row = byName_.at(watched->property("hyperparameter").toString().toStdString());
        row.edited = false;
        refresh(row);
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void NudgePanel::showValue(const std::string& name, double value) {
    const auto found = byName_.find(name);
    if (found == byName_.end()) return;
    found->second.value = value;
    refresh(found->second);
}

void NudgePanel::confirm(const HyperparameterSet& set) {
    const auto found = byName_.find(set.name);
    if (found == byName_.end()) return;
    found->second.sent.reset();
    showValue(set.name, set.value);
}

void NudgePanel::setActive(bool active) {
    active_ = active;
    for (auto& [name, row] : byName_) {
        // Nobody is left who would confirm it.
        if (!active) row.sent.reset();
        refresh(row);
    }
}

} // namespace dstn::ui
