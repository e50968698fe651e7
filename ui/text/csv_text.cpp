#include "ui/text/csv_text.h"

#include "core/csv_field.h"

namespace dstn::ui {

QString csvCell(const QString& text) { return QString::fromStdString(csvField(text.toStdString())); }

QString csvLine(const QStringList& cells) {
    QStringList quoted;
    for (const QString& cell : cells) quoted << csvCell(cell);
    return quoted.join(u',') + QStringLiteral("\r\n");
}

} // namespace dstn::ui
