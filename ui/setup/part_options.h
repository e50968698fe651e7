#pragma once

#include "core/models/model.h"

#include <QString>
#include <QStringList>
#include <QVariant>

#include <optional>
#include <vector>

namespace dstn {

/// One option of a part of a model, as the page shows it.
struct PartOption {
    enum class Kind {
        integer, ///< std::int64_t
        real,    ///< double
        boolean, ///< bool
        choice,  ///< one of `choices`
        tunable, ///< a number or a hyperparameter's name
        decay    ///< none, or tunables separated by commas
    };
    QString key; ///< as in an experiment: "kernel"
    QString title;
    QString toolTip;
    Kind kind = Kind::integer;
    QStringList choices = {};
};

/// A type of part that can be put into a model, with its default options.
struct OfferedPart {
    QString id; ///< "conv2d"
    QString toolTip;
    Part part;
};
const std::vector<OfferedPart>& offeredParts();

/// The options that a part has, in the order in which they are read.
std::vector<PartOption> optionsOf(const Part& part);

/// An option as text, as it is shown and typed; "yes" and "no" for booleans. Nothing where the part has none
/// of this name.
std::optional<QString> optionText(const Part& part, const QString& key);
/// Sets an option from text. Empty: done; else the sentence that says why the text is no value.
QString setOption(Part& part, const QString& key, const QString& text);

} // namespace dstn
