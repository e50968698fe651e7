#pragma once

#include "core/archive/archive.h"

#include <QAbstractTableModel>
#include <QString>

#include <vector>

namespace dstn::ui {

enum class RunColumn {
    star,
    name,
    state,
    data,
    model,
    method,
    validationLoss,
    accuracy,
    test,
    when,
    duration,
    progress,
    tags,
    note,
    study,
    gradients,
};
inline constexpr int runColumnCount = 16;

/// The archive's runs as a table, one run a row. Refreshing changes as few rows as it can and never resets,
/// so that selection, scroll position and an editor that is open survive.
class RunTableModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Role { idRole = Qt::UserRole, stateRole, progressRole };

    using QAbstractTableModel::QAbstractTableModel;

    /// The runs as the archive has them now; a run is the same one if its UUID is.
    void setRows(const std::vector<RunRow>& rows);

    const RunRow& row(int index) const { return items_.at(static_cast<std::size_t>(index)).row; }
    /// All the searchable text of a run, in lower case.
    const QString& haystack(int index) const { return items_.at(static_cast<std::size_t>(index)).haystack; }
    int indexOf(const QString& id) const; ///< −1 if there is none
    /// What stands in a cell, without its decoration; as shown on screen and in the exported list.
    QString text(int row, RunColumn column) const;
    /// A word for the header and the column chooser.
    static QString title(RunColumn column);
    /// Whether the first run comes before the second by this column; equal values: the newer first. Where
    /// figures of several kinds share a column, accuracies come before perplexities, and these before losses,
    /// each by their numbers.
    bool lessThan(int first, int second, RunColumn column) const;
    /// Whether there is a value to sort by; rows without one stand last, whichever way is sorted.
    bool hasValue(int row, RunColumn column) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

  signals:
    /// A name was edited in place; the archive must follow.
    void renamed(QString run, QString name);
    void starred(QString run, bool starred);

  private:
    struct Item {
        RunRow row;
        QString haystack;
    };
    void update(std::size_t index, const RunRow& row);

    std::vector<Item> items_;
};

} // namespace dstn::ui
