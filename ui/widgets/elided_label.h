#pragma once

#include <QLabel>

namespace dstn::ui {

/// A line of plain text that gives way: what does not fit ends in an ellipsis, and is whole in the tool tip.
class ElidedLabel : public QLabel {
  public:
    explicit ElidedLabel(const QString& text = {}, QWidget* parent = nullptr);
    QSize minimumSizeHint() const override;

  protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

  private:
    QString shown() const;
};

} // namespace dstn::ui
