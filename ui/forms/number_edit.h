#pragma once

#include "ui/text/number_text.h"

#include <QLineEdit>

namespace dstn::ui {

/// A line edit for one number. What is typed is kept as typed, also while it is not a number yet.
/// Up and Down step it: whole numbers by one, others through 1, 2, 5, 10, …
class NumberEdit : public QLineEdit {
    Q_OBJECT

  public:
    enum class Kind { real, integer, unsignedInteger };
    explicit NumberEdit(Kind kind, QWidget* parent = nullptr);

    /// The text shown in place of 0, where 0 is not a number but a choice ("all"); it reads as 0.
    void setZeroText(const QString& text);

    std::optional<double> real() const { return parseReal(digits()); }
    std::optional<std::int64_t> integer() const { return parseInteger(digits()); }
    std::optional<std::uint64_t> unsignedInteger() const { return parseUnsigned(digits()); }
    /// The text as digits, whether or not it is a number.
    QString valueText() const { return digits(); }
    /// Empty, or why the text is not a number of the kind.
    QString problem() const;

    /// Shows a value; text that reads as the same number already is left as it was typed.
    void setNumber(double value);
    void setNumber(std::int64_t value);
    void setNumber(std::uint64_t value);

  protected:
    void keyPressEvent(QKeyEvent* event) override;

  private:
    void step(int direction);
    QString digits() const;
    QString shown(const QString& digits) const;
    QString zeroText_;
    Kind kind_;
};

/// The next number of the sequence …, 0.1, 0.2, 0.5, 1, 2, 5, … above (direction 1) or below (−1).
double steppedReal(double value, int direction);

} // namespace dstn::ui
