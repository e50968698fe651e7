#pragma once

#include "core/spec/data_spec.h"
#include "core/spec/field.h"
#include "core/spec/model.h"
#include "core/spec/tuner_spec.h"

#include <QString>
#include <QStringList>

#include <optional>
#include <vector>

namespace dstn::ui {

/// One option of a part, an augmentation, a data source or a tuner, as the page shows it. There is no list of
/// them here: they are read from the descriptions of part_fields.h, data_fields.h and tuner_fields.h, so that
/// a new option appears by itself.
struct FieldOption {
    enum class Kind {
        integer, ///< std::int64_t
        real,    ///< double
        boolean, ///< "yes" or "no"
        choice,  ///< one of `choices`
        text,
        tunable, ///< a number or a hyperparameter's name
        tunables ///< none, or tunables separated by commas
    };
    QString key;     ///< as in an experiment: "weight_decay"
    QString title;   ///< the same for the user: "Weight decay"
    QString toolTip; ///< what it means
    Kind kind = Kind::integer;
    QStringList choices = {};             ///< of a choice, as in an experiment
    const TunableKind* tunable = nullptr; ///< of tunables
    bool required = false;
};

/// The options that there are, in document order. Those of a data set depend on its source.
std::vector<FieldOption> optionsOf(const Part& part);
std::vector<FieldOption> optionsOf(const Augmentation& augmentation);
std::vector<FieldOption> optionsOf(const DataSpec& data);
/// Those that its type alone has, but for lists: a grid's values, a schedule that is replayed.
std::vector<FieldOption> optionsOf(const TunerSpec& tuner);

/// An option as text, as it is shown and typed. Nothing where there is none of this key.
std::optional<QString> optionText(const Part& part, const QString& key);
std::optional<QString> optionText(const Augmentation& augmentation, const QString& key);
std::optional<QString> optionText(const DataSpec& data, const QString& key);
std::optional<QString> optionText(const TunerSpec& tuner, const QString& key);

/// Sets an option from text. Empty: done; else the sentence that says why the text is not a value.
QString setOption(Part& part, const QString& key, const QString& text);
QString setOption(Augmentation& augmentation, const QString& key, const QString& text);
QString setOption(DataSpec& data, const QString& key, const QString& text);
QString setOption(TunerSpec& tuner, const QString& key, const QString& text);

} // namespace dstn::ui
