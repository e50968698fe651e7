#pragma once

#include "ui/forms/list_tools.h"
#include "ui/forms/section.h"
#include "ui/forms/table_view.h"
#include "ui/setup/augmentation_table_model.h"

namespace dstn::ui {

/// The augmentation of training examples, as a table in the order of application. A new augmentation comes
/// with a hyperparameter in each place that takes one; a number in its place takes that hyperparameter away
/// again.
class AugmentationSection : public Section, public MarkTarget {
    Q_OBJECT

  public:
    AugmentationSection(ExperimentModel& model, MarkBoard& board, QWidget* parent = nullptr);

    void setMistakes(const std::vector<Mistake>& mistakes) override;
    void reveal(const QString& path) override;

  private:
    void addMenu();
    void add(const Augmentation& offered);
    void duplicate();
    void remove();
    void move(int by);
    void choose(int row, const QString& type);
    void apply(int row, const Augmentation& augmentation);
    void refresh();
    void showSentences();
    int currentRow() const;

    AugmentationTableModel* table_;
    TableView* view_;
    ListTools* tools_;
    QLabel* note_ = nullptr;
    std::vector<Mistake> mistakes_;
    QString refused_; ///< why the last text typed was no value
};

} // namespace dstn::ui
