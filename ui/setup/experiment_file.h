#pragma once

#include "core/run/experiment.h"

#include <QString>

#include <optional>

namespace dstn {

/// An experiment read from a file, or the sentences that say why not.
struct OpenedExperiment {
    std::optional<Experiment> experiment;
    QString problem; ///< names the file; one line a mistake
};
OpenedExperiment openExperiment(const QString& path);

/// Writes the document in one go: the file holds the old or the new one, never a part.
/// Empty: done; else the sentence that says why not.
QString saveExperiment(const Experiment& experiment, const QString& path);

} // namespace dstn
