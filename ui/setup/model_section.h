#pragma once

#include "ui/forms/data_probe.h"
#include "ui/forms/list_tools.h"
#include "ui/forms/option_field.h"
#include "ui/forms/section.h"
#include "ui/forms/table_view.h"
#include "ui/setup/model_table_model.h"
#include "ui/widgets/flow_layout.h"

#include <QLineEdit>

namespace dstn::ui {

/// The network as a table of parts with tools to change it, the rarer options of the chosen part beneath, and
/// networks in one line to start from.
class ModelSection : public Section, public MarkTarget {
    Q_OBJECT

  public:
    ModelSection(ExperimentModel& model, MarkBoard& board, const DataProbe& probe, QWidget* parent = nullptr);

    void setMistakes(const std::vector<Mistake>& mistakes) override;
    void reveal(const QString& path) override;

    const ModelReport& report() const { return table_->report(); }

  private:
    void addTemplateRow();
    void addTools();
    void refreshTable();
    void refreshTools();
    void rebuildOptions();
    void showOptions(bool replaced);
    void markOptions();
    void showSentences();
    void setOptionText(OptionField* field, const QString& text);
    /// A text asks for another kind of network than everything else.
    void offerTemplateFor(const Experiment& experiment);
    void useTemplate();

    int currentRow() const;
    void insertPart(const Part& part);
    void duplicatePart();
    void removePart();
    void movePart(int by);

    const DataProbe& probe_;
    ModelTableModel* table_;
    TableView* view_;
    ListTools* tools_ = nullptr;
    bool text_ = false; ///< the data were a text when they were last looked at
    QComboBox* template_ = nullptr;
    QLineEdit* widths_ = nullptr;
    QCheckBox* dropout_ = nullptr;
    FlowLayout* optionsRow_ = nullptr;
    QWidget* options_ = nullptr;
    QString optionsOf_;                      ///< row and type that the option fields are made for
    std::vector<OptionField*> optionFields_; ///< those of now
    QLabel* note_ = nullptr;
    std::vector<Mistake> mistakes_;
    QString refused_; ///< why the last text typed was no value
};

} // namespace dstn::ui
