#pragma once

#include "ui/live/run_controller.h"
#include "ui/text/run_summary.h"

#include <QWidget>

class QBoxLayout;
class QHBoxLayout;
class QLabel;
class QProgressBar;

namespace dstn::ui {

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

  protected:
    void resizeEvent(QResizeEvent* event) override;

  private:
    struct Cell {
        QLabel* caption;
        QLabel* value;
    };
    static Cell addCell(QHBoxLayout* line, const QString& caption, int stretch);
    /// Progress and results beside each other, or beneath where that would cut them.
    void arrange();

    QHBoxLayout* top_;
    QBoxLayout* cells_;
    QHBoxLayout* progress_; ///< the cells of how far the run is
    QHBoxLayout* results_;
    int arrangedFor_ = 0; ///< width
    QLabel* name_;
    Badge* badge_;
    QProgressBar* bar_;
    QLabel* epoch_;
    QLabel* step_;
    QLabel* speedCaption_;
    QLabel* speed_;
    QLabel* memory_;
    QLabel* elapsed_;
    QLabel* left_;
    QLabel* best_;
    QLabel* bestAt_;
};

Tone stateTone(RunState state);

} // namespace dstn::ui
