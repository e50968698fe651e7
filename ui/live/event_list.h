#pragma once

#include "core/run/events.h"

#include <QListWidget>

namespace dstn {

/// What happened in a run, line by line, newest at the end. Ctrl+C copies the selected lines.
class EventList : public QListWidget {
    Q_OBJECT

  public:
    explicit EventList(QWidget* parent = nullptr);
    void feed(const Event& event);

  protected:
    void keyPressEvent(QKeyEvent* event) override;

  private:
    void addLine(const QString& text, LogLevel level);

    double seconds_ = 0.0;
    std::int64_t step_ = 0;
};

} // namespace dstn
