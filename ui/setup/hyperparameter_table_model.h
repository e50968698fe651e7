#pragma once

#include "core/experiment/experiment.h"

#include <QAbstractTableModel>

#include <map>
#include <vector>

namespace dstn::ui {

/// The hyperparameters of an experiment as a table, every value in natural units but σ, and where each is
/// used. Shows an experiment and asks for edits through signals; holds no truth.
class HyperparameterTableModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    enum Column { Tune, Name, Initial, Min, Max, Scale, Log, Discrete, Uses, ColumnCount };
    static constexpr int MistakeRole = Qt::UserRole;

    using QAbstractTableModel::QAbstractTableModel;

    void setExperiment(const Experiment& experiment);
    void setMistakes(const std::vector<Mistake>& mistakes);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;

    /// The key that a column edits, "initial"; empty for the others.
    static QString keyOf(int column);

  signals:
    void hyperparameterEdited(int row, const dstn::Hyperparameter& hyperparameter);
    /// What was typed is not a value, and why.
    void editRefused(int row, const QString& why);

  private:
    QString mistakeIn(int row, const QString& key) const;
    bool isHeld(int row) const;

    std::vector<Hyperparameter> hyperparameters_;
    std::vector<QStringList> uses_;
    std::vector<std::string> held_;                ///< by the tuner, although they are to be tuned
    std::map<int, std::vector<Mistake>> mistakes_; ///< by row
};

} // namespace dstn::ui
