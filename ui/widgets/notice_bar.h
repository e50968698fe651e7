#pragma once

#include <QFrame>
#include <QString>

#include <functional>
#include <vector>

class QHBoxLayout;
class QLabel;
class QToolButton;

namespace dstn::ui {

/// One line above a list that says something and offers what can be done about it: the quiet alternative to
/// a dialog. Hidden while there is nothing to say.
class NoticeBar : public QFrame {
    Q_OBJECT
  public:
    struct Choice {
        QString text;
        std::function<void()> chosen; ///< the bar has gone by then
    };
    enum class Kind { information, warning };

    explicit NoticeBar(QWidget* parent = nullptr);
    void say(Kind kind, const QString& text, std::vector<Choice> choices = {});
    void clear();
    QString text() const;

  private:
    QLabel* sign_;
    QLabel* text_;
    QHBoxLayout* buttons_;
    QToolButton* close_;
};

} // namespace dstn::ui
