#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace dstn::ui {

/// What a page shows while it has nothing to show: what will be here, and how to get it.
class EmptyState : public QWidget {
    Q_OBJECT

  public:
    EmptyState(const QString& icon, const QString& title, const QString& hint, QWidget* parent = nullptr);
    /// A button below the hint; its click is actionChosen().
    void setAction(const QString& text);
    void setText(const QString& title, const QString& hint);

  signals:
    void actionChosen();

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void restyle();

    QString icon_;
    QLabel* picture_;
    QLabel* title_;
    QLabel* hint_;
    QPushButton* button_;
};

} // namespace dstn::ui
