#include "ui/widgets/icons.h"

#include <QFile>
#include <QPainter>
#include <QPixmap>
#include <QSvgRenderer>

#include <array>

namespace dstn::ui {

static QPixmap drawn(QByteArray svg, const QColor& color, int size, int scale) {
    // The drawings say `currentColor`, which Qt's renderer takes for black.
    svg.replace("currentColor", color.name().toLatin1());
    QSvgRenderer renderer(svg);
    QPixmap pixmap(size * scale, size * scale);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setOpacity(color.alphaF());
    renderer.render(&painter);
    painter.end();
    pixmap.setDevicePixelRatio(scale);
    return pixmap;
}

QIcon themedIcon(const QString& name, const QPalette& palette) {
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly)) return {};
    const QByteArray svg = file.readAll();
    QIcon icon;
    for (const int size : {16, 24, 32})
        for (const int scale : {1, 2}) {
            icon.addPixmap(drawn(svg, palette.color(QPalette::Active, QPalette::ButtonText), size, scale));
            icon.addPixmap(drawn(svg, palette.color(QPalette::Disabled, QPalette::ButtonText), size, scale),
                           QIcon::Disabled);
            icon.addPixmap(drawn(svg, palette.color(QPalette::Active, QPalette::Link), size, scale),
                           QIcon::Normal, QIcon::On);
        }
    return icon;
}

} // namespace dstn::ui
