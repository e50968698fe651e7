#include "ui/studies/study_list_model.h"

#include "ui/text/run_text.h"
#include "ui/text/study_text.h"
#include "ui/widgets/state_icon.h"

#include <algorithm>

namespace dstn::ui {

static bool sameIds(const std::vector<StudyRow>& a, const std::vector<StudyRow>& b) {
    return std::ranges::equal(a, b, {}, &StudyRow::id, &StudyRow::id);
}

void StudyListModel::setRows(const std::vector<StudyRow>& rows) {
    std::vector<StudyRow> kept;
    for (const StudyRow& row : rows)
        if (!row.deleted) kept.push_back(row);
    if (sameIds(kept, rows_)) {
        rows_ = std::move(kept);
        if (!rows_.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    // A few dozen: what is selected is all that has to survive.
    emit layoutAboutToBeChanged();
    const QModelIndexList old = persistentIndexList();
    QModelIndexList moved;
    for (const QModelIndex& each : old) {
        const std::string id = row(each.row()).id;
        const auto at = std::ranges::find(kept, id, &StudyRow::id);
        moved << (at == kept.end() ? QModelIndex()
                                   : createIndex(static_cast<int>(at - kept.begin()), each.column()));
    }
    rows_ = std::move(kept);
    changePersistentIndexList(old, moved);
    emit layoutChanged();
}

int StudyListModel::indexOf(const QString& id) const {
    const auto found = std::ranges::find(rows_, id.toStdString(), &StudyRow::id);
    return found == rows_.end() ? -1 : static_cast<int>(found - rows_.begin());
}

int StudyListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}
int StudyListModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant StudyListModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const StudyRow& study = row(index.row());
    if (role == idRole) return QString::fromStdString(study.id);
    if (role == Qt::DecorationRole && index.column() == State) return stateIcon(study.state);
    if (role == Qt::ToolTipRole) {
        if (index.column() == Created)
            return relativeText(momentOf(study.created), QDateTime::currentDateTimeUtc());
        if (index.column() == Name)
            return QStringLiteral("%1\n%2").arg(QString::fromStdString(study.name),
                                                QString::fromStdString(study.id));
    }
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
    switch (index.column()) {
    case Name:
        return QString::fromStdString(study.name);
    case State:
        return stateText(study.state);
    case Runs:
        return runCountText(study.runs, study.failedRuns);
    case Created:
        return whenText(momentOf(study.created));
    case Reason:
        return QString::fromStdString(study.reason);
    default:
        return {};
    }
}

QVariant StudyListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole) return int(Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    switch (section) {
    case Name:
        return tr("Name");
    case State:
        return tr("State");
    case Runs:
        return tr("Runs");
    case Created:
        return tr("Created");
    case Reason:
        return tr("Why it ended");
    default:
        return {};
    }
}

} // namespace dstn::ui
