#include "ui/setup/experiment_file.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <QSettings>

namespace dstn {

/// A document is some kilobytes; what is larger is no experiment, and is not read into memory.
static constexpr qint64 largestFile = 16 << 20;

OpenedExperiment openExperiment(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {.experiment = {},
                .problem = QObject::tr("%1 cannot be opened: %2.").arg(path, file.errorString())};
    if (file.size() > largestFile)
        return {
            .experiment = {},
            .problem =
                QObject::tr("%1 has %2 bytes: that is no experiment. Choose the JSON file of an experiment.")
                    .arg(path)
                    .arg(file.size())};
    const QByteArray bytes = file.readAll();
    if (file.error() != QFileDevice::NoError)
        return {.experiment = {},
                .problem = QObject::tr("%1 cannot be read: %2.").arg(path, file.errorString())};
    const ParsedExperiment parsed =
        parseExperiment(std::string_view(bytes.constData(), std::size_t(bytes.size())));
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
            .note = QObject::tr("The experiment of the last session cannot be read back; this is the default "
                                "one. %1")
                        .arg(opened.problem)};
}

QString keepExperiment(const Experiment& experiment) {
    if (!validate(experiment).empty()) return {};
    const QString path = sessionFile();
    QDir().mkpath(QFileInfo(path).path());
    return saveExperiment(experiment, path);
}

} // namespace dstn
