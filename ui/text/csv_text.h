#pragma once

#include <QString>
#include <QStringList>

namespace dstn::ui {

/// A cell of a CSV file (RFC 4180): in quotation marks where it holds a comma, a quotation mark or a line's
/// end.
QString csvCell(const QString& text);
/// Cells with commas between them and "\r\n" at the end.
QString csvLine(const QStringList& cells);

} // namespace dstn::ui
