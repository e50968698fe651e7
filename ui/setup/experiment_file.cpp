#include "ui/setup/experiment_file.h"

#include "core/error.h"
#include "core/run/experiment_file.h"

#include <QSaveFile>

namespace dstn {

OpenedExperiment openExperiment(const QString& path) {
    std::string text;
    try {
        text = readExperimentFile(path.toStdString());
    } catch (const Error& error) {
        return {.experiment = {}, .problem = QString::fromUtf8(error.what())};
    }
    const ParsedExperiment parsed = parseExperiment(text);
    if (parsed.experiment) return {.experiment = parsed.experiment, .problem = {}};
    return {.experiment = {},
            .problem = QObject::tr("%1 is no valid experiment; what was here before is unchanged.\n%2")
                           .arg(path, QString::fromStdString(describe(parsed.mistakes)).trimmed())};
}

QString saveExperiment(const Experiment& experiment, const QString& path) {
    QSaveFile file(path);
    const QByteArray bytes = QByteArray::fromStdString(toJson(experiment));
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return QObject::tr("%1 cannot be written: %2. The file, if there was one, is unchanged.")
            .arg(path, file.errorString());
    return {};
}

} // namespace dstn
