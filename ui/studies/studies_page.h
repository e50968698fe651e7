#pragma once

#include "ui/studies/study_controller.h"

#include <QWidget>

#include <filesystem>
#include <memory>

namespace dstn::ui {

/// The workspace "Studies": the list of the archive's studies, one of them with its results, and the page on
/// which a new one is made. Follows the archive by itself, whoever writes it; reads and computes on the
/// archive's thread, a study's results about once a second while it changes.
class StudiesPage : public QWidget {
    Q_OBJECT

  public:
    /// @param controller executes studies
    StudiesPage(std::filesystem::path archive, StudyController& controller, QWidget* parent = nullptr);
    ~StudiesPage() override;

    /// The experiment that is set up now, which a new study may start from.
    void setCurrentExperiment(const Experiment& experiment);
    /// Why no study can be started now; empty: one can.
    void setBusy(const QString& reason);
    void openStudy(const QString& study);
    void showList();
    /// Makes a study of an experiment whose tuner searches, and runs it.
    void startSearch(const Experiment& search);
    /// The chart of the study that is shown, for a file; false where none is shown.
    bool exportPicture();

  signals:
    void openRunRequested(const QString& run);

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace dstn::ui
