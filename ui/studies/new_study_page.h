#pragma once

#include "core/study/study.h"

#include <QWidget>

#include <memory>

namespace dstn::ui {

/// "New study": an experiment, methods, seeds and one budget, with the mistakes where they are made and what
/// the budget means for each method. It only makes the document; running it is for others.
class NewStudyPage : public QWidget {
    Q_OBJECT

  public:
    explicit NewStudyPage(QWidget* parent = nullptr);
    ~NewStudyPage() override;

    /// The experiment that is set up now, which a study may start from.
    void setCurrentExperiment(const Experiment& experiment);
    /// Fills everything in.
    void setStudy(const Study& study);
    Study study() const;
    /// Every mistake of the study, invalid text in its fields included.
    std::vector<Mistake> mistakes() const;

  signals:
    /// @param run at once
    void created(const dstn::Study& study, bool run);
    void closed(); ///< back to the list

  protected:
    void changeEvent(QEvent* event) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace dstn::ui
