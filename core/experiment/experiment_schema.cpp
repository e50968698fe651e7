#include "core/experiment/experiment_document.h"
#include "core/experiment/experiment_fields.h"

namespace dstn {

namespace {

/// Describes the document as a JSON Schema; see field.h for the members. It visits an experiment of defaults,
/// which become the schema's.
class SchemaMaker {
  public:
    void version(const Field& field, std::int64_t number) { add(field, {{"const", number}}); }
    void integer(const Field& field, std::int64_t value, const IntegerRange& range) {
        add(field, {{"type", "integer"}, {"minimum", range.min}, {"maximum", range.max}}, value);
    }
    void seed(const Field& field, std::uint64_t value) {
        add(field,
            {{"type", "integer"}, {"minimum", 0}, {"maximum", std::numeric_limits<std::uint64_t>::max()}},
            value);
    }
    void number(const Field& field, double value, const Range& range) {
        add(field, numberSchema(range), numeral(value));
    }
    void number(const Field& field, const std::optional<double>&, const Range& range) {
        add(field, numberSchema(range));
    }
    void pair(const Field& field, double a, double b, const Range& range) {
        add(field, {{"type", "array"}, {"items", numberSchema(range)}, {"minItems", 2}, {"maxItems", 2}},
            Json::array({numeral(a), numeral(b)}));
    }
    void numbers(const Field& field, const std::vector<double>&, const Range& range) {
        add(field, {{"type", "array"}, {"items", numberSchema(range)}});
    }
    void flag(const Field& field, bool value) { add(field, {{"type", "boolean"}}, value); }
    void text(const Field& field, const std::string& value, const TextRule& rule) {
        Json schema{{"type", "string"}};
        if (rule.orInteger) schema["type"] = {"string", "integer"};
        if (!rule.pattern.empty()) schema["pattern"] = rule.pattern;
        if (field.required) schema["minLength"] = 1;
        add(field, std::move(schema), value);
    }
    void texts(const Field& field, const std::vector<std::string>& values, const TextRule& rule) {
        Json item{{"type", "string"}};
        if (!rule.pattern.empty()) item["pattern"] = rule.pattern;
        add(field, {{"type", "array"}, {"items", std::move(item)}}, values);
    }
    template <class Enum, std::size_t count>
    void choice(const Field& field, Enum value, const Option<Enum> (&options)[count]) {
        Json names = Json::array();
        Json chosen;
        for (const auto& option : options) {
            names.push_back(optionJson(option.name));
            if (option.value == value) chosen = names.back();
        }
        add(field, {{"enum", names}}, chosen);
    }
    /// An object with a tag is described once for each choice.
    template <class Enum, std::size_t count>
    bool tag(const Field& field, Enum& value, const Option<Enum> (&options)[count]) {
        const Enum before = value;
        choices_ = count;
        const Option<Enum>& option = options[choice_];
        value = option.value;
        // Only the default choice may go without saying.
        const bool required = field.required || value != before;
        add({field.key, field.meaning, required}, {{"const", optionJson(option.name)}});
        return value != before;
    }
    /// So is one with a variant, for each alternative.
    template <class Variant>
    bool alternative(const Field& field, Variant& value, const std::vector<std::string>& names,
                     const std::string&) {
        const std::size_t standard = value.index();
        choices_ = names.size();
        eachAlternative<Variant>([&](auto own, std::size_t index) {
            if (index == choice_) value = std::move(own);
        });
        add({field.key, field.meaning, field.required || choice_ != standard}, {{"const", names[choice_]}});
        return true;
    }
    void tunable(const Field& field, const Tunable& value, const TunableKind& kind) {
        add(field, tunableSchema(kind.range), numeral(value.value));
    }
    void tunables(const Field& field, const std::vector<Tunable>&, const TunableKind& kind, bool list) {
        Json schema = tunableSchema(kind.range);
        if (list)
            schema["anyOf"].push_back(
                {{"type", "array"}, {"items", tunableSchema(kind.range)}, {"minItems", 1}});
        add(field, std::move(schema));
    }
    template <class T, class Fields>
    void object(const Field& field, T& value, const Fields& fields) {
        add(field, objectSchema(value, fields));
    }
    template <class T>
    void list(const Field& field, std::vector<T>&) {
        T item{};
        add(field,
            {{"type", "array"}, {"items", objectSchema(item, [](auto& v, T& one) { fieldsOf(v, one); })}});
    }
    template <class Variant, class Names>
    void variants(const Field& field, std::vector<Variant>&, const Names& names) {
        Json kinds = Json::array();
        eachAlternative<Variant>([&](auto alternative, std::size_t index) {
            SchemaMaker inner;
            inner.add({"type", "", true}, {{"const", names[index]}});
            fieldsOf(inner, alternative);
            kinds.push_back(inner.schema());
        });
        add(field, {{"type", "array"}, {"items", {{"oneOf", kinds}}}});
    }

    Json schema() const {
        Json result{{"type", "object"}, {"additionalProperties", false}, {"properties", properties_}};
        if (!required_.empty()) result["required"] = required_;
        return result;
    }

  private:
    void add(const Field& field, Json schema, const Json& standard = {}) {
        if (!field.meaning.empty()) schema["description"] = field.meaning;
        if (field.required)
            required_.emplace_back(field.key);
        else if (!standard.is_null())
            schema["default"] = standard;
        properties_[std::string(field.key)] = std::move(schema);
    }

    static Json numberSchema(const Range& range) {
        Json schema{{"type", "number"}};
        constexpr double largest = SinglePrecision::largest;
        if (range.min < -largest)
            schema["minimum"] = numeral(-largest);
        else
            schema[range.minOpen ? "exclusiveMinimum" : "minimum"] = numeral(range.min);
        if (range.max > largest)
            schema["maximum"] = numeral(largest);
        else
            schema[range.maxOpen ? "exclusiveMaximum" : "maximum"] = numeral(range.max);
        return schema;
    }
    static Json tunableSchema(const Range& range) {
        return {{"anyOf",
                 {numberSchema(range),
                  {{"type", "string"}, {"minLength", 1}, {"description", "A hyperparameter's name."}}}}};
    }
    template <class T, class Fields>
    static Json objectSchema(const T& value, const Fields& fields) {
        Json kinds = Json::array();
        for (std::size_t choice = 0, count = 1; choice < count; ++choice) {
            SchemaMaker inner;
            inner.choice_ = choice;
            T copy = value;
            fields(inner, copy);
            count = inner.choices_;
            kinds.push_back(inner.schema());
        }
        return kinds.size() == 1 ? kinds.front() : Json{{"oneOf", kinds}};
    }
    template <class Variant, std::size_t index = 0, class Take>
    static void eachAlternative(const Take& take) {
        if constexpr (index < std::variant_size_v<Variant>) {
            take(std::variant_alternative_t<index, Variant>{}, index);
            eachAlternative<Variant, index + 1>(take);
        }
    }

    Json properties_ = Json::object();
    std::vector<std::string> required_;
    std::size_t choice_ = 0;
    std::size_t choices_ = 1;
};

} // namespace

std::string experimentSchema() {
    SchemaMaker maker;
    Experiment defaults;
    fieldsOf(maker, defaults);
    Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                {"title", "Delta-STN Workbench experiment"},
                {"description", "Everything that fixes a training run whose hyperparameters are tuned."}};
    schema.update(maker.schema());
    return prettyJson(schema);
}

} // namespace dstn
