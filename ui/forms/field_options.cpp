#include "ui/forms/field_options.h"

#include "core/experiment/data_fields.h"
#include "core/experiment/part_fields.h"
#include "core/experiment/tuner_fields.h"
#include "ui/forms/tunable_edit.h"
#include "ui/text/number_text.h"

#include <QObject>

#include <algorithm>
#include <concepts>
#include <span>

namespace dstn::ui {

namespace {

/// What a value may be beyond its type.
struct Anything {};
template <class Enum>
using Names = std::span<const Option<Enum>>;
struct Number {
    const TunableKind& kind;
    bool list = false;
};

/// Calls `visit(field, value, domain)` for every field; see field.h for the members.
template <class Visit>
class EachField {
  public:
    explicit EachField(Visit& visit) : visit_(visit) {}

    void integer(const Field& field, std::int64_t& value, const IntegerRange&) {
        visit_(field, value, Anything{});
    }
    void number(const Field& field, double& value, const Range&) { visit_(field, value, Anything{}); }
    void flag(const Field& field, bool& value) { visit_(field, value, Anything{}); }
    void text(const Field& field, std::string& value, const TextRule&) { visit_(field, value, Anything{}); }
    void texts(const Field& field, std::vector<std::string>& values, const TextRule&) {
        visit_(field, values, Anything{});
    }
    template <class Enum, std::size_t count>
    void choice(const Field& field, Enum& value, const Option<Enum> (&options)[count]) {
        visit_(field, value, Names<Enum>(options));
    }
    template <class Enum, std::size_t count>
    bool tag(const Field& field, Enum& value, const Option<Enum> (&options)[count]) {
        choice(field, value, options);
        return false;
    }
    void tunable(const Field& field, Tunable& value, const TunableKind& kind) {
        visit_(field, value, Number{kind});
    }
    void tunables(const Field& field, std::vector<Tunable>& values, const TunableKind& kind, bool list) {
        visit_(field, values, Number{kind, list});
    }
    /// Lists have editors of their own, or none.
    void numbers(const Field&, std::vector<double>&, const Range&) {}
    template <class Entry>
    void list(const Field&, std::vector<Entry>&) {}

  private:
    Visit& visit_;
};

template <class Owner, class Visit>
void visitFields(Owner& owner, Visit visit) {
    EachField<Visit> each(visit);
    if constexpr (std::same_as<Owner, TunerSpec>)
        std::visit([&each](auto& own) { fieldsOf(each, own); }, owner.options);
    else if constexpr (requires { fieldsOf(each, owner); })
        fieldsOf(each, owner);
    else
        std::visit([&each](auto& alternative) { fieldsOf(each, alternative); }, owner);
}

QString titleOf(const QString& key) {
    QString words = key;
    words.replace(u'_', u' ');
    return words.left(1).toUpper() + words.mid(1);
}

using Kind = FieldOption::Kind;
void describe(FieldOption& option, std::int64_t, Anything) { option.kind = Kind::integer; }
void describe(FieldOption& option, double, Anything) { option.kind = Kind::real; }
void describe(FieldOption& option, bool, Anything) { option.kind = Kind::boolean; }
void describe(FieldOption& option, const std::string&, Anything) { option.kind = Kind::text; }
void describe(FieldOption& option, const std::vector<std::string>&, Anything) {
    option.kind = Kind::text;
    option.toolTip += QObject::tr("\nSeveral are separated by commas; empty: none.");
}
template <class Enum>
void describe(FieldOption& option, Enum, Names<Enum> names) {
    option.kind = Kind::choice;
    for (const auto& name : names) option.choices.append(QString::fromUtf8(name.name));
}
void describe(FieldOption& option, const Tunable&, const Number& number) {
    option.kind = Kind::tunable;
    option.tunable = &number.kind;
    option.toolTip += QObject::tr("\nA number, or the name of a hyperparameter.");
}
void describe(FieldOption& option, const std::vector<Tunable>&, const Number& number) {
    option.kind = Kind::tunables;
    option.tunable = &number.kind;
    option.toolTip +=
        number.list
            ? QObject::tr("\nA number or the name of a hyperparameter, or several separated by commas; "
                          "empty: none.")
            : QObject::tr("\nA number, or the name of a hyperparameter; empty: none.");
}

QString write(std::int64_t value, Anything) { return typedText(value); }
QString write(double value, Anything) { return typedText(value); }
QString write(bool value, Anything) { return value ? QStringLiteral("yes") : QStringLiteral("no"); }
QString write(const std::string& value, Anything) { return QString::fromStdString(value); }
QString write(const std::vector<std::string>& values, Anything) {
    QStringList texts;
    for (const std::string& value : values) texts.append(QString::fromStdString(value));
    return texts.join(QStringLiteral(", "));
}
template <class Enum>
QString write(Enum value, Names<Enum> names) {
    const auto named = std::ranges::find(names, value, &Option<Enum>::value);
    return named == names.end() ? QString() : QString::fromUtf8(named->name);
}
QString write(const Tunable& value, const Number&) { return tunableText(value); }
QString write(const std::vector<Tunable>& values, const Number&) {
    QStringList texts;
    for (const Tunable& value : values) texts.append(tunableText(value));
    return texts.join(QStringLiteral(", "));
}

QString foundText(const QString& typed) {
    const QString trimmed = typed.trimmed();
    return trimmed.isEmpty() ? QObject::tr("nothing") : QObject::tr("“%1”").arg(trimmed);
}

QString read(const QString& typed, std::int64_t& value, Anything) {
    const auto number = parseInteger(typed);
    if (!number) return QObject::tr("Expected a whole number, found %1.").arg(foundText(typed));
    value = *number;
    return {};
}
QString read(const QString& typed, double& value, Anything) {
    const auto number = parseReal(typed);
    if (!number)
        return QObject::tr("Expected a number such as 0.01 or 1e-3, found %1.").arg(foundText(typed));
    value = *number;
    return {};
}
QString read(const QString& typed, bool& value, Anything) {
    if (typed != u"yes" && typed != u"no")
        return QObject::tr("Expected yes or no, found %1.").arg(foundText(typed));
    value = typed == u"yes";
    return {};
}
QString read(const QString& typed, std::string& value, Anything) {
    value = typed.toStdString();
    return {};
}
QString read(const QString& typed, std::vector<std::string>& values, Anything) {
    values.clear();
    for (const QString& one : typed.split(u',', Qt::SkipEmptyParts))
        if (!one.trimmed().isEmpty()) values.push_back(one.trimmed().toStdString());
    return {};
}
template <class Enum>
QString read(const QString& typed, Enum& value, Names<Enum> names) {
    QStringList expected;
    for (const auto& option : names) {
        expected.append(QString::fromUtf8(option.name));
        if (typed != expected.back()) continue;
        value = option.value;
        return {};
    }
    return QObject::tr("Expected %1, found %2.").arg(expected.join(QObject::tr(" or ")), foundText(typed));
}
QString read(const QString& typed, Tunable& value, const Number&) {
    if (typed.trimmed().isEmpty())
        return QObject::tr("Expected a number or the name of a hyperparameter, found nothing.");
    value = tunableFromText(typed);
    return {};
}
QString read(const QString& typed, std::vector<Tunable>& values, const Number& number) {
    std::vector<Tunable> found;
    if (!typed.trimmed().isEmpty()) {
        const QStringList texts = typed.split(u',');
        if (texts.size() > 1 && !number.list)
            return QObject::tr("Expected one number or name, found %1.").arg(foundText(typed));
        for (const QString& one : texts) {
            if (one.trimmed().isEmpty())
                return QObject::tr("Expected a number or a name between the commas, found nothing.");
            found.push_back(tunableFromText(one));
        }
    }
    values = std::move(found);
    return {};
}

/// A field's description takes what it describes as something to write to: a copy, where it is only read.
template <class Owner>
std::vector<FieldOption> listOptions(Owner owner) {
    std::vector<FieldOption> options;
    visitFields(owner, [&options](const Field& field, const auto& value, auto domain) {
        FieldOption option{.key = QString::fromUtf8(field.key),
                           .title = titleOf(QString::fromUtf8(field.key)),
                           .toolTip = QString::fromUtf8(field.meaning),
                           .required = field.required};
        describe(option, value, domain);
        options.push_back(std::move(option));
    });
    return options;
}

template <class Owner>
std::optional<QString> findText(Owner owner, const QString& key) {
    std::optional<QString> found;
    visitFields(owner, [&](const Field& field, const auto& value, auto domain) {
        if (key == QString::fromUtf8(field.key)) found = write(value, domain);
    });
    return found;
}

template <class Owner>
QString readText(Owner& owner, const QString& key, const QString& text) {
    QString why = QObject::tr("There is no option “%1” here.").arg(key);
    visitFields(owner, [&](const Field& field, auto& value, auto domain) {
        if (key == QString::fromUtf8(field.key)) why = read(text, value, domain);
    });
    return why;
}

} // namespace

std::vector<FieldOption> optionsOf(const Part& part) { return listOptions(part); }
std::vector<FieldOption> optionsOf(const Augmentation& augmentation) { return listOptions(augmentation); }
std::vector<FieldOption> optionsOf(const DataSpec& data) { return listOptions(data); }
std::vector<FieldOption> optionsOf(const TunerSpec& tuner) { return listOptions(tuner); }

std::optional<QString> optionText(const Part& part, const QString& key) { return findText(part, key); }
std::optional<QString> optionText(const Augmentation& augmentation, const QString& key) {
    return findText(augmentation, key);
}
std::optional<QString> optionText(const DataSpec& data, const QString& key) { return findText(data, key); }
std::optional<QString> optionText(const TunerSpec& tuner, const QString& key) { return findText(tuner, key); }

QString setOption(Part& part, const QString& key, const QString& text) { return readText(part, key, text); }
QString setOption(Augmentation& augmentation, const QString& key, const QString& text) {
    return readText(augmentation, key, text);
}
QString setOption(DataSpec& data, const QString& key, const QString& text) {
    return readText(data, key, text);
}
QString setOption(TunerSpec& tuner, const QString& key, const QString& text) {
    return readText(tuner, key, text);
}

} // namespace dstn::ui
