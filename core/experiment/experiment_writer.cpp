#include "core/experiment/experiment_document.h"
#include "core/experiment/experiment_fields.h"

namespace dstn {

namespace {

/// Makes the document of an experiment; see field.h for the members.
class Writer {
  public:
    void version(const Field& field, std::int64_t number) { put(field, number); }
    void integer(const Field& field, std::int64_t value, const IntegerRange&) { put(field, value); }
    void seed(const Field& field, std::uint64_t value) { put(field, value); }
    void number(const Field& field, double value, const Range&) { put(field, numeral(value)); }
    void number(const Field& field, const std::optional<double>& value, const Range&) {
        if (value) put(field, numeral(*value));
    }
    void pair(const Field& field, double a, double b, const Range&) {
        put(field, Json::array({numeral(a), numeral(b)}));
    }
    void numbers(const Field& field, const std::vector<double>& values, const Range&) {
        Json list = Json::array();
        for (const double value : values) list.push_back(numeral(value));
        put(field, std::move(list));
    }
    void flag(const Field& field, bool value) { put(field, value); }
    void text(const Field& field, const std::string& value, const TextRule&) { put(field, value); }
    void texts(const Field& field, const std::vector<std::string>& values, const TextRule&) {
        put(field, values);
    }

    template <class Enum, std::size_t count>
    void choice(const Field& field, Enum value, const Option<Enum> (&options)[count]) {
        for (const auto& option : options)
            if (option.value == value) put(field, optionJson(option.name));
    }
    template <class Enum, std::size_t count>
    bool tag(const Field& field, Enum value, const Option<Enum> (&options)[count]) {
        choice(field, value, options);
        return false;
    }

    template <class Variant>
    bool alternative(const Field& field, const Variant& value, const std::vector<std::string>& names,
                     const std::string&) {
        put(field, names[value.index()]);
        return true;
    }

    void tunable(const Field& field, const Tunable& value, const TunableKind&) {
        put(field, tunableJson(value));
    }
    void tunables(const Field& field, const std::vector<Tunable>& values, const TunableKind&, bool) {
        if (values.size() == 1) put(field, tunableJson(values.front()));
        if (values.size() < 2) return;
        Json list = Json::array();
        for (const Tunable& value : values) list.push_back(tunableJson(value));
        put(field, std::move(list));
    }

    template <class T, class Fields>
    void object(const Field& field, T& value, const Fields& fields) {
        Writer inner;
        fields(inner, value);
        // An object without entries says nothing.
        if (!inner.tree.empty()) put(field, std::move(inner.tree));
    }
    template <class T>
    void list(const Field& field, std::vector<T>& values) {
        Json items = Json::array();
        for (T& value : values) {
            Writer inner;
            fieldsOf(inner, value);
            items.push_back(std::move(inner.tree));
        }
        put(field, std::move(items));
    }
    template <class Variant, class Names>
    void variants(const Field& field, std::vector<Variant>& values, const Names& names) {
        Json items = Json::array();
        for (Variant& value : values) {
            Writer inner;
            inner.tree["type"] = names[value.index()];
            std::visit([&](auto& alternative) { fieldsOf(inner, alternative); }, value);
            items.push_back(std::move(inner.tree));
        }
        put(field, std::move(items));
    }

    Json tree = Json::object();

  private:
    template <class Value>
    void put(const Field& field, Value&& value) {
        tree[std::string(field.key)] = std::forward<Value>(value);
    }
    static Json tunableJson(const Tunable& value) {
        return value.named() ? Json(value.hyperparameter) : numeral(value.value);
    }
};

} // namespace

Json numeral(double value) {
    // A person writes 4 and not 4.0; larger numbers would lose digits on the way to an integer.
    constexpr double exact = 1e15;
    if (std::abs(value) < exact && value == std::floor(value)) return static_cast<std::int64_t>(value);
    return value;
}

Json optionJson(std::string_view name) {
    if (name == "true" || name == "false") return name == "true";
    return std::string(name);
}

Json experimentTree(Experiment experiment) {
    Writer writer;
    fieldsOf(writer, experiment);
    return writer.tree;
}

std::string toJson(const Experiment& experiment) { return prettyJson(experimentTree(experiment)); }

} // namespace dstn
