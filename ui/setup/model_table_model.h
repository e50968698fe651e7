#pragma once

#include "core/experiment/experiment.h"

#include <QAbstractTableModel>

#include <map>
#include <optional>
#include <vector>

namespace dstn::ui {

/// The parts of a model as a table: type, the commonest options (editable where the part has them), and what
/// each makes of its input: shape, numbers in w₀ and in Θ, for the data and the tuned hyperparameters given.
/// Shows an experiment and asks for edits through signals; holds no truth.
class ModelTableModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    enum Column { Type, Out, Kernel, Stride, Padding, Rate, Output, Weights, Response, ColumnCount };
    /// The sentence of what is wrong in a row or cell, for the delegate and the page; empty: nothing.
    static constexpr int MistakeRole = Qt::UserRole;

    using QAbstractTableModel::QAbstractTableModel;

    /// @param data what the parts are shown for, absent while it is not known
    void setExperiment(const Experiment& experiment, const std::optional<DataInfo>& data);
    void setMistakes(const std::vector<Mistake>& mistakes);
    const ModelReport& report() const { return report_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;

    /// The option of this part that a column edits, "kernel"; empty for the others. The outputs of a part
    /// are called "out", "width" or "hidden".
    static QString optionOf(int column, const Part& part);
    /// The column that edits an option; −1: none.
    static int columnOf(const QString& option, const Part& part);

  signals:
    /// The part at `row` shall become this.
    void partEdited(int row, const dstn::Part& part);
    /// What was typed is not a value, and why.
    void editRefused(int row, const QString& why);

  private:
    QString mistakeIn(int row, const QString& option) const;

    std::vector<Part> parts_;
    ModelReport report_;
    bool inspected_ = false;
    std::map<int, std::vector<Mistake>> mistakes_; ///< by row
};

} // namespace dstn::ui
