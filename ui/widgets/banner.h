#pragma once

#include "ui/widgets/theme.h"

#include <QWidget>

class QLabel;
class QToolButton;

namespace dstn::ui {

/// A line across the page that says something important without standing in the way; Esc or × closes it.
class Banner : public QWidget {
    Q_OBJECT

  public:
    explicit Banner(QWidget* parent = nullptr);
    void showMessage(const QString& text, Tone tone);
    QString text() const;

  protected:
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

  private:
    QLabel* label_;
    QToolButton* close_;
    Tone tone_ = Tone::neutral;
};

} // namespace dstn::ui
