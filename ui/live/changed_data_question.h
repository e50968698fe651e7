#pragma once

#include <QString>

#include <functional>

class QWidget;

namespace dstn::ui {

/// Asks whether to go on although the data have changed; not to is what Enter and Esc choose. Returns at
/// once.
/// @param why the refusal
/// @param goOn called if the answer is yes
void askAboutChangedData(QWidget* parent, const QString& why, std::function<void()> goOn);

} // namespace dstn::ui
