#pragma once

#include "core/experiment/experiment.h"
#include "ui/live/run_controller.h"
#include "ui/studies/study_controller.h"

#include <QMainWindow>
#include <QTimer>

#include <filesystem>
#include <optional>

class QActionGroup;
class QLabel;
class QProgressBar;
class QStackedWidget;

namespace dstn::ui {

class ArchivePage;
class ArchivedRunPage;
class ComparePage;
class LivePage;
class NavigationBar;
class SetupPage;
class StudiesPage;
class Theme;

/// The workspaces in one window: Set up, Live, Archive, Compare, Studies. It leads from one to another and
/// holds the menus; what each does is up to it. A run and a study are never in progress at the same time.
/// Closing the window first saves what is in progress as interrupted.
class MainWindow : public QMainWindow {
    Q_OBJECT

  public:
    enum Place { setupPlace, livePlace, archivePlace, comparePlace, studiesPlace };

    MainWindow(const std::filesystem::path& archive, const Experiment& experiment, Theme& theme,
               RunLauncher launcher = sessionLauncher(),
               StudyLauncher studyLauncher = studySessionLauncher());
    ~MainWindow() override;

    /// Starts the experiment that is set up.
    void run();
    void goTo(Place place);
    Place place() const;
    void openRun(const QString& run);
    /// A sentence above the set-up page's fields.
    void tell(const QString& problem);
    RunController& controller() { return controller_; }
    StudyController& studyController() { return studyController_; }

  protected:
    void closeEvent(QCloseEvent* event) override;

  private:
    void makeMenus();
    void makeStatusBar();
    void connectPages();
    void start(const Experiment& experiment);
    void openStudy(const QString& study);
    bool isIdle() const { return controller_.isIdle() && studyController_.isIdle(); }
    void resumeRun(const QString& run);
    void duplicate(const QString& experimentJson);
    void setUp(const Experiment& experiment);
    void exportPlot();
    void offerExport();
    void showShortcuts();
    void showAbout();
    void updateStatus();
    void updateBusy();
    QString studyStatus() const;
    void restoreSettings();
    void saveSettings() const;

    Theme& theme_;
    RunController controller_;
    StudyController studyController_;
    NavigationBar* navigation_;
    QStackedWidget* places_;
    SetupPage* setup_;
    LivePage* live_;
    QStackedWidget* archiveStack_;
    ArchivePage* archive_;
    ArchivedRunPage* archivedRun_;
    ComparePage* compare_;
    StudiesPage* studies_;
    QActionGroup* themes_ = nullptr;
    QAction* export_ = nullptr;
    QLabel* device_ = nullptr;
    QLabel* state_ = nullptr;
    QProgressBar* progress_ = nullptr;
    std::optional<RunRequest> followed_; ///< what was set up to repeat a run
    bool runStarted_ = false;            ///< not only launched
    double flopsPerStep_ = 0.0;          ///< of the run in progress
    double measuredFlops_ = 0.0; ///< a second, reached by the last long run on this machine; 0: none yet
    QTimer keepExperiment_;      ///< an edit waits for the next ones before it is written
    QString setupSays_;          ///< why it cannot run
    bool closing_ = false;
};

} // namespace dstn::ui
