#pragma once

#include <QColor>
#include <QPalette>
#include <QString>

class QApplication;

namespace dstn::ui {

enum class ThemeChoice { system, light, dark };

/// The look of the whole program: Fusion with a light and a dark palette of our own.
/// Remembers what the desktop asked for before the first apply(), to come back to.
class Theme {
  public:
    explicit Theme(QApplication& application);
    void apply(ThemeChoice choice);
    ThemeChoice choice() const { return choice_; }

  private:
    QApplication& application_;
    bool systemIsDark_;
    ThemeChoice choice_ = ThemeChoice::system;
};

bool isDark(const QPalette& palette);
QPalette lightPalette();
QPalette darkPalette();

/// Colours of curves after Okabe & Ito (2008), which the colour-blind can tell apart; the lightest and the
/// darkest are left out where the background swallows them. Any index >= 0; they repeat after seven.
QColor curveColor(int index, bool dark);
/// The second channel beside colour: solid, dashed, dotted, dash-dotted, so that 28 curves differ.
Qt::PenStyle curveDash(int index);

enum class Tone { neutral, good, busy, warning, bad };
/// For badges and marks; readable on the palette's base.
QColor toneColor(Tone tone, bool dark);
QColor borderColor(const QPalette& palette);
/// Text that matters less.
QColor mutedColor(const QPalette& palette);

} // namespace dstn::ui
