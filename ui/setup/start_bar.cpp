#include "ui/setup/start_bar.h"

#include <QToolButton>

namespace dstn::ui {

namespace {
struct Start {
    QString title, description;
    Experiment experiment;
};
} // namespace

static std::vector<Start> parsedPresets() {
    std::vector<Start> starts;
    for (const Preset& preset : presets())
        if (const ParsedExperiment parsed = parseExperiment(preset.json); parsed.experiment)
            starts.push_back({.title = QString::fromStdString(preset.title),
                              .description = QString::fromStdString(preset.description),
                              .experiment = *parsed.experiment});
    return starts;
}

StartBar::StartBar(ExperimentModel& model, MarkBoard& board, const std::vector<QAction*>& actions,
                   QWidget* parent)
    : Section({}, model, board, parent) {
    auto* first = new QHBoxLayout;
    first->setSpacing(6);
    auto* second = new QHBoxLayout;
    second->setSpacing(6);
    body()->setSpacing(2);
    body()->addLayout(first);
    body()->addLayout(second);

    auto* combo = quietCombo();
    combo->setObjectName(QStringLiteral("preset"));
    combo->setPlaceholderText(tr("Differs from every preset"));
    combo->setToolTip(tr("Loads an experiment that comes with the program. Undo restores yours."));
    const std::vector<Start> starts = parsedPresets();
    for (const Start& start : starts) {
        combo->addItem(start.title);
        combo->setItemData(combo->count() - 1, start.description, Qt::ToolTipRole);
    }
    combo->setMinimumWidth(300);
    connect(combo, &QComboBox::activated, this,
            [this, starts](int index) { this->model().replace(starts[std::size_t(index)].experiment); });
    onChange([combo, starts](const Experiment& experiment, bool) {
        int current = -1;
        for (std::size_t i = 0; i < starts.size(); ++i)
            if (starts[i].experiment == experiment) current = int(i);
        combo->setCurrentIndex(current);
    });
    auto* from = new QLabel(tr("Start fro&m"));
    from->setBuddy(combo);
    first->addWidget(from);
    first->addWidget(combo);
    for (QAction* action : actions) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::TabFocus);
        first->addWidget(button);
    }
    first->addStretch(1);

    const auto add = [second](const QString& text, MarkedField* field, int stretch) {
        auto* label = new QLabel(text);
        label->setBuddy(field->editor());
        field->setLabel(label);
        second->addWidget(label);
        second->addWidget(field, stretch);
    };
    add(tr("&Name"),
        textField(
            QStringLiteral("name"), {}, tr("Name of the run in the archive."),
            [](auto& e) -> auto& { return e.name; }),
        2);
    add(tr("Descri&ption"),
        textField(
            QStringLiteral("description"), tr("What this experiment should show"),
            tr("A line or two for whoever reads the run later."),
            [](auto& e) -> auto& { return e.description; }),
        5);
}

} // namespace dstn::ui
