#pragma once

#include "core/study/study.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;

namespace dstn::ui {

class NumberEdit;

/// A line in which a study is given more budget or more seeds.
class ExtendPanel : public QWidget {
    Q_OBJECT

  public:
    explicit ExtendPanel(QWidget* parent = nullptr);
    /// Shows the study as it is.
    void setStudy(const Study& study);

  signals:
    void extended(const dstn::Study& study); ///< it only grew, and is another one than before
    void cancelled();

  protected:
    void keyPressEvent(QKeyEvent* event) override;

  private:
    void check();

    Study study_, wanted_;
    NumberEdit* budget_;
    QLabel* unit_;
    QLineEdit* seeds_;
    QLabel* problem_;
    QPushButton* apply_;
};

} // namespace dstn::ui
