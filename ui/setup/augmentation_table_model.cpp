#include "ui/setup/augmentation_table_model.h"

#include "core/experiment/tunables.h"
#include "ui/forms/mark_board.h"
#include "ui/setup/offered_augmentations.h"

#include <algorithm>

namespace dstn::ui {

void AugmentationTableModel::setExperiment(const Experiment& experiment) {
    const auto rows = int(experiment.augmentation.size());
    const auto take = [&] {
        augmentations_ = experiment.augmentation;
        options_.clear();
        for (const Augmentation& augmentation : augmentations_) options_.push_back(optionsOf(augmentation));
    };
    // Kept rows keep the selection; only the difference comes or goes.
    if (rows > rowCount()) {
        beginInsertRows({}, rowCount(), rows - 1);
        take();
        endInsertRows();
    } else if (rows < rowCount()) {
        beginRemoveRows({}, rows, rowCount() - 1);
        take();
        endRemoveRows();
    }
    take();
    if (rows > 0) emit dataChanged(index(0, 0), index(rows - 1, columnCount() - 1));
}

void AugmentationTableModel::setMistakes(const std::vector<Mistake>& mistakes) {
    mistakes_.clear();
    for (const Mistake& mistake : mistakes)
        mistakes_[rowOfPath(mistake.path, "augmentation")].push_back(mistake);
    if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

const FieldOption* AugmentationTableModel::optionAt(const QModelIndex& index) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() == Type) return nullptr;
    const auto& options = options_[std::size_t(index.row())];
    const auto number = std::size_t(index.column() - 1);
    return number < options.size() ? &options[number] : nullptr;
}

int AugmentationTableModel::columnOf(int row, const QString& option) const {
    const auto& options = options_.at(std::size_t(row));
    const auto found = std::ranges::find(options, option, &FieldOption::key);
    return found == options.end() ? Type : 1 + int(found - options.begin());
}

int AugmentationTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(augmentations_.size());
}

int AugmentationTableModel::columnCount(const QModelIndex& parent) const {
    static const int columns = [] {
        std::size_t most = 0;
        for (const OfferedAugmentation& offered : offeredAugmentations())
            most = std::max(most, optionsOf(offered.augmentation).size());
        return 1 + int(most);
    }();
    return parent.isValid() ? 0 : columns;
}

/// `option` empty: of the row as a whole.
QString AugmentationTableModel::mistakeIn(int row, const QString& option) const {
    QStringList sentences;
    const auto found = mistakes_.find(row);
    if (found != mistakes_.end())
        for (const Mistake& mistake : found->second)
            if (option.isEmpty() || optionOfPath(mistake.path) == option)
                sentences.append(QString::fromStdString(mistake.message));
    return sentences.join(u'\n');
}

QVariant AugmentationTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const Augmentation& augmentation = augmentations_[std::size_t(index.row())];
    const FieldOption* option = optionAt(index);
    if (option == nullptr && index.column() != Type) return {};
    const QString mistake = mistakeIn(index.row(), option != nullptr ? option->key : QString());
    if (role == MistakeRole) return mistake;
    if (role == Qt::ToolTipRole) {
        if (!mistake.isEmpty()) return mistake;
        if (option != nullptr) return option->toolTip;
        return offeredAugmentations()[augmentation.index()].toolTip;
    }
    if (role != Qt::DisplayRole && role != Qt::EditRole) return {};
    if (option == nullptr) {
        const QString type = QString::fromStdString(augmentationType(augmentation));
        return role == Qt::EditRole || mistake.isEmpty() ? type : tr("⚠ %1").arg(type);
    }
    const QString text = optionText(augmentation, option->key).value_or(QString());
    return role == Qt::EditRole ? text : tr("%1: %2").arg(option->title, text);
}

QVariant AugmentationTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role == Qt::ToolTipRole && orientation == Qt::Horizontal)
        return section == Type ? tr("How training examples are augmented, in this order")
                               : tr("Strength: a number or the name of a hyperparameter");
    if (role != Qt::DisplayRole) return {};
    if (orientation == Qt::Vertical) return section + 1;
    if (section == Type) return tr("Augmentation");
    return section == 1 ? tr("Options") : QString();
}

Qt::ItemFlags AugmentationTableModel::flags(const QModelIndex& index) const {
    if (!index.isValid()) return Qt::NoItemFlags;
    const Qt::ItemFlags flags = Qt::ItemIsSelectable | Qt::ItemIsEnabled;
    return index.column() == Type || optionAt(index) != nullptr ? flags | Qt::ItemIsEditable : flags;
}

bool AugmentationTableModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::EditRole || !index.isValid() || !flags(index).testFlag(Qt::ItemIsEditable)) return false;
    if (index.column() == Type) {
        const auto& offered = offeredAugmentations();
        if (std::ranges::find(offered, value.toString(), &OfferedAugmentation::id) == offered.end())
            return false;
        emit typeChosen(index.row(), value.toString());
        return true;
    }
    Augmentation augmentation = augmentations_[std::size_t(index.row())];
    if (const QString why = setOption(augmentation, optionAt(index)->key, value.toString()); !why.isEmpty()) {
        emit editRefused(index.row(), why);
        return false;
    }
    emit augmentationEdited(index.row(), augmentation);
    return true;
}

} // namespace dstn::ui
