#pragma once

#include "core/data/dataset.h"
#include "ui/studies/study_draft.h"

#include <QAbstractTableModel>

#include <map>
#include <optional>

namespace dstn::ui {

/// The methods that a new study is offered, one a row: chosen or not, name, options, and what the budget is
/// for it.
class MethodDraftModel : public QAbstractTableModel {
    Q_OBJECT

  public:
    enum Column { Name, Options, Budget, ColumnCount };
    enum Role { MistakeRole = Qt::UserRole };
    /// `draft` must outlive this model.
    explicit MethodDraftModel(StudyDraft& draft, QObject* parent = nullptr);

    /// What the budget means depends on the data's size; absent: not known.
    void setData(const std::optional<DataInfo>& data);
    /// All of the study's; those of a method are marked in its row.
    void setMistakes(const std::vector<Mistake>& mistakes);
    QString mistakeOf(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

  private:
    void refresh();

    StudyDraft& draft_;
    std::optional<DataInfo> data_;
    std::map<int, QString> mistakes_; ///< by row
    std::vector<QString> meanings_;
};

} // namespace dstn::ui
