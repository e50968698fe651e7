#pragma once

#include <QObject>

class QApplication;

namespace dstn::ui {

/// As long as it lives, every label of the program shows its text as it is, tooltips' and message boxes'
/// among them: a run that is called "<img src=…>" is neither drawn nor loaded. A label whose text is markup
/// of our own says so with Qt::RichText.
class PlainLabels : public QObject {
  public:
    explicit PlainLabels(QApplication& application);
    bool eventFilter(QObject* watched, QEvent* event) override;
};

} // namespace dstn::ui
