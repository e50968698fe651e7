#pragma once

#include "core/experiment/experiment.h"
#include "core/run/engine.h"

#include <QAction>
#include <QWidget>

#include <memory>

namespace dstn::ui {

/// The workspace "Set up": everything that fixes a run, filled in from an experiment; mistakes marked at
/// their fields, in words; what the run will need beside it. The experiment is held by an ExperimentModel
/// with undo (Ctrl+Z, Ctrl+Y); the widgets only show it. Data sets are probed, and the engine asked for
/// devices, on worker threads: nothing here waits.
class SetupPage : public QWidget {
    Q_OBJECT

  public:
    explicit SetupPage(QWidget* parent = nullptr);
    ~SetupPage() override;

    /// Fills everything in; undone like an edit, unless it is the first.
    void setExperiment(const Experiment& experiment);
    const Experiment& experiment() const;
    /// A sentence above the fields, until it is closed.
    void tell(const QString& problem);
    /// Floating-point operations a second that the last long run reached, on which the expected time rests
    /// from then on; ignored where no machine is like that.
    void setMeasuredFlops(double flops);
    /// Known devices; without a call the page asks the engine itself once it is shown.
    void setEngineInfo(const EngineInfo& info);

    /// Actions with their shortcuts (Ctrl+R, Ctrl+O, Ctrl+S, Ctrl+Z, Ctrl+Y), for a menu: the page itself
    /// listens for them only while it has the focus within.
    QAction* runAction() const;
    QAction* openAction() const;
    QAction* saveAction() const;
    QAction* undoAction() const;
    QAction* redoAction() const;

  public slots:
    /// What is in progress, so that nothing can be started; empty: nothing is.
    void setBusy(const QString& reason);
    /// Emits runRequested(), if need be as soon as the data has been looked at; does nothing while there are
    /// mistakes or something is in progress.
    void run();

  signals:
    void runRequested(const dstn::Experiment& experiment);
    void experimentChanged(const dstn::Experiment& experiment);

  protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace dstn::ui
