#include "ui/forms/number_edit.h"

#include "ui/text/number_text.h"

#include <QKeyEvent>

#include <array>
#include <cmath>

namespace dstn::ui {

NumberEdit::NumberEdit(Kind kind, QWidget* parent) : QLineEdit(parent), kind_(kind) {}

void NumberEdit::setZeroText(const QString& text) { zeroText_ = text; }

QString NumberEdit::digits() const {
    const bool zero = !zeroText_.isEmpty() && text().trimmed().compare(zeroText_, Qt::CaseInsensitive) == 0;
    return zero ? QStringLiteral("0") : text();
}

QString NumberEdit::shown(const QString& digits) const {
    return digits == u'0' && !zeroText_.isEmpty() ? zeroText_ : digits;
}

QString NumberEdit::problem() const {
    const QString found = text().trimmed().isEmpty() ? tr("nothing") : tr("“%1”").arg(text().trimmed());
    switch (kind_) {
    case Kind::real:
        return real() ? QString() : tr("Expected a number such as 0.01 or 1e-3, found %1.").arg(found);
    case Kind::integer:
        return integer() ? QString() : tr("Expected a whole number, found %1.").arg(found);
    case Kind::unsignedInteger:
        return unsignedInteger() ? QString()
                                 : tr("Expected a whole number of 0 or more, found %1.").arg(found);
    }
    return {};
}

void NumberEdit::setNumber(double value) {
    if (real() != value) setText(shown(typedText(value)));
}

void NumberEdit::setNumber(std::int64_t value) {
    if (integer() != value) setText(shown(typedText(value)));
}

void NumberEdit::setNumber(std::uint64_t value) {
    if (unsignedInteger() != value) setText(shown(typedText(value)));
}

void NumberEdit::keyPressEvent(QKeyEvent* event) {
    if (event->modifiers() == Qt::NoModifier && (event->key() == Qt::Key_Up || event->key() == Qt::Key_Down))
        step(event->key() == Qt::Key_Up ? 1 : -1);
    else
        QLineEdit::keyPressEvent(event);
}

void NumberEdit::step(int direction) {
    if (!problem().isEmpty() || isReadOnly()) return;
    QString next;
    switch (kind_) {
    case Kind::real:
        next = typedText(steppedReal(*real(), direction));
        break;
    case Kind::integer:
        next = typedText(*integer() + direction);
        break;
    case Kind::unsignedInteger:
        if (direction < 0 && *unsignedInteger() == 0) return;
        next = typedText(direction > 0 ? *unsignedInteger() + 1 : *unsignedInteger() - 1);
        break;
    }
    setText(shown(next));
    emit textEdited(text());
}

double steppedReal(double value, int direction) {
    if (value == 0.0) return direction * 0.1;
    if (value < 0.0) return -steppedReal(-value, -direction);
    const double decade = std::pow(10.0, std::floor(std::log10(value) + 1e-12));
    const double mantissa = value / decade;
    constexpr std::array steps{0.5, 1.0, 2.0, 5.0, 10.0};
    double next = value;
    if (direction > 0) {
        for (const double step : steps)
            if (step > mantissa * (1 + 1e-9)) {
                next = step * decade;
                break;
            }
    } else {
        for (const double step : steps)
            if (step < mantissa * (1 - 1e-9)) next = step * decade;
    }
    // Through text, so that 0.1 × 3 shows as 0.3.
    return QString::number(next, 'g', 12).toDouble();
}

} // namespace dstn::ui
