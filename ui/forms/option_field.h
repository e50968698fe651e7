#pragma once

#include "ui/forms/field_options.h"
#include "ui/forms/marked_field.h"

#include <functional>

namespace dstn::ui {

/// What the user reads in place of the texts of an experiment; without it, those are shown.
struct OptionWording {
    QString zero = {};                                         ///< what 0 means: "all"
    std::function<QString(const QString& choice)> choice = {}; ///< the words for a choice
};

/// The editor that suits an option's kind: a number, a check box, a choice, a text, or a place for a number
/// or the name of a hyperparameter.
class OptionField : public MarkedField {
    Q_OBJECT

  public:
    explicit OptionField(const FieldOption& option, Size size = Size::full,
                         const OptionWording& wording = {});

    const QString& key() const { return option_.key; }
    const FieldOption& option() const { return option_; }

    /// Shows a value as optionText() gives it; a text that reads as this value is left as it was typed. One
    /// that is not a value stays until the experiment is `replaced`.
    void showValue(const QString& text, bool replaced);
    void setNames(const QStringList& hyperparameters);

  signals:
    /// The user entered another value, for setOption().
    void edited(const QString& text);

  private:
    FieldOption option_;
};

} // namespace dstn::ui
