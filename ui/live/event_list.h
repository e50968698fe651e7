#pragma once

#include "core/run/events.h"

#include <QListWidget>

#include <string>
#include <utility>
#include <vector>

namespace dstn::ui {

/// What happened in a run, line by line, newest at the end. Ctrl+C copies the selected lines.
class EventList : public QListWidget {
    Q_OBJECT

  public:
    explicit EventList(QWidget* parent = nullptr);
    void feed(const Event& event);
    /// What the archive knows of a run before it is resumed here, in place of what is shown.
    void showEarlier(const std::vector<std::pair<std::string, std::string>>& events); ///< time, text

  protected:
    void keyPressEvent(QKeyEvent* event) override;

  private:
    void take(const RunStarted& started);
    void take(const EpochFinished& epoch);
    void take(const StateChanged& changed);
    void addLine(const QString& text, LogLevel level);

    double seconds_ = 0.0;
    std::int64_t step_ = 0;
    bool language_ = false;
    bool scrolling_ = false; ///< to the end, soon
};

} // namespace dstn::ui
