#pragma once

#include <QList>
#include <QWidget>

class QAction;
class QBoxLayout;
class QToolButton;

namespace dstn::ui {

/// The workspaces at the window's left edge, one button each.
class NavigationBar : public QWidget {
    Q_OBJECT

  public:
    explicit NavigationBar(QWidget* parent = nullptr);
    /// @return the action (with shortcut) for a menu
    QAction* addPlace(const QString& icon, const QString& text, const QKeySequence& shortcut);
    void setCurrent(int index);
    /// A small dot on the button: something is in progress there.
    void setBusy(int index, bool busy);

  signals:
    void chosen(int index);

  protected:
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

  private:
    void restyle();

    struct Place {
        QString icon;
        QAction* action = nullptr;
        QToolButton* button = nullptr;
    };
    QBoxLayout* layout_;
    QList<Place> places_;
};

} // namespace dstn::ui
