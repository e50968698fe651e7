#pragma once

#include <QString>

namespace dstn::ui {

/// The path, or where there is a file of that name the first of "name-2.png", "name-3.png", … that is free:
/// for files whose names nobody chose, which must replace nothing.
QString freePath(const QString& path);

} // namespace dstn::ui
