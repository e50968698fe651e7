#pragma once

#include "ui/live/run_controller.h"

#include <QWidget>

class QAction;
class QSplitter;
class QStackedWidget;

namespace dstn::ui {

class Banner;
class EmptyState;
class EventList;
class NudgePanel;
class RunView;

/// The workspace "Live": the run that goes on, with its controls, its hyperparameters to be moved, and what
/// happened. It shows what the controller tells and sends commands to it.
class LivePage : public QWidget {
    Q_OBJECT

  public:
    explicit LivePage(RunController& controller, QWidget* parent = nullptr);

    RunView* view() const { return view_; }
    Banner* banner() const { return banner_; }
    /// Shows a run of the archive and, once it is read, goes on with it.
    void resumeFromArchive(const QString& run);
    /// Actions with their shortcuts (Ctrl+P, Ctrl+., Ctrl+K), for a menu.
    QAction* pauseAction() const { return pause_; }
    QAction* stopAction() const { return stop_; }
    QAction* checkpointAction() const { return checkpoint_; }
    QByteArray saveLayout() const;
    void restoreLayout(const QByteArray& layout);

  signals:
    void setUpRequested();

  protected:
    void changeEvent(QEvent* event) override;

  private:
    QWidget* makeControls(); ///< buttons of the actions
    QWidget* makeSide();     ///< nudges and events
    void connectActions();
    void connectController();
    void connectView();
    void feed(const Event& event);
    void updateActions();
    void showRun(bool any);

    RunController& controller_;
    QStackedWidget* stack_;
    EmptyState* empty_;
    RunView* view_;
    Banner* banner_;
    NudgePanel* nudge_;
    EventList* events_;
    QSplitter* splitter_;
    QAction* pause_;
    QAction* stop_;
    QAction* checkpoint_;
    QString resuming_; ///< a run being read, to be resumed
};

} // namespace dstn::ui
