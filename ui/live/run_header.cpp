#include "ui/live/run_header.h"

#include "ui/text/number_text.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/elided_label.h"

#include <QBoxLayout>
#include <QLabel>
#include <QProgressBar>

#include <cmath>

namespace dstn::ui {

static constexpr int gap = 18; // between cells

Tone stateTone(RunState state) {
    switch (state) {
    case RunState::preparing:
    case RunState::running:
        return Tone::busy;
    case RunState::completed:
        return Tone::good;
    case RunState::paused:
    case RunState::interrupted:
        return Tone::warning;
    case RunState::failed:
        return Tone::bad;
    case RunState::stopped:
        return Tone::neutral;
    }
    return Tone::neutral;
}

static QString pendingText(Pending pending) {
    switch (pending) {
    case Pending::none:
        return {};
    case Pending::starting:
        return RunHeader::tr("starting…");
    case Pending::pausing:
        return RunHeader::tr("pausing…");
    case Pending::resuming:
        return RunHeader::tr("resuming…");
    case Pending::stopping:
        return RunHeader::tr("stopping…");
    }
    return {};
}

RunHeader::RunHeader(QWidget* parent)
    : QWidget(parent),
      top_(new QHBoxLayout),
      cells_(new QHBoxLayout),
      progress_(new QHBoxLayout),
      results_(new QHBoxLayout),
      name_(new ElidedLabel),
      badge_(new Badge),
      bar_(new QProgressBar) {
    QFont large = name_->font();
    large.setPointSizeF(large.pointSizeF() * 1.35);
    large.setBold(true);
    name_->setFont(large);
    name_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    bar_->setTextVisible(false);
    bar_->setFixedHeight(6);
    bar_->setRange(0, 1000);
    bar_->setAccessibleName(tr("Progress of the run"));
    progress_->setSpacing(gap);
    results_->setSpacing(gap);
    top_->setSpacing(12);
    top_->addWidget(name_, 1);
    top_->addWidget(badge_);
    epoch_ = addCell(progress_, tr("Epoch"), 0).value;
    step_ = addCell(progress_, tr("Step"), 0).value;
    const Cell speed = addCell(progress_, tr("Examples/s"), 0);
    speedCaption_ = speed.caption;
    speed_ = speed.value;
    memory_ = addCell(progress_, tr("Memory"), 0).value;
    memory_->setToolTip(tr("Memory of the run's tensors on its device, including memory kept for reuse"));
    elapsed_ = addCell(progress_, tr("Training time"), 0).value;
    left_ = addCell(progress_, tr("Time left"), 0).value;
    progress_->addStretch(1);
    best_ = addCell(results_, tr("Best validation loss"), 0).value;
    bestAt_ = addCell(results_, tr("Hyperparameters at the best epoch"), 1).value;
    bestAt_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    cells_->addLayout(progress_);
    cells_->addLayout(results_, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addLayout(top_);
    layout->addWidget(bar_);
    layout->addLayout(cells_);
}

RunHeader::Cell RunHeader::addCell(QHBoxLayout* line, const QString& caption, int stretch) {
    auto* title = new ElidedLabel(caption);
    title->setForegroundRole(QPalette::PlaceholderText);
    QFont small = title->font();
    small.setPointSizeF(small.pointSizeF() - 1.0);
    title->setFont(small);
    auto* value = new ElidedLabel(QStringLiteral("–"));
    value->setAccessibleName(caption);
    auto* cell = new QVBoxLayout;
    cell->setSpacing(1);
    cell->addWidget(title);
    cell->addWidget(value);
    line->addLayout(cell, stretch);
    return {.caption = title, .value = value};
}

void RunHeader::arrange() {
    // Of the hyperparameters a part is enough: all stand in the tool tip.
    constexpr int someHyperparameters = 200;
    int needed = someHyperparameters + best_->sizeHint().width() + gap;
    for (int i = 0; i < progress_->count(); ++i) needed += progress_->itemAt(i)->sizeHint().width() + gap;
    const bool fits = needed <= width();
    // Values grow: a run that does not fit into one line now will not fit later.
    if (fits && cells_->direction() == QBoxLayout::TopToBottom && width() == arrangedFor_) return;
    arrangedFor_ = width();
    cells_->setDirection(fits ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
    cells_->setSpacing(fits ? gap : 6);
}

void RunHeader::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange();
}

void RunHeader::addControls(QWidget* controls) { top_->addWidget(controls); }

void RunHeader::show(const RunSummary& summary, Pending pending) {
    name_->setText(!summary.name.isEmpty() ? summary.name
                   : ended(summary.state)  ? tr("Not started")
                                           : tr("Preparing…"));
    name_->setToolTip(summary.run.isEmpty() ? QString()
                                            : tr("Run %1 on %2").arg(summary.run, summary.device));
    if (pending != Pending::none)
        badge_->set(pendingText(pending), Tone::busy);
    else if (summary.state == RunState::running && summary.warmup)
        badge_->set(tr("running · warm-up"), Tone::busy);
    else
        badge_->set(stateText(summary.state), stateTone(summary.state));
    badge_->setToolTip(summary.warmup && summary.state == RunState::running
                           ? tr("The hyperparameters are fixed until the warm-up is over.")
                           : summary.reason);
    // Without a known share the bar shows only that work is in progress.
    const bool preparing = summary.state == RunState::preparing;
    const std::optional<double> read = summary.loading ? summary.loading->fraction : std::nullopt;
    const bool busy = preparing && !read;
    bar_->setRange(0, busy ? 0 : 1000);
    if (!busy) bar_->setValue(static_cast<int>((preparing ? *read : summary.progress()) * 1000.0));
    if (preparing && (pending == Pending::none || pending == Pending::starting) && summary.loading) {
        const QString what = QString::fromStdString(summary.loading->what);
        badge_->set(read ? tr("%1, %2 %").arg(what).arg(int(*read * 100.0)) : what, Tone::busy);
    }
    const double total = summary.epochTotal();
    epoch_->setText(total > 0 ? tr("%1 of %2").arg(decimalText(summary.epoch(), 2), quantityText(total))
                              : QStringLiteral("–"));
    step_->setText(summary.stepsTotal > 0
                       ? tr("%1 of %2").arg(countText(summary.step), countText(summary.stepsTotal))
                       : QStringLiteral("–"));
    speedCaption_->setText(summary.language ? tr("Tokens/s") : tr("Examples/s"));
    speed_->setAccessibleName(speedCaption_->text());
    speed_->setText(summary.examplesPerSecond ? quantityText(*summary.examplesPerSecond)
                                              : QStringLiteral("–"));
    memory_->setText(summary.memoryBytes > 0 ? bytesText(static_cast<double>(summary.memoryBytes))
                                             : QStringLiteral("–"));
    elapsed_->setText(durationText(summary.seconds));
    left_->setText(durationText(summary.secondsLeft));
    if (summary.best) {
        best_->setText(tr("%1, epoch %2")
                           .arg(lossText(summary.best->validationLoss, summary.best->validationAccuracy,
                                         summary.language))
                           .arg(summary.best->epoch));
        const QString values = hyperparametersText(summary.best->hyperparameters);
        bestAt_->setText(values.isEmpty() ? QStringLiteral("–") : values);
        bestAt_->setToolTip(values);
    } else {
        best_->setText(QStringLiteral("–"));
        bestAt_->setText(QStringLiteral("–"));
        bestAt_->setToolTip({});
    }
    arrange();
}

} // namespace dstn::ui
