#include "ui/widgets/free_path.h"

#include <QDir>
#include <QFileInfo>

namespace dstn::ui {

QString freePath(const QString& path) {
    // A link that leads nowhere does not exist, and would be replaced all the same.
    const auto taken = [](const QString& place) {
        const QFileInfo info(place);
        return info.exists() || info.isSymLink();
    };
    const QFileInfo plain(path);
    QString candidate = path;
    for (int i = 2; taken(candidate); ++i)
        candidate = plain.dir().filePath(
            QStringLiteral("%1-%2.%3").arg(plain.completeBaseName(), QString::number(i), plain.suffix()));
    return candidate;
}

} // namespace dstn::ui
