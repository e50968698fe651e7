#pragma once

#include "ui/setup/data_probe.h"
#include "ui/setup/model_table_model.h"
#include "ui/setup/section.h"
#include "ui/setup/table_view.h"

#include <QHBoxLayout>
#include <QLineEdit>

namespace dstn {

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
    QAction* addTool(QHBoxLayout* row, const QString& text, const QString& toolTip, const QKeySequence& key,
                     void (ModelSection::*slot)());
    void refreshTable();
    void refreshTools();
    void rebuildOptions();
    void refreshOptions();
    void showSentences();
    QWidget* makeOptionEditor(int row, const QString& key);
    void setOptionText(int row, const QString& key, const QString& text);
    void useTemplate();

    int currentRow() const;
    void insertPart(const Part& part);
    void duplicatePart();
    void removePart();
    void movePartUp() { movePart(-1); }
    void movePartDown() { movePart(1); }
    void movePart(int by);

    const DataProbe& probe_;
    ModelTableModel* table_;
    TableView* view_;
    QAction *duplicate_ = nullptr, *remove_ = nullptr, *up_ = nullptr, *down_ = nullptr;
    QComboBox* template_ = nullptr;
    QLineEdit* widths_ = nullptr;
    QCheckBox* dropout_ = nullptr;
    QHBoxLayout* optionsRow_ = nullptr;
    QWidget* options_ = nullptr;
    QString optionsOf_; ///< row and type that the option editors are made for
    std::vector<std::pair<QString, QWidget*>> optionEditors_; ///< those of now, by the option's key
    QLabel* note_ = nullptr;
    std::vector<Mistake> mistakes_;
    QString refused_; ///< why the last text typed was no value
};

} // namespace dstn
