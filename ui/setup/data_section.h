#pragma once

#include "ui/setup/data_probe.h"
#include "ui/setup/section.h"

namespace dstn {

/// Where the examples come from and how they are divided; beneath it, what was found there.
class DataSection : public Section {
    Q_OBJECT

  public:
    DataSection(ExperimentModel& model, MarkBoard& board, const DataProbe& probe, QWidget* parent = nullptr);

  private:
    void browse();
    void showFound();

    const DataProbe& probe_;
    QLabel* found_ = nullptr;
};

/// "51,000 training, 9,000 validation and 10,000 test examples of 1×28×28, 10 classes".
QString describeData(const DataInfo& info);

} // namespace dstn
