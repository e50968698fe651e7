#include "core/experiment/experiment_checks.h"
#include "core/experiment/experiment_document.h"
#include "core/experiment/experiment_fields.h"

namespace dstn {

namespace {

/// Holds every value against its field's range; see field.h for the members.
class RangeCheck {
  public:
    RangeCheck(std::string path, std::vector<Finding>& findings)
        : path_(std::move(path)), findings_(findings) {}

    void version(const Field&, std::int64_t) {}
    void seed(const Field&, std::uint64_t) {}
    void flag(const Field&, bool) {}

    void integer(const Field& field, std::int64_t value, const IntegerRange& range) {
        if (!range.holds(value)) refuse(at(field), words(range), "found " + std::to_string(value));
    }
    void number(const Field& field, double value, const Range& range) {
        if (!range.holds(value)) refuse(at(field), notInRange(value, range));
    }
    void number(const Field& field, const std::optional<double>& value, const Range& range) {
        if (value) number(field, *value, range);
    }
    void pair(const Field& field, double a, double b, const Range& range) {
        for (const double value : {a, b})
            if (!range.holds(value))
                refuse(at(field), "a list of two numbers, each " + words(range),
                       "found [" + numberText(a) + ", " + numberText(b) + "]");
    }
    void numbers(const Field& field, const std::vector<double>& values, const Range& range) {
        for (const double value : values)
            if (!range.holds(value))
                return refuse(at(field), "in each place of the list: " + notInRange(value, range));
    }
    void text(const Field& field, const std::string& value, const TextRule& rule) {
        if (rule.fits != nullptr && !rule.fits(value))
            refuse(at(field), std::string(rule.words), "found " + inQuotes(value));
        else if (field.required && value.empty())
            refuse(at(field), std::string(rule.words), "found an empty string");
    }
    void texts(const Field& field, const std::vector<std::string>& values, const TextRule& rule) {
        for (const std::string& value : values)
            if (rule.fits != nullptr && !rule.fits(value))
                return refuse(at(field), "a list of strings, each " + std::string(rule.words),
                              "found " + inQuotes(value));
    }
    template <class Enum, std::size_t count>
    void choice(const Field& field, Enum value, const Option<Enum> (&options)[count]) {
        for (const auto& option : options)
            if (option.value == value) return;
        refuse(at(field), "one of its options", "found none of them");
    }
    template <class Enum, std::size_t count>
    bool tag(const Field& field, Enum value, const Option<Enum> (&options)[count]) {
        choice(field, value, options);
        return false;
    }
    template <class Variant>
    bool alternative(const Field&, const Variant&, const std::vector<std::string>&, const std::string&) {
        return true;
    }
    void tunable(const Field& field, const Tunable& value, const TunableKind& kind) {
        tunableAt(at(field), value, kind.range);
    }
    void tunables(const Field& field, const std::vector<Tunable>& values, const TunableKind& kind,
                  bool list) {
        if (values.size() == 1) return tunableAt(at(field), values.front(), kind.range);
        if (!list && values.size() > 1)
            refuse(at(field), "one entry", "found " + std::to_string(values.size()));
        for (std::size_t i = 0; i < values.size(); ++i)
            tunableAt(indexed(at(field), i), values[i], kind.range);
    }

    template <class T, class Fields>
    void object(const Field& field, T& value, const Fields& fields) {
        RangeCheck inner(at(field), findings_);
        fields(inner, value);
    }
    template <class T>
    void list(const Field& field, std::vector<T>& values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            RangeCheck inner(indexed(at(field), i), findings_);
            fieldsOf(inner, values[i]);
        }
    }
    template <class Variant, class Names>
    void variants(const Field& field, std::vector<Variant>& values, const Names&) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            RangeCheck inner(indexed(at(field), i), findings_);
            std::visit([&](auto& alternative) { fieldsOf(inner, alternative); }, values[i]);
        }
    }

  private:
    std::string at(const Field& field) const { return joined(path_, field.key); }
    void tunableAt(const std::string& path, const Tunable& value, const Range& range) {
        if (!value.named() && !range.holds(value.value)) refuse(path, notInRange(value.value, range));
    }
    void refuse(const std::string& path, const std::string& what, const std::string& instead) {
        refuse(path, "expected " + what + ", " + instead);
    }
    void refuse(const std::string& path, std::string message) {
        findings_.push_back({.mistake = {path, std::move(message)}});
    }

    std::string path_;
    std::vector<Finding>& findings_;
};

} // namespace

std::vector<Finding> rangeFindings(Experiment experiment) {
    std::vector<Finding> findings;
    RangeCheck check("", findings);
    fieldsOf(check, experiment);
    return findings;
}

} // namespace dstn
