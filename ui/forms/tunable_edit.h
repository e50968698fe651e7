#pragma once

#include "core/spec/hyperparameter.h"

#include <QComboBox>

namespace dstn::ui {

/// A place that takes a number or the name of a hyperparameter: an editable combo box that offers the names.
class TunableEdit : public QComboBox {
    Q_OBJECT

  public:
    explicit TunableEdit(QWidget* parent = nullptr);

    void setNames(const QStringList& names);
    /// Shows a value; text that reads as it already is left as it was typed.
    void setTunable(const Tunable& tunable);
    /// The text as a value; text that is not a number is a name.
    Tunable tunable() const;
    QString problem() const;

  signals:
    /// By typing or choosing, never by setTunable().
    void tunableEdited();

  protected:
    /// Over the page the wheel scrolls it; it shall not change a value on its way.
    void wheelEvent(QWheelEvent* event) override;
};

/// The text for a tunable: its number or its name.
QString tunableText(const Tunable& tunable);
/// Text that is not a number is a name; blank text has none.
Tunable tunableFromText(const QString& text);

} // namespace dstn::ui
