#pragma once

#include "core/export.h"
#include "core/run/events.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace DSTN_EXPORT dstn {

// The one JSON form of a run's events: in exports, checkpoints and on the command line.

/// JSON has no NaN and no infinity: those become the strings "NaN", "Infinity" and "-Infinity". Absent:
/// null.
nlohmann::ordered_json jsonNumber(double value);
nlohmann::ordered_json jsonNumber(const std::optional<double>& value);
nlohmann::ordered_json jsonNumbers(const std::vector<double>& values);
/// An object of names and numbers.
nlohmann::ordered_json jsonValues(const std::vector<std::pair<std::string, double>>& values);
/// {"epoch", "step", "seconds", "gradients", "train_loss", …, "hyperparameters": {NAME: natural value, …},
/// "scales": {NAME: σ, …}}.
nlohmann::ordered_json jsonEpoch(const EpochResult& result);
/// {"device", "device_name", "torch_version", "blas", "program_version", "host", "threads"}.
nlohmann::ordered_json jsonEnvironment(const Environment& environment);

/// {"path", "files", "bytes", "hash"}.
nlohmann::ordered_json jsonIdentity(const DataIdentity& data);

/// The inverses. Throw nlohmann::json::exception where the form is another.
double numberFromJson(const nlohmann::ordered_json& json);
/// Reads too what earlier versions wrote: no "gradients", and [[NAME, value], …] in place of objects.
EpochResult epochFromJson(const nlohmann::ordered_json& json);

} // namespace dstn
