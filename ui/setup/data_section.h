#pragma once

#include "ui/forms/data_probe.h"
#include "ui/forms/option_field.h"
#include "ui/forms/section.h"

#include <QPushButton>

namespace dstn::ui {

/// Where the examples come from and how they are divided, in a form made from the descriptions of the
/// sources; beneath it, what was found there.
class DataSection : public Section {
    Q_OBJECT

  public:
    DataSection(ExperimentModel& model, MarkBoard& board, const DataProbe& probe, QWidget* parent = nullptr);

  private:
    void addField(QGridLayout* grid, const FieldOption& option);
    void apply(OptionField* field, const QString& text);
    void showValues(const Experiment& experiment, bool replaced);
    void browse(bool folder);
    void refreshBrowse(DataSource source);
    void showFound();

    const DataProbe& probe_;
    std::vector<OptionField*> fields_; ///< of every option that a source has
    QPushButton* browse_ = nullptr;
    QLabel* found_ = nullptr;
};

/// "51,000 training, 9,000 validation and 10,000 test examples; each [1, 28, 28], 10 classes"; of a text,
/// "48,000 training tokens, 9,000 for validation, 9,000 for testing; 3,912 different words".
QString describeData(const DataInfo& info, TextLevel level);

} // namespace dstn::ui
