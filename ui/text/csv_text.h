#pragma once

#include <QString>
#include <QStringList>

namespace dstn::ui {

/// A cell of a CSV file, as csvField() has it (core/csv_field.h).
QString csvCell(const QString& text);
/// Cells with commas between them and "\r\n" at the end.
QString csvLine(const QStringList& cells);

} // namespace dstn::ui
