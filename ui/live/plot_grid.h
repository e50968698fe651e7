#pragma once

#include <QList>
#include <QWidget>

class QGridLayout;

namespace dstn::ui {

class CurvePlot;

/// Plots in a grid that follows the width: the main ones wide and two in a row, the small multiples in as
/// many columns as are readable. Rows share spare height.
class PlotGrid : public QWidget {
  public:
    explicit PlotGrid(QWidget* parent = nullptr);
    /// Takes the plots; those of before are deleted.
    void setPlots(const QList<CurvePlot*>& main, const QList<CurvePlot*>& small);
    const QList<CurvePlot*>& plots() const { return all_; }

  protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    void arrange(bool force);

    QGridLayout* grid_;
    QList<CurvePlot*> main_, small_, all_;
    int columns_ = 0;
};

} // namespace dstn::ui
