#include "core/experiment/tunables.h"

#include "core/experiment/experiment_document.h"
#include "core/experiment/experiment_fields.h"

#include <utility>

namespace dstn {

namespace {

/// Gathers the tunable numbers; see field.h for the members.
class Collector {
  public:
    Collector(std::string path, std::vector<TunableUse>& uses) : path_(std::move(path)), uses_(uses) {}

    void version(const Field&, std::int64_t) {}
    void integer(const Field&, std::int64_t, const IntegerRange&) {}
    void number(const Field&, const std::optional<double>&, const Range&) {}
    void seed(const Field&, std::uint64_t) {}
    void pair(const Field&, double, double, const Range&) {}
    void numbers(const Field&, const std::vector<double>&, const Range&) {}
    void flag(const Field&, bool) {}
    void text(const Field&, const std::string&, const TextRule&) {}
    void texts(const Field&, const std::vector<std::string>&, const TextRule&) {}
    template <class Enum, std::size_t count>
    void choice(const Field&, Enum, const Option<Enum> (&)[count]) {}
    template <class Enum, std::size_t count>
    bool tag(const Field&, Enum, const Option<Enum> (&)[count]) {
        return false;
    }

    template <class Variant>
    bool alternative(const Field&, const Variant&, const std::vector<std::string>&, const std::string&) {
        return true;
    }

    void tunable(const Field& field, Tunable& value, const TunableKind& kind) {
        uses_.push_back({at(field), &value, &kind});
    }
    void tunables(const Field& field, std::vector<Tunable>& values, const TunableKind& kind, bool) {
        for (std::size_t i = 0; i < values.size(); ++i)
            uses_.push_back({values.size() == 1 ? at(field) : indexed(at(field), i), &values[i], &kind});
    }

    template <class T, class Fields>
    void object(const Field& field, T& value, const Fields& fields) {
        Collector inner(at(field), uses_);
        fields(inner, value);
    }
    template <class T>
    void list(const Field& field, std::vector<T>& values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            Collector inner(indexed(at(field), i), uses_);
            fieldsOf(inner, values[i]);
        }
    }
    template <class Variant, class Names>
    void variants(const Field& field, std::vector<Variant>& values, const Names&) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            Collector inner(indexed(at(field), i), uses_);
            std::visit([&](auto& alternative) { fieldsOf(inner, alternative); }, values[i]);
        }
    }

  private:
    std::string at(const Field& field) const { return joined(path_, field.key); }

    std::string path_;
    std::vector<TunableUse>& uses_;
};

} // namespace

std::vector<TunableUse> tunablesOf(Experiment& experiment) {
    std::vector<TunableUse> uses;
    Collector collector("", uses);
    fieldsOf(collector, experiment);
    return uses;
}

std::string augmentationType(const Augmentation& augmentation) {
    return std::string(augmentationTypes[augmentation.index()]);
}

Hyperparameter usualHyperparameter(const std::string& name, const TunableKind& kind) {
    return {.name = name,
            .initial = kind.usual.initial,
            .min = kind.usual.min,
            .max = kind.usual.max,
            .scale = kind.usual.scale,
            .discrete = kind.whole,
            .log = kind.usual.log};
}

} // namespace dstn
