#include "ui/studies/study_file.h"

#include "core/error.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QObject>
#include <QSaveFile>

namespace dstn::ui {

/// A study's document is short: what is longer is another file.
static constexpr qint64 longestFile = 16 << 20;

static std::string textOf(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw Error(ErrorKind::usage,
                    QObject::tr("%1 cannot be read: %2.").arg(path, file.errorString()).toStdString());
    if (file.size() > longestFile)
        throw Error(ErrorKind::usage,
                    QObject::tr("%1 is too large for a study or an experiment.").arg(path).toStdString());
    return file.readAll().toStdString();
}

static std::string experimentNamed(const std::string& name, const QDir& folder) {
    if (const Preset* preset = findPreset(name)) return preset->json;
    const QString path = folder.filePath(QString::fromStdString(name));
    if (!QFileInfo::exists(path))
        throw Error(
            ErrorKind::usage,
            QObject::tr("there is no preset or file “%1”").arg(QString::fromStdString(name)).toStdString());
    return textOf(path);
}

static OpenedStudy parsed(const std::string& text, const QDir& folder, const QString& from) {
    const ParsedStudy result =
        parseStudy(text, [&folder](const std::string& name) { return experimentNamed(name, folder); });
    if (result.study) return {.study = result.study, .problem = {}};
    return {.study = {},
            .problem = QObject::tr("%1 is not a study that can be run:\n%2")
                           .arg(from, QString::fromStdString(describe(result.mistakes)).trimmed())};
}

OpenedStudy openStudy(const QString& path) {
    try {
        return parsed(textOf(path), QFileInfo(path).dir(), path);
    } catch (const Error& error) {
        return {.study = {}, .problem = QString::fromUtf8(error.what())};
    }
}

OpenedStudy openStudyPreset(const Preset& preset) {
    return parsed(preset.json, QDir(), QString::fromStdString(preset.title));
}

QString saveStudy(const Study& study, const QString& path) {
    QSaveFile file(path);
    const QByteArray text = QByteArray::fromStdString(toJson(study));
    if (file.open(QIODevice::WriteOnly) && file.write(text) == text.size() && file.commit()) return {};
    return QObject::tr("%1 cannot be written: %2. Choose another folder or name.")
        .arg(path, file.errorString());
}

} // namespace dstn::ui
