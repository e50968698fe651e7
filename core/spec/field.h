#pragma once

#include "core/export.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace DSTN_EXPORT dstn {

/// A key of the experiment document: what it is called, what it means, whether it may be left out.
///
/// The document's fields are described once, in the functions fieldsOf(visitor, object) of part_fields.h,
/// data_fields.h, tuner_fields.h and experiment_fields.h. Reader, writer, range checks, schema and the check
/// for unknown keys are visitors of these functions and so cannot disagree. A visitor has:
///
/// | member                           | the JSON value                                             |
/// | -------------------------------- | ---------------------------------------------------------- |
/// | version(field, number)           | exactly this number                                        |
/// | integer(field, value, range)     | a whole number                                             |
/// | number(field, value, range)      | a number; an std::optional without value has no key        |
/// | seed(field, value)               | a whole number of 64 bits                                  |
/// | pair(field, a, b, range)         | a list of two numbers                                      |
/// | numbers(field, values, range)    | a list of numbers                                          |
/// | flag(field, value)               | true or false                                              |
/// | text(field, value, rule)         | a string                                                   |
/// | texts(field, values, rule)       | a list of strings                                          |
/// | choice(field, value, options)    | one of the options' names                                  |
/// | tag(field, value, options)       | the same; which keys follow depends on the choice          |
/// | alternative(field, v, names, n)  | a variant's alternative by name; other keys depend on it   |
/// | tunable(field, value, kind)      | a number, or the name of a hyperparameter                  |
/// | tunables(field, values, k, list) | absent, one of the same, or (with `list`) a list of them   |
/// | object(field, value, fields)     | an object, described by fields(visitor, value)             |
/// | list(field, values)              | a list of objects, described by fieldsOf                   |
/// | variants(field, values, names)   | a list of objects, whose "type" is the alternative's name  |
///
/// tag() is true if the choice differs from the object's default: the object then starts from that choice's
/// own defaults. alternative() is false if the name is unknown; `n` is the noun in that message.
struct Field {
    std::string_view key;
    std::string_view meaning;
    bool required = false;
};

/// Of what size a number may be that enters a computation in single precision: 0, or a magnitude from `least`
/// to `largest`, which leaves room for products and sums before they overflow or vanish.
struct SinglePrecision {
    static constexpr double least = 1e-30, largest = 1e30;
    static bool holds(double value) {
        const double size = std::abs(value);
        return value == 0.0 || (size >= least && size <= largest);
    }
};

/// The numbers that a field takes, none of them outside SinglePrecision.
struct Range {
    double min = -std::numeric_limits<double>::infinity();
    double max = std::numeric_limits<double>::infinity();
    bool minOpen = false; ///< min itself is outside
    bool maxOpen = false;

    bool holds(double value) const {
        return SinglePrecision::holds(value) && (minOpen ? value > min : value >= min) &&
               (maxOpen ? value < max : value <= max);
    }
};

struct IntegerRange {
    /// The largest number up to which every reader of JSON takes whole numbers exactly: 2^53.
    static constexpr std::int64_t largest = 9'007'199'254'740'992;
    std::int64_t min = 0;
    std::int64_t max = largest;

    bool holds(std::int64_t value) const { return value >= min && value <= max; }
};

/// What a number that can be tuned is for: the values that make sense, for the number itself and
/// for a hyperparameter that takes its place, and the range that is usual for such a hyperparameter.
struct TunableKind {
    struct Usual {
        double initial = 0.05;
        std::optional<double> min = {}, max = {};
        bool log = false;
        double scale = 1.0;
    };
    Range range;
    std::string_view noun = "number"; ///< as in "a rate of at least 0 and below 1"
    bool whole = false;               ///< whole numbers only; a hyperparameter is rounded down
    /// The operation has one value for a whole mini-batch, so that the perturbation is drawn once for it.
    bool perBatch = false;
    /// The training loss is differentiable in the number; it is not in what rounds, drops or draws.
    bool differentiable = false;
    Usual usual = {};
};

/// A name in the document for a value of an enumeration; "true" and "false" stand for JSON's own.
template <class Enum>
struct Option {
    Enum value;
    std::string_view name;
};

/// The valid values of a text.
struct TextRule {
    std::string_view words;                   ///< what is expected
    std::string_view pattern = {};            ///< the same as a regular expression; empty: anything
    bool (*fits)(std::string_view) = nullptr; ///< the same as a function; null: anything
    bool orInteger = false;                   ///< a whole number is read as its digits
};

} // namespace dstn
