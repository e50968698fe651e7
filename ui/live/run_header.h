#pragma once

#include "ui/live/run_controller.h"
#include "ui/live/run_summary.h"

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QProgressBar;

namespace dstn {

class Badge;
enum class Tone;

/// A run in a few lines: name, state, progress, time left, best validation so far.
class RunHeader : public QWidget {
    Q_OBJECT

  public:
    explicit RunHeader(QWidget* parent = nullptr);
    void show(const RunSummary& summary, Pending pending);
    /// Puts a widget (controls) at the right of the name.
    void addControls(QWidget* controls);
    using QWidget::show;

  private:
    QLabel* addCell(const QString& caption, int stretch);

    QHBoxLayout* top_;
    QHBoxLayout* cells_;
    QLabel* name_;
    Badge* badge_;
    QProgressBar* bar_;
    QLabel* epoch_;
    QLabel* step_;
    QLabel* speed_;
    QLabel* elapsed_;
    QLabel* left_;
    QLabel* best_;
    QLabel* bestAt_;
};

Tone stateTone(RunState state);

} // namespace dstn
