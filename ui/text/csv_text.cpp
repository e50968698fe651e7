#include "ui/text/csv_text.h"

namespace dstn::ui {

QString csvCell(QString text) {
    const bool plain =
        !text.contains(u',') && !text.contains(u'"') && !text.contains(u'\n') && !text.contains(u'\r');
    return plain ? text : u'"' + text.replace(u'"', QStringLiteral("\"\"")) + u'"';
}

QString csvLine(const QStringList& cells) {
    QStringList quoted;
    for (const QString& cell : cells) quoted << csvCell(cell);
    return quoted.join(u',') + QStringLiteral("\r\n");
}

} // namespace dstn::ui
