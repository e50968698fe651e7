#include "ui/setup/summary_panel.h"

#include "ui/forms/mark_board.h"
#include "ui/forms/mark_colors.h"
#include "ui/setup/measured_speed.h"
#include "ui/text/number_text.h"

#include <QEvent>
#include <QVBoxLayout>

namespace dstn::ui {

static QFrame* makeLine() {
    auto* line = new QFrame;
    line->setFrameShape(QFrame::HLine);
    line->setFrameShadow(QFrame::Plain);
    line->setForegroundRole(QPalette::Mid);
    return line;
}

SummaryPanel::SummaryPanel(QAction* run, QWidget* parent) : QWidget(parent), figures_(new QFormLayout) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 12);
    layout->setSpacing(8);

    auto* title = new QLabel(tr("What it takes"));
    QFont bold = title->font();
    bold.setBold(true);
    title->setFont(bold);
    layout->addWidget(title);
    figures_->setHorizontalSpacing(10);
    figures_->setVerticalSpacing(4);
    layout->addLayout(figures_);
    tuned_ = addFigure(tr("Tuned"), tr("Hyperparameters that are tuned: H, the coordinates of λ."));
    parameters_ = addFigure(tr("Weights w₀"), tr("Number of weights in the network itself."));
    response_ =
        addFigure(tr("Response Θ"),
                  tr("Number of response parameters: about as many again, plus 2 · out · H per layer."));
    memory_ = addFigure(tr("Memory"),
                        tr("Memory for parameters, responses, optimiser state, activations and data."));
    trainings_ = addFigure(tr("Trainings"), tr("For a search: how often the network is trained at most."));
    steps_ = addFigure(tr("Steps"), tr("Training steps in the whole budget."));
    epoch_ = addFigure(tr("Steps per epoch"), tr("Training steps per epoch."));
    time_ = addFigure(tr("Time"), tr("Estimated from the floating-point operations of the run."));
    timeNote_ = new QLabel;
    timeNote_->setObjectName(QStringLiteral("timeNote"));
    timeNote_->setWordWrap(true);
    timeNote_->setForegroundRole(QPalette::PlaceholderText);
    layout->addWidget(timeNote_);
    layout->addWidget(makeLine());

    heading_ = new QLabel;
    heading_->setObjectName(QStringLiteral("mistakeCount"));
    layout->addWidget(heading_);
    list_ = new QListWidget;
    list_->setObjectName(QStringLiteral("mistakes"));
    list_->setAccessibleName(tr("Mistakes"));
    list_->setWordWrap(true);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setFrameShape(QFrame::NoFrame);
    list_->setSpacing(2);
    list_->setToolTip(tr("Click, or press Return, to go to the field."));
    list_->viewport()->setAutoFillBackground(false);
    list_->setResizeMode(QListView::Adjust);
    layout->addWidget(list_, 1);
    layout->addStretch(0);
    const auto activate = [this](const QListWidgetItem* item) {
        emit mistakeActivated(item->data(Qt::UserRole).toString());
    };
    connect(list_, &QListWidget::itemClicked, this, activate);
    connect(list_, &QListWidget::itemActivated, this, activate);

    reason_ = new QLabel;
    reason_->setObjectName(QStringLiteral("runReason"));
    reason_->setWordWrap(true);
    reason_->setAlignment(Qt::AlignCenter);
    layout->addWidget(reason_);
    run_ = new QPushButton(tr("▶  Run"));
    run_->setObjectName(QStringLiteral("run"));
    QFont large = run_->font();
    large.setBold(true);
    large.setPointSizeF(large.pointSizeF() * 1.2);
    run_->setFont(large);
    run_->setMinimumHeight(run_->fontMetrics().height() * 5 / 2);
    layout->addWidget(run_);
    connect(run_, &QPushButton::clicked, run, &QAction::trigger);
    // The action stays enabled while the data is being looked at: a key pressed then shall not be lost.
    connect(run, &QAction::changed, run_, [this, run] { run_->setEnabled(run->isEnabled()); });
}

QLabel* SummaryPanel::addFigure(const QString& name, const QString& toolTip) {
    auto* label = new QLabel(name);
    label->setForegroundRole(QPalette::PlaceholderText);
    label->setToolTip(toolTip);
    auto* value = new QLabel;
    value->setToolTip(toolTip);
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    value->setAlignment(Qt::AlignRight);
    value->setAccessibleName(name);
    figures_->addRow(label, value);
    return value;
}

void SummaryPanel::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    // Only here is this widget's own palette the new one: the page's change comes before it.
    if (event->type() == QEvent::PaletteChange) colourHeading();
}

void SummaryPanel::colourHeading() {
    const MarkColors colours(palette());
    QPalette headingColours = palette();
    headingColours.setColor(QPalette::WindowText, list_->count() == 0 ? colours.accent : colours.error);
    heading_->setPalette(headingColours);
}

void SummaryPanel::show(const Content& content) {
    const QString unknown = QStringLiteral("–");
    tuned_->setText(countText(content.tuned));
    parameters_->setText(content.model ? countText(content.model->parameters) : unknown);
    response_->setText(content.model ? countText(content.model->responseParameters) : unknown);
    memory_->setText(content.estimate ? tr("about %1").arg(bytesText(double(content.estimate->memoryBytes)))
                                      : unknown);
    const bool search = content.trainings > 0;
    figures_->labelForField(trainings_)->setVisible(search);
    trainings_->setVisible(search);
    trainings_->setText(countText(content.trainings));
    const std::int64_t trainings = search ? content.trainings : 1;
    steps_->setText(content.estimate ? countText(content.estimate->steps * trainings) : unknown);
    epoch_->setText(content.estimate ? countText(content.estimate->stepsPerEpoch) : unknown);
    time_->setText(content.estimate
                       ? tr("about %1")
                             .arg(roughDurationText(double(trainings) * content.estimate->trainingFlops /
                                                    content.flopsPerSecond))
                       : unknown);
    timeNote_->setText(content.measured ? tr("At %1 GFLOP/s, as measured on the last long run.")
                                              .arg(gigaflopsText(content.flopsPerSecond))
                                        : tr("At %1 GFLOP/s, assumed until a long run has been measured.")
                                              .arg(gigaflopsText(content.flopsPerSecond)));
    timeNote_->setVisible(content.estimate.has_value());

    const std::size_t count = content.mistakes.size();
    heading_->setText(count == 0   ? tr("✓ No mistakes")
                      : count == 1 ? tr("⚠ 1 mistake")
                                   : tr("⚠ %1 mistakes").arg(count));
    list_->clear();
    for (const Mistake& mistake : content.mistakes) {
        const QString path = QString::fromStdString(mistake.path);
        auto* item = new QListWidgetItem(
            tr("%1: %2").arg(placeText(path), QString::fromStdString(mistake.message)), list_);
        item->setData(Qt::UserRole, path);
    }
    list_->setVisible(count > 0);
    colourHeading();
    reason_->setText(content.reason);
    reason_->setVisible(!content.reason.isEmpty());
    run_->setText(search ? tr("▶  Run the search") : tr("▶  Run"));
    run_->setToolTip(!content.reason.isEmpty() ? content.reason
                     : search                  ? tr("Creates a study of its trainings and starts it (Ctrl+R)")
                                               : tr("Starts the run (Ctrl+R)"));
}

} // namespace dstn::ui
