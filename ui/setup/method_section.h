#pragma once

#include "ui/forms/option_field.h"
#include "ui/forms/section.h"
#include "ui/setup/grid_values.h"

namespace dstn::ui {

/// The tuner and its options, the loss, and what the tuner cannot tune of this experiment.
class MethodSection : public Section {
    Q_OBJECT

  public:
    MethodSection(ExperimentModel& model, MarkBoard& board, QWidget* parent = nullptr);

  private:
    void addTuner(QGridLayout* grid);
    void addResponseOptions(QGridLayout* grid);
    void addOwnOptions(QGridLayout* grid);
    void addGridValues(QGridLayout* grid);
    void applyOwn(OptionField* field, const QString& text);
    void showOwn(const Experiment& experiment, bool replaced);

    std::vector<OptionField*> own_; ///< of single tuners
};

/// Which of the tuned hyperparameters the tuner holds at their initial values, and why; empty: none.
QString heldText(const Experiment& experiment);
/// What a replay follows: "12 changes of 6 hyperparameters"; empty where there is no schedule.
QString replayText(const TunerSpec& tuner);

} // namespace dstn::ui
