#pragma once

#include <QString>

namespace dstn::ui {

/// A text, which may be anything, as the name of a file without its ending: letters, digits and . _ + = -, of
/// which the first is a letter or a digit; "-" stands for all else. At most 60 characters, so that a folder
/// takes it whatever its alphabet. `otherwise` where nothing is left.
QString fileName(const QString& text, const QString& otherwise);

} // namespace dstn::ui
