#include "ui/live/event_list.h"

#include "core/run/overloaded.h"
#include "ui/text/number_text.h"
#include "ui/text/run_summary.h"
#include "ui/widgets/theme.h"

#include <QClipboard>
#include <QDateTime>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QScrollBar>
#include <QTimer>

namespace dstn::ui {

namespace {
constexpr int mostLines = 500;
constexpr int scrollPauseMs = 250;
} // namespace

EventList::EventList(QWidget* parent) : QListWidget(parent) {
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setWordWrap(true);
    setUniformItemSizes(false);
    setAccessibleName(tr("Events of the run"));
}

void EventList::feed(const Event& event) {
    std::visit(
        overloaded{[&](const RunStarted& started) { take(started); },
                   [&](const ProgressMade& progress) {
                       step_ = progress.step;
                       seconds_ = progress.seconds;
                   },
                   [&](const EpochFinished& epoch) { take(epoch); },
                   [&](const StateChanged& changed) { take(changed); },
                   [&](const HyperparameterSet& set) {
                       step_ = set.step;
                       addLine(tr("%1 set to %2").arg(QString::fromStdString(set.name), typedText(set.value)),
                               LogLevel::info);
                   },
                   [&](const LogLine& line) { addLine(QString::fromStdString(line.text), line.level); },
                   [&](const CheckpointTaken& checkpoint) {
                       step_ = checkpoint.step;
                       addLine(tr("Checkpoint saved"), LogLevel::info);
                   },
                   // The state that a run ends in is told before.
                   ignore<SamplesTaken, HyperparametersSampled, RunFinished, LoadingProgressed>},
        event);
}

void EventList::take(const RunStarted& started) {
    step_ = started.firstStep;
    language_ = started.data.task == TaskKind::language;
    addLine(started.firstStep > 0
                ? tr("Resumed after step %1").arg(countText(started.firstStep))
                : (language_ ? tr("Started on %1, %2 tokens, %3 + %4 parameters")
                             : tr("Started on %1, %2 examples, %3 + %4 parameters"))
                      .arg(QString::fromStdString(started.environment.device), countText(started.data.train),
                           countText(started.parameters), countText(started.responseParameters)),
            LogLevel::info);
}

void EventList::take(const EpochFinished& epoch) {
    const EpochResult& result = epoch.result;
    step_ = result.step;
    addLine(tr("Epoch %1: validation loss %2")
                .arg(result.epoch)
                .arg(lossText(result.validationLoss, result.validationAccuracy, language_)),
            LogLevel::info);
}

void EventList::take(const StateChanged& changed) {
    const QString reason = QString::fromStdString(changed.reason);
    addLine(reason.isEmpty() ? stateText(changed.state)
                             : QStringLiteral("%1: %2").arg(stateText(changed.state), reason),
            changed.state == RunState::failed ? LogLevel::error : LogLevel::info);
}

void EventList::showEarlier(const std::vector<std::pair<std::string, std::string>>& events) {
    clear();
    for (const auto& [time, text] : events) {
        const QDateTime moment = momentOf(time);
        const QString when = moment.isValid() ? secondText(moment) : QString::fromStdString(time);
        auto* item = new QListWidgetItem(tr("%1: %2").arg(when, QString::fromStdString(text)), this);
        item->setForeground(palette().color(QPalette::PlaceholderText));
    }
    while (count() > mostLines) delete takeItem(0);
    scrollToBottom();
}

void EventList::addLine(const QString& text, LogLevel level) {
    const bool atEnd = scrolling_ || verticalScrollBar()->value() >= verticalScrollBar()->maximum() - 4;
    auto* item = new QListWidgetItem(tr("Step %1: %2").arg(countText(step_), text), this);
    item->setToolTip(tr("After step %1, %2 of training").arg(countText(step_), durationText(seconds_)));
    if (level != LogLevel::info)
        item->setForeground(
            toneColor(level == LogLevel::error ? Tone::bad : Tone::warning, isDark(palette())));
    if (count() > mostLines) delete takeItem(0);
    if (!atEnd || scrolling_) return;
    // Once for all that comes meanwhile: scrolling lays out all lines.
    scrolling_ = true;
    QTimer::singleShot(scrollPauseMs, this, [this] {
        scrolling_ = false;
        scrollToBottom();
    });
}

void EventList::keyPressEvent(QKeyEvent* event) {
    if (!event->matches(QKeySequence::Copy)) {
        QListWidget::keyPressEvent(event);
        return;
    }
    QStringList lines;
    for (int row = 0; row < count(); ++row)
        if (item(row)->isSelected()) lines.append(item(row)->text());
    QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

} // namespace dstn::ui
