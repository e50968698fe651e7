#include "core/experiment/experiment.h"
#include "core/experiment/tuner_fields.h"

#include <map>
#include <type_traits>

namespace dstn {

namespace {

/// Calls `visit(field, value)` for every option of a type; see field.h for the members. Lists stay out: those
/// of two types are lists of different things, even under one key.
template <class Visit>
class OwnOptions {
  public:
    explicit OwnOptions(Visit& visit) : visit_(visit) {}

    void integer(const Field& field, std::int64_t& value, const IntegerRange&) { visit_(field, value); }
    void number(const Field& field, double& value, const Range&) { visit_(field, value); }
    void flag(const Field& field, bool& value) { visit_(field, value); }
    void text(const Field& field, std::string& value, const TextRule&) { visit_(field, value); }
    template <class Enum, std::size_t count>
    void choice(const Field& field, Enum& value, const Option<Enum> (&)[count]) {
        visit_(field, value);
    }
    void numbers(const Field&, std::vector<double>&, const Range&) {}
    template <class Entry>
    void list(const Field&, std::vector<Entry>&) {}

  private:
    Visit& visit_;
};

template <class Visit>
void eachOption(TunerOptions& options, Visit visit) {
    OwnOptions<Visit> each(visit);
    std::visit([&each](auto& own) { fieldsOf(each, own); }, options);
}

} // namespace

std::vector<std::string> tunerIds() {
    std::vector<std::string> ids;
    for (const TunerTraits& type : tunerTypes()) ids.emplace_back(type.id);
    return ids;
}

void chooseTuner(TunerSpec& tuner, std::string_view id) {
    TunerOptions chosen = tunerOptions(id);
    eachOption(chosen, [&](const Field& field, auto& to) {
        eachOption(tuner.options, [&](const Field& other, auto& from) {
            if constexpr (std::is_same_v<decltype(to), decltype(from)>)
                if (other.key == field.key) to = from;
        });
    });
    tuner.options = std::move(chosen);
}

} // namespace dstn
