#pragma once

#include "core/study/study_results.h"

#include <QWidget>

class QCheckBox;
class QComboBox;

namespace dstn::ui {

class CurvePlot;

/// Best validation loss so far against what was spent: the median over seeds with the quartiles' band, a
/// line a method; against epochs, gradient evaluations or seconds.
class StudyChart : public QWidget {
    Q_OBJECT

  public:
    explicit StudyChart(QWidget* parent = nullptr);

    void show(const StudyResults& results);
    using QWidget::show;
    void setUnit(BudgetUnit unit);
    BudgetUnit unit() const { return unit_; }
    CurvePlot* plot() const { return plot_; }

  private:
    void fill();
    void boundLosses();

    CurvePlot* plot_;
    QComboBox* axis_;
    QCheckBox* log_;
    QCheckBox* whole_;
    BudgetUnit unit_ = BudgetUnit::epochs;
    StudyResults results_;
};

} // namespace dstn::ui
