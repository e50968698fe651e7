#pragma once

#include "ui/forms/section.h"
#include "ui/forms/table_view.h"
#include "ui/setup/hyperparameter_table_model.h"
#include "ui/setup/transform_view.h"

#include <QAction>

namespace dstn::ui {

/// The hyperparameters with their ranges, a picture of the chosen one's transform, and the places outside the
/// model that take one: global weight decay and label smoothing.
class HyperparameterSection : public Section, public MarkTarget {
    Q_OBJECT

  public:
    HyperparameterSection(ExperimentModel& model, MarkBoard& board, QWidget* parent = nullptr);

    void setMistakes(const std::vector<Mistake>& mistakes) override;
    void reveal(const QString& path) override;

  private:
    void addTools();
    void addPlaces(QVBoxLayout* column);
    void addHyperparameter();
    void removeCurrent();
    void apply(int row, const Hyperparameter& hyperparameter);
    void showCurrent();
    void showSentences();
    int currentRow() const;

    HyperparameterTableModel* table_;
    TableView* view_;
    TransformView* picture_;
    QAction* remove_ = nullptr;
    QLabel* note_ = nullptr;
    std::vector<Mistake> mistakes_;
    QString refused_;
};

} // namespace dstn::ui
