#pragma once

#include "core/experiment/experiment.h"

#include <QString>

#include <optional>

namespace dstn::ui {

/// An experiment read from a file, or the sentences that say why not.
struct OpenedExperiment {
    std::optional<Experiment> experiment;
    QString problem; ///< names the file; one line a mistake
};
OpenedExperiment openExperiment(const QString& path);

/// Writes the document in one go: the file holds the old or the new one, never a part.
/// Empty: done; else the sentence that says why not.
QString saveExperiment(const Experiment& experiment, const QString& path);

/// Where the experiment of the set-up page is kept from one session to the next: beside the settings.
QString sessionFile();

/// What to start with: the experiment of the last session; else `otherwise`, with a note if there is a file
/// that cannot be read back.
struct SessionExperiment {
    Experiment experiment;
    QString note;
};
SessionExperiment lastExperiment(const Experiment& otherwise);

/// Keeps the experiment for the next session. One with mistakes could not be read back: the one before
/// stays. Empty: done; else the sentence that says why not.
QString keepExperiment(const Experiment& experiment);

} // namespace dstn::ui
