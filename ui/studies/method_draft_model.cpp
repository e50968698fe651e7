#include "ui/studies/method_draft_model.h"

#include "ui/forms/mark_board.h"
#include "ui/text/study_text.h"

#include <QGuiApplication>
#include <QPalette>

namespace dstn::ui {

MethodDraftModel::MethodDraftModel(StudyDraft& draft, QObject* parent)
    : QAbstractTableModel(parent), draft_(draft) {
    connect(&draft_, &StudyDraft::methodsReset, this, [this] {
        mistakes_.clear();
        meanings_.clear();
        beginResetModel();
        endResetModel();
    });
    connect(&draft_, &StudyDraft::changed, this, &MethodDraftModel::refresh);
    refresh();
}

void MethodDraftModel::refresh() {
    const Study study = draft_.study();
    meanings_.clear();
    for (const StudyDraft::Method& method : draft_.methods())
        meanings_.push_back(budgetMeaning(study, method.method, data_));
    if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

void MethodDraftModel::setData(const std::optional<DataInfo>& data) {
    data_ = data;
    refresh();
}

void MethodDraftModel::setMistakes(const std::vector<Mistake>& mistakes) {
    mistakes_.clear();
    for (const Mistake& mistake : mistakes) {
        const int row = draft_.rowOf(mistake.path);
        if (row < 0) continue;
        const std::size_t colon = mistake.path.find(": ");
        QString text = sentenceOf(mistake);
        if (colon != std::string::npos)
            text = QStringLiteral("%1: %2").arg(QString::fromStdString(mistake.path.substr(colon + 2)), text);
        QString& all = mistakes_[row];
        all += (all.isEmpty() ? QString() : QStringLiteral("\n")) + text;
    }
    if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

QString MethodDraftModel::mistakeOf(int row) const {
    const auto found = mistakes_.find(row);
    return found == mistakes_.end() ? QString() : found->second;
}

int MethodDraftModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(draft_.methods().size());
}
int MethodDraftModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant MethodDraftModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const auto row = static_cast<std::size_t>(index.row());
    const StudyDraft::Method& method = draft_.methods()[row];
    const QString mistake = mistakeOf(index.row());
    const QString name = QString::fromStdString(method.method.name);
    if (role == MistakeRole) return index.column() == Name ? mistake : QString();
    if (role == Qt::CheckStateRole && index.column() == Name)
        return int(method.used ? Qt::Checked : Qt::Unchecked);
    if (role == Qt::ForegroundRole && !method.used)
        return QGuiApplication::palette().color(QPalette::PlaceholderText);
    if (role == Qt::ToolTipRole && !mistake.isEmpty()) return mistake;
    if (role == Qt::EditRole && index.column() == Name) return name;
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
    switch (index.column()) {
    case Name:
        return mistake.isEmpty() || role == Qt::ToolTipRole ? name : tr("⚠ %1").arg(name);
    case Options:
        return role == Qt::ToolTipRole
                   ? assignmentsText(method.method.set)
                   : assignmentsText(method.method.set).replace(u'\n', QStringLiteral(", "));
    case Budget:
        return row < meanings_.size() ? meanings_[row] : QString();
    default:
        return {};
    }
}

bool MethodDraftModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (!index.isValid() || index.column() != Name) return false;
    const auto row = static_cast<std::size_t>(index.row());
    if (role == Qt::CheckStateRole) {
        draft_.setUsed(row, value.toInt() == Qt::Checked);
        return true;
    }
    if (role != Qt::EditRole) return false;
    StudyMethod method = draft_.methods()[row].method;
    method.name = value.toString().simplified().toStdString();
    draft_.setMethod(row, method);
    return true;
}

QVariant MethodDraftModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole) return int(Qt::AlignLeft | Qt::AlignVCenter);
    const bool text = role == Qt::DisplayRole;
    if (!text && role != Qt::ToolTipRole) return {};
    switch (section) {
    case Name:
        return text ? tr("Method") : tr("Checked methods are compared. F2 renames.");
    case Options:
        return text ? tr("Set") : tr("Options that differ from the experiment");
    case Budget:
        return text ? tr("With this budget, per seed") : tr("What the budget allows this method");
    default:
        return {};
    }
}

Qt::ItemFlags MethodDraftModel::flags(const QModelIndex& index) const {
    if (!index.isValid()) return Qt::NoItemFlags;
    const Qt::ItemFlags flags = Qt::ItemIsSelectable | Qt::ItemIsEnabled;
    return index.column() == Name ? flags | Qt::ItemIsUserCheckable | Qt::ItemIsEditable : flags;
}

} // namespace dstn::ui
