#include "ui/widgets/theme.h"

#include <QApplication>
#include <QPainter>
#include <QProxyStyle>
#include <QStyleFactory>
#include <QStyleOption>

#include <array>

namespace dstn::ui {

namespace {

struct Shades {
    QRgb window, base, alternate, button, text, muted, border, highlight, highlighted, link, tooltip;
};

constexpr Shades light{.window = 0xfff3f4f7,
                       .base = 0xffffffff,
                       .alternate = 0xfff7f8fa,
                       .button = 0xfffafbfc,
                       .text = 0xff1d2330,
                       .muted = 0xff626b7a,
                       .border = 0xffd3d8e0,
                       .highlight = 0xff0b66a8,
                       .highlighted = 0xffffffff,
                       .link = 0xff0b66a8,
                       .tooltip = 0xffffffff};
constexpr Shades dark{.window = 0xff191c22,
                      .base = 0xff22262e,
                      .alternate = 0xff272b34,
                      .button = 0xff2c313b,
                      .text = 0xffe6e9ef,
                      .muted = 0xff9aa3b2,
                      .border = 0xff3b414d,
                      .highlight = 0xff2f81c4,
                      .highlighted = 0xffffffff,
                      .link = 0xff6cb6f0,
                      .tooltip = 0xff2c313b};

QPalette palette(const Shades& s) {
    QPalette p;
    p.setColor(QPalette::Window, QColor(s.window));
    p.setColor(QPalette::WindowText, QColor(s.text));
    p.setColor(QPalette::Base, QColor(s.base));
    p.setColor(QPalette::AlternateBase, QColor(s.alternate));
    p.setColor(QPalette::Text, QColor(s.text));
    p.setColor(QPalette::Button, QColor(s.button));
    p.setColor(QPalette::ButtonText, QColor(s.text));
    p.setColor(QPalette::BrightText, QColor(0xffffffff));
    p.setColor(QPalette::Highlight, QColor(s.highlight));
    p.setColor(QPalette::HighlightedText, QColor(s.highlighted));
    p.setColor(QPalette::Link, QColor(s.link));
    p.setColor(QPalette::LinkVisited, QColor(s.link));
    p.setColor(QPalette::ToolTipBase, QColor(s.tooltip));
    p.setColor(QPalette::ToolTipText, QColor(s.text));
    p.setColor(QPalette::PlaceholderText, QColor(s.muted));
    const QColor window(s.window);
    p.setColor(QPalette::Light, isDark(p) ? window.lighter(150) : QColor(0xffffffff));
    p.setColor(QPalette::Midlight, isDark(p) ? window.lighter(125) : window.lighter(102));
    p.setColor(QPalette::Mid, QColor(s.border));
    p.setColor(QPalette::Dark, isDark(p) ? window.darker(140) : QColor(s.border).darker(120));
    p.setColor(QPalette::Shadow, QColor(0xff000000));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        QColor faded(s.muted);
        faded.setAlpha(150);
        p.setColor(QPalette::Disabled, role, faded);
    }
    p.setColor(QPalette::Disabled, QPalette::Highlight, QColor(s.border));
    return p;
}

/// Fusion outlines input fields by the window's colour, darkened: on a dark window nothing is left of it.
class OutlinedStyle : public QProxyStyle {
  public:
    OutlinedStyle() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override {
        QProxyStyle::drawPrimitive(element, option, painter, widget);
        if (element == PE_FrameLineEdit && !option->state.testFlag(State_HasFocus)) outline(option, painter);
    }
    void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                            const QWidget* widget) const override {
        QProxyStyle::drawComplexControl(control, option, painter, widget);
        if ((control == CC_SpinBox || control == CC_ComboBox) && !option->state.testFlag(State_HasFocus))
            outline(option, painter);
    }

  private:
    static void outline(const QStyleOption* option, QPainter* painter) {
        if (!isDark(option->palette)) return;
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(borderColor(option->palette).lighter(150), 1));
        painter->drawRoundedRect(QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5), 2, 2);
        painter->restore();
    }
};

} // namespace

bool isDark(const QPalette& p) {
    return p.color(QPalette::Window).lightness() < p.color(QPalette::WindowText).lightness();
}

QPalette lightPalette() { return palette(light); }
QPalette darkPalette() { return palette(dark); }

Theme::Theme(QApplication& application)
    : application_(application), systemIsDark_(isDark(QApplication::palette())) {
    QApplication::setStyle(new OutlinedStyle);
}

void Theme::apply(ThemeChoice choice) {
    choice_ = choice;
    const bool wantDark = choice == ThemeChoice::dark || (choice == ThemeChoice::system && systemIsDark_);
    application_.setPalette(wantDark ? darkPalette() : lightPalette());
}

QColor curveColor(int index, bool onDark) {
    static constexpr std::array<QRgb, 7> onLightColors{0xff0072b2, 0xffd55e00, 0xff009e73, 0xffcc79a7,
                                                       0xffb8860b, 0xff56b4e9, 0xff3c4048};
    static constexpr std::array<QRgb, 7> onDarkColors{0xff56b4e9, 0xffe69f00, 0xff1fc39a, 0xffcc79a7,
                                                      0xfff0e442, 0xffe8743b, 0xffd0d4dc};
    const auto& colors = onDark ? onDarkColors : onLightColors;
    return QColor(colors[static_cast<std::size_t>(index) % colors.size()]);
}

Qt::PenStyle curveDash(int index) {
    static constexpr std::array<Qt::PenStyle, 4> dashes{Qt::SolidLine, Qt::DashLine, Qt::DotLine,
                                                        Qt::DashDotLine};
    return dashes[static_cast<std::size_t>(index) % dashes.size()];
}

QColor toneColor(Tone tone, bool onDark) {
    switch (tone) {
    case Tone::neutral:
        return onDark ? QColor(0xff9aa3b2) : QColor(0xff626b7a);
    case Tone::good:
        return onDark ? QColor(0xff1fc39a) : QColor(0xff007a58);
    case Tone::busy:
        return onDark ? QColor(0xff56b4e9) : QColor(0xff0b66a8);
    case Tone::warning:
        return onDark ? QColor(0xffe69f00) : QColor(0xff9a6200);
    case Tone::bad:
        return onDark ? QColor(0xffff7a5c) : QColor(0xffb3370c);
    }
    return {};
}

QColor borderColor(const QPalette& p) { return p.color(QPalette::Mid); }
QColor mutedColor(const QPalette& p) { return p.color(QPalette::PlaceholderText); }

} // namespace dstn::ui
