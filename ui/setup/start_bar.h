#pragma once

#include "ui/forms/section.h"

#include <QAction>

#include <vector>

namespace dstn::ui {

/// Where an experiment starts from, and what it is called: preset, file, undo, name, description.
class StartBar : public Section {
    Q_OBJECT

  public:
    StartBar(ExperimentModel& model, MarkBoard& board, const std::vector<QAction*>& actions,
             QWidget* parent = nullptr);
};

} // namespace dstn::ui
