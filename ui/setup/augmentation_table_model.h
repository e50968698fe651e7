#pragma once

#include "core/experiment/experiment.h"
#include "ui/forms/field_options.h"

#include <QAbstractTableModel>

#include <map>
#include <vector>

namespace dstn::ui {

/// The augmentations in the order in which they are applied: type, and a column for each option that a type
/// may have. Shows an experiment and asks for edits through signals; holds no truth.
class AugmentationTableModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    /// The first column is the type, all others an option each.
    static constexpr int Type = 0;
    /// The sentence of what is wrong in a row or cell; empty: nothing.
    static constexpr int MistakeRole = Qt::UserRole;

    using QAbstractTableModel::QAbstractTableModel;

    void setExperiment(const Experiment& experiment);
    void setMistakes(const std::vector<Mistake>& mistakes);

    /// The option that a cell edits; null where its type has no so many.
    const FieldOption* optionAt(const QModelIndex& index) const;
    /// The column of an option in this row; Type where there is none.
    int columnOf(int row, const QString& option) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;

  signals:
    /// The augmentation at `row` shall be one of another type.
    void typeChosen(int row, const QString& type);
    /// The augmentation at `row` shall become this.
    void augmentationEdited(int row, const dstn::Augmentation& augmentation);
    /// What was typed is not a value, and why.
    void editRefused(int row, const QString& why);

  private:
    QString mistakeIn(int row, const QString& option) const;

    std::vector<Augmentation> augmentations_;
    std::vector<std::vector<FieldOption>> options_; ///< of each row
    std::map<int, std::vector<Mistake>> mistakes_;  ///< by row
};

} // namespace dstn::ui
