#pragma once

#include "core/run/engine.h"
#include "ui/forms/section.h"

#include <optional>

namespace dstn::ui {

/// How long, how much at a time, from which seed and on what: budget and machine.
class MachineSection : public Section {
    Q_OBJECT

  public:
    MachineSection(ExperimentModel& model, MarkBoard& board, QWidget* parent = nullptr);
    /// Devices that are not available are greyed, with the reason.
    void setEngineInfo(const EngineInfo& info);
    /// The engine could not be asked, and why.
    void setEngineError(const QString& why);

  private:
    void fillDevices();

    QComboBox* device_ = nullptr;
    QLabel* note_ = nullptr;
    std::optional<EngineInfo> info_;
};

/// Why an experiment's device cannot be used on this machine; empty: it can.
QString deviceProblem(const std::string& device, const EngineInfo& info);

} // namespace dstn::ui
