#include "ui/archive/run_export.h"

#include "ui/archive/run_list_model.h"
#include "ui/text/csv_text.h"
#include "ui/text/file_name.h"
#include "ui/text/run_text.h"
#include "ui/widgets/free_path.h"

#include <QStringList>

namespace dstn::ui {

QString exportFileName(const RunRow& row, ExportFormat format) {
    return fileName(QString::fromStdString(row.name), QStringLiteral("run")) + u'-' + shortId(row.id) +
           (format == ExportFormat::csv ? QStringLiteral(".csv") : QStringLiteral(".json"));
}

std::vector<std::filesystem::path> exportRuns(const Archive& archive, const std::vector<RunRow>& rows,
                                              ExportFormat format, const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> written;
    for (const RunRow& row : rows) {
        const std::filesystem::path plain = folder / exportFileName(row, format).toStdString();
        const std::filesystem::path file = freePath(QString::fromStdString(plain.string())).toStdString();
        archive.exportRun(row.id, format, file);
        written.push_back(file);
    }
    return written;
}

QString listAsCsv(const RunListModel& list, const std::vector<int>& columns) {
    QStringList cells;
    for (const int column : columns) cells << RunTableModel::title(static_cast<RunColumn>(column));
    QString text = csvLine(cells);
    for (int row = 0; row < list.rowCount(); ++row) {
        cells.clear();
        for (const int column : columns) cells << list.index(row, column).data().toString();
        text += csvLine(cells);
    }
    return text;
}

} // namespace dstn::ui
