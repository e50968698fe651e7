#include "ui/forms/mark_colors.h"

namespace dstn::ui {

MarkColors::MarkColors(const QPalette& palette) {
    const bool dark = palette.color(QPalette::Window).lightnessF() < 0.5F;
    error = dark ? QColor(255, 140, 84) : QColor(184, 66, 0);
    accent = dark ? QColor(86, 180, 233) : QColor(0, 98, 160);
    const QColor text = palette.color(QPalette::WindowText);
    const QColor ground = palette.color(QPalette::Window);
    muted = QColor::fromRgbF(text.redF() * 0.65F + ground.redF() * 0.35F,
                             text.greenF() * 0.65F + ground.greenF() * 0.35F,
                             text.blueF() * 0.65F + ground.blueF() * 0.35F);
}

} // namespace dstn::ui
