#pragma once

#include "core/study/study.h"

#include <QString>

#include <optional>

namespace dstn::ui {

/// A study read from a file or a preset, or the sentences that say why not.
struct OpenedStudy {
    std::optional<Study> study;
    QString problem; ///< names the file; one line a mistake
};
/// An experiment that the study names instead of containing is a preset's id or a file, found from the
/// study's folder.
OpenedStudy openStudy(const QString& path);
OpenedStudy openStudyPreset(const Preset& preset);

/// Writes the document in one go. Empty: done; else the sentence that says why not.
QString saveStudy(const Study& study, const QString& path);

} // namespace dstn::ui
