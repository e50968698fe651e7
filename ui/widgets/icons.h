#pragma once

#include <QIcon>
#include <QPalette>
#include <QString>

namespace dstn::ui {

/// An icon of resources/icons in the palette's colours: normal in the text's, selected in the highlight's,
/// disabled faint. `name` without folder and ending; a name that is not there gives an empty icon.
QIcon themedIcon(const QString& name, const QPalette& palette);

} // namespace dstn::ui
