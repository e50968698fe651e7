#pragma once

#include "ui/studies/loaded_study.h"

#include <QWidget>

#include <filesystem>
#include <memory>

namespace dstn::ui {

class StudyController;

/// One study: what it does, what its methods reached against what they spent, whether that differs, and its
/// runs. It shows what the archive has; commands go to the StudyController, or out as signals.
class StudyPage : public QWidget {
    Q_OBJECT

  public:
    /// @param archive the file, which an export must not overwrite
    StudyPage(StudyController& controller, std::filesystem::path archive, QWidget* parent = nullptr);
    ~StudyPage() override;

    /// Of which study what is read now will be shown; the page is empty until show().
    void open(const QString& study);
    /// UUID; empty before open().
    QString study() const;
    void show(const LoadedStudy& loaded);
    using QWidget::show;
    /// It cannot be read, and why.
    void showProblem(const QString& message);
    /// Something to say above all else, until it is closed.
    void tell(const QString& message, bool isError);
    void exportPicture();

  signals:
    void closed(); ///< back to the list
    void runRequested(const QString& study);
    void openRunRequested(const QString& run);
    /// With a larger budget or further seeds, to be kept and run.
    void extendRequested(const QString& study, const dstn::Study& extended);
    void editRequested(const dstn::Study& study); ///< as the beginning of a new one

  protected:
    void changeEvent(QEvent* event) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace dstn::ui
