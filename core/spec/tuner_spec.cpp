#include "core/spec/tuner_spec.h"

#include "core/spec/tuner_rows.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace dstn {

namespace {

template <std::size_t... index>
constexpr std::array<TunerTraits, sizeof...(index)> tunerRowsOf(std::index_sequence<index...>) {
    return {tunerRow<std::variant_alternative_t<index, TunerOptions>>...};
}

constexpr auto rows = tunerRowsOf(std::make_index_sequence<std::variant_size_v<TunerOptions>>());

template <std::size_t... index>
std::array<TunerOptions, sizeof...(index)> defaultsOf(std::index_sequence<index...>) {
    return {TunerOptions(std::in_place_index<index>)...};
}

} // namespace

std::span<const TunerTraits> tunerTypes() { return rows; }

const TunerTraits& traitsOf(const TunerSpec& tuner) { return rows[tuner.options.index()]; }

const TunerTraits* findTuner(std::string_view id) {
    const auto found = std::ranges::find(rows, id, &TunerTraits::id);
    return found == rows.end() ? nullptr : &*found;
}

TunerOptions tunerOptions(std::string_view id) {
    const TunerTraits* found = findTuner(id);
    if (found == nullptr) throw std::out_of_range("no tuner \"" + std::string(id) + "\"");
    return defaultsOf(std::make_index_sequence<rows.size()>())[static_cast<std::size_t>(found - rows.data())];
}

bool stopsEarly(const TunerSpec& tuner) {
    const TunerTraits& traits = traitsOf(tuner);
    return traits.stopsEarly != nullptr && traits.stopsEarly(tuner);
}

std::int64_t trainingsOf(const TunerSpec& tuner, const std::vector<Hyperparameter>& hyperparameters) {
    const TunerTraits& traits = traitsOf(tuner);
    if (traits.trials == nullptr) return 0;
    const std::int64_t most = traits.trials(tuner);
    return traits.points != nullptr ? traits.points(tuner, hyperparameters, most) : most;
}

} // namespace dstn
