#pragma once

#include "ui/setup/section.h"

namespace dstn {

/// The tuner and its options, and the loss.
class MethodSection : public Section {
    Q_OBJECT

  public:
    MethodSection(ExperimentModel& model, MarkBoard& board, QWidget* parent = nullptr);
};

/// What a tuner learns besides the general weights; which options and optimisers apply follows from it.
struct TunerTraits {
    bool response = true;   ///< has response parameters Θ and moves λ
    bool linearizes = true; ///< may train Θ on the linearised prediction
};
TunerTraits traitsOf(const TunerSpec& tuner);

} // namespace dstn
