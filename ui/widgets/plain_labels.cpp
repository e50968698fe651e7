#include "ui/widgets/plain_labels.h"

#include <QApplication>
#include <QEvent>
#include <QLabel>

namespace dstn::ui {

PlainLabels::PlainLabels(QApplication& application) { application.installEventFilter(this); }

bool PlainLabels::eventFilter(QObject* watched, QEvent* event) {
    // Comes before a label is first measured or drawn, and so before its markup is.
    if (event->type() == QEvent::Polish)
        if (auto* label = qobject_cast<QLabel*>(watched); label && label->textFormat() == Qt::AutoText)
            label->setTextFormat(Qt::PlainText);
    return QObject::eventFilter(watched, event);
}

} // namespace dstn::ui
