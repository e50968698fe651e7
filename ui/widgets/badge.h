#pragma once

#include "ui/widgets/theme.h"

#include <QWidget>

namespace dstn::ui {

/// A short word on a tinted pill with a dot, as for a run's state.
class Badge : public QWidget {
  public:
    explicit Badge(QWidget* parent = nullptr);
    void set(const QString& text, Tone tone);
    QString text() const { return text_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    QString text_;
    Tone tone_ = Tone::neutral;
};

} // namespace dstn::ui
