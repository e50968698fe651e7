#pragma once

#include <QColor>
#include <QPalette>

namespace dstn::ui {

/// Colours of marks, readable on this palette; the pair (vermilion, blue) stays apart for colour-blind eyes.
/// They never stand alone: a sign or a sentence goes with them.
struct MarkColors {
    explicit MarkColors(const QPalette& palette);
    QColor error;
    QColor accent;
    QColor muted; ///< secondary text
};

} // namespace dstn::ui
