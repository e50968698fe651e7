#pragma once

#include <QAbstractButton>
#include <QColor>

namespace dstn::ui {

/// One entry of a legend: a piece of the curve's line and its name; pressed, it hides or shows the curve.
class LegendToggle : public QAbstractButton {
    Q_OBJECT

  public:
    explicit LegendToggle(const QString& name, QWidget* parent = nullptr);
    void setLine(const QColor& color, Qt::PenStyle dash);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

  protected:
    void paintEvent(QPaintEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;

  private:
    QColor color_;
    Qt::PenStyle dash_ = Qt::SolidLine;
};

} // namespace dstn::ui
