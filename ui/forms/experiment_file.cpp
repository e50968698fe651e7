#include "ui/forms/experiment_file.h"

#include "core/error.h"
#include "core/experiment/experiment_file.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <QSettings>

namespace dstn::ui {

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
            .problem = QObject::tr("%1 is not a valid experiment; the current one is unchanged.\n%2")
                           .arg(path, QString::fromStdString(describe(parsed.mistakes)).trimmed())};
}

QString saveExperiment(const Experiment& experiment, const QString& path) {
    QSaveFile file(path);
    const QByteArray bytes = QByteArray::fromStdString(toJson(experiment));
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return QObject::tr("%1 cannot be written: %2. Any existing file is unchanged.")
            .arg(path, file.errorString());
    return {};
}

QString sessionFile() {
    const QFileInfo settings(QSettings().fileName());
    return settings.dir().filePath(settings.completeBaseName() + QStringLiteral(".experiment.json"));
}

SessionExperiment lastExperiment(const Experiment& otherwise) {
    const QString path = sessionFile();
    if (!QFileInfo::exists(path)) return {.experiment = otherwise, .note = {}};
    const OpenedExperiment opened = openExperiment(path);
    if (opened.experiment) return {.experiment = *opened.experiment, .note = {}};
    return {.experiment = otherwise,
            .note = QObject::tr("The last session's experiment cannot be read; this is the default one. %1")
                        .arg(opened.problem)};
}

QString keepExperiment(const Experiment& experiment) {
    if (!validate(experiment).empty()) return {};
    const QString path = sessionFile();
    QDir().mkpath(QFileInfo(path).path());
    return saveExperiment(experiment, path);
}

} // namespace dstn::ui
