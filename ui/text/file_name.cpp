#include "ui/text/file_name.h"

#include <QRegularExpression>

namespace dstn::ui {

QString fileName(const QString& text, const QString& otherwise) {
    static const QRegularExpression unfit(QStringLiteral("[^\\p{L}\\p{N}._+=-]+")),
        start(QStringLiteral("^[._+=-]+")), end(QStringLiteral("[.-]+$"));
    constexpr int longest = 60;
    QString name = QString(text).replace(unfit, QStringLiteral("-")).remove(start).left(longest);
    if (!name.isEmpty() && name.back().isHighSurrogate()) name.chop(1);
    name.remove(end);
    return name.isEmpty() ? otherwise : name;
}

} // namespace dstn::ui
