#include "ui/live/event_list.h"

#include "ui/text/run_summary.h"
#include "ui/widgets/theme.h"

#include <QClipboard>
#include <QDateTime>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QScrollBar>

namespace dstn::ui {

namespace {
constexpr int mostLines = 2000;
}

EventList::EventList(QWidget* parent) : QListWidget(parent) {
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setWordWrap(true);
    setUniformItemSizes(false);
    setAccessibleName(tr("Events of the run"));
}

void EventList::feed(const Event& event) {
    if (const auto* started = std::get_if<RunStarted>(&event)) {
        step_ = started->firstStep;
        language_ = started->data.task == TaskKind::language;
        addLine(started->firstStep > 0
                    ? tr("Resumed after step %1").arg(countText(started->firstStep))
                    : (language_ ? tr("Started on %1, %2 tokens, %3 + %4 parameters")
                                 : tr("Started on %1, %2 examples, %3 + %4 parameters"))
                          .arg(QString::fromStdString(started->environment.device),
                               countText(started->data.train), countText(started->parameters),
                               countText(started->responseParameters)),
                LogLevel::info);
    } else if (const auto* progress = std::get_if<ProgressMade>(&event)) {
        step_ = progress->step;
        seconds_ = progress->seconds;
    } else if (const auto* finishedEpoch = std::get_if<EpochFinished>(&event)) {
        const EpochResult& result = finishedEpoch->result;
        step_ = result.step;
        addLine(tr("Epoch %1: validation loss %2")
                    .arg(result.epoch)
                    .arg(lossText(result.validationLoss, result.validationAccuracy, language_)),
                LogLevel::info);
    } else if (const auto* changed = std::get_if<StateChanged>(&event)) {
        const QString reason = QString::fromStdString(changed->reason);
        addLine(reason.isEmpty() ? stateText(changed->state)
                                 : QStringLiteral("%1: %2").arg(stateText(changed->state), reason),
                changed->state == RunState::failed ? LogLevel::error : LogLevel::info);
    } else if (const auto* set = std::get_if<HyperparameterSet>(&event)) {
        step_ = set->step;
        addLine(tr("%1 moved to %2").arg(QString::fromStdString(set->name)).arg(set->value, 0, 'g', 4),
                LogLevel::info);
    } else if (const auto* line = std::get_if<LogLine>(&event)) {
        addLine(QString::fromStdString(line->text), line->level);
    } else if (const auto* checkpoint = std::get_if<CheckpointTaken>(&event)) {
        step_ = checkpoint->step;
        addLine(tr("Checkpoint saved"), LogLevel::info);
    }
}

void EventList::showEarlier(const std::vector<std::pair<std::string, std::string>>& events) {
    clear();
    for (const auto& [time, text] : events) {
        const QDateTime moment = QDateTime::fromString(QString::fromStdString(time), Qt::ISODateWithMs);
        const QString when = moment.isValid()
                                 ? moment.toLocalTime().toString(QStringLiteral("yyyy-MM-dd HH:mm:ss"))
                                 : QString::fromStdString(time);
        auto* item = new QListWidgetItem(tr("%1: %2").arg(when, QString::fromStdString(text)), this);
        item->setForeground(palette().color(QPalette::PlaceholderText));
    }
    while (count() > mostLines) delete takeItem(0);
    scrollToBottom();
}

void EventList::addLine(const QString& text, LogLevel level) {
    const bool atEnd = verticalScrollBar()->value() >= verticalScrollBar()->maximum() - 4;
    auto* item = new QListWidgetItem(tr("Step %1: %2").arg(countText(step_), text), this);
    item->setToolTip(tr("After step %1, %2 of training").arg(countText(step_), durationText(seconds_)));
    if (level != LogLevel::info)
        item->setForeground(
            toneColor(level == LogLevel::error ? Tone::bad : Tone::warning, isDark(palette())));
    if (count() > mostLines) delete takeItem(0);
    if (atEnd) scrollToBottom();
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
