#include "ui/setup/model_table_model.h"

#include "ui/forms/field_options.h"
#include "ui/forms/mark_board.h"
#include "ui/setup/offered_parts.h"
#include "ui/text/number_text.h"

#include <algorithm>

namespace dstn::ui {

QString ModelTableModel::optionOf(int column, const Part& part) {
    switch (column) {
    case Out:
        for (const QString& key : {QStringLiteral("out"), QStringLiteral("width"), QStringLiteral("hidden")})
            if (optionText(part, key)) return key;
        return {};
    case Kernel:
        return QStringLiteral("kernel");
    case Stride:
        return QStringLiteral("stride");
    case Padding:
        return QStringLiteral("padding");
    case Rate:
        return QStringLiteral("rate");
    default:
        return {};
    }
}

int ModelTableModel::columnOf(const QString& option, const Part& part) {
    for (int column = 0; column < ColumnCount; ++column)
        if (!option.isEmpty() && optionOf(column, part) == option) return column;
    return -1;
}

void ModelTableModel::setExperiment(const Experiment& experiment, const std::optional<DataInfo>& data) {
    const auto rows = int(experiment.model.parts.size());
    // Kept rows keep the selection; only the difference comes or goes.
    if (rows > rowCount()) {
        beginInsertRows({}, rowCount(), rows - 1);
        parts_ = experiment.model.parts;
        endInsertRows();
    } else if (rows < rowCount()) {
        beginRemoveRows({}, rows, rowCount() - 1);
        parts_ = experiment.model.parts;
        endRemoveRows();
    }
    parts_ = experiment.model.parts;
    inspected_ = data.has_value();
    report_ = inspected_
                  ? inspectModel(experiment.model, data->input, experiment.responseCount(), data->vocabulary)
                  : ModelReport{};
    if (rows > 0) emit dataChanged(index(0, 0), index(rows - 1, ColumnCount - 1));
}

void ModelTableModel::setMistakes(const std::vector<Mistake>& mistakes) {
    mistakes_.clear();
    for (const Mistake& mistake : mistakes)
        mistakes_[rowOfPath(mistake.path, "model.parts")].push_back(mistake);
    if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

int ModelTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(parts_.size());
}

int ModelTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

/// `option` empty: of the row as a whole.
QString ModelTableModel::mistakeIn(int row, const QString& option) const {
    QStringList sentences;
    const auto found = mistakes_.find(row);
    if (found != mistakes_.end())
        for (const Mistake& mistake : found->second)
            if (option.isEmpty() || optionOfPath(mistake.path) == option)
                sentences.append(QString::fromStdString(mistake.message));
    return sentences.join(u'\n');
}

QVariant ModelTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const Part& part = parts_[std::size_t(index.row())];
    const QString option = optionOf(index.column(), part);
    const bool reported = inspected_ && std::size_t(index.row()) < report_.parts.size();
    const PartReport* said = reported ? &report_.parts[std::size_t(index.row())] : nullptr;

    if (role == MistakeRole)
        return mistakeIn(index.row(), index.column() == Type ? QString()
                                      : option.isEmpty()     ? QStringLiteral("-")
                                                             : option);
    if (role == Qt::TextAlignmentRole)
        return int(
            Qt::AlignVCenter |
            (index.column() == Weights || index.column() == Response ? Qt::AlignRight : Qt::AlignLeft));
    if (role == Qt::ToolTipRole) {
        const QString mistake = mistakeIn(index.row(), {});
        if (!mistake.isEmpty()) return mistake;
        for (const FieldOption& known : optionsOf(part))
            if (known.key == option) return known.toolTip;
        if (index.column() == Type) {
            const QString type = QString::fromStdString(partType(part));
            return tr("%1: %2").arg(type, QString::fromUtf8(traitsOf(part).description));
        }
        return {};
    }
    if (role != Qt::DisplayRole && role != Qt::EditRole) return {};

    switch (index.column()) {
    case Type: {
        const QString type = QString::fromStdString(partType(part));
        if (role == Qt::EditRole) return type;
        return mistakeIn(index.row(), {}).isEmpty() ? type : tr("⚠ %1").arg(type);
    }
    case Output:
        if (said == nullptr || !said->mistake.empty()) return {};
        return QString::fromStdString(shapeText(said->output));
    case Weights:
        return said != nullptr && said->parameters > 0 ? countText(said->parameters) : QVariant();
    case Response:
        return said != nullptr && said->responseParameters > 0 ? countText(said->responseParameters)
                                                               : QVariant();
    default: {
        const auto text = optionText(part, option);
        if (!text) return {};
        const bool asKernel = index.column() == Stride && *text == u'0' && role == Qt::DisplayRole;
        return asKernel ? tr("kernel") : *text;
    }
    }
}

QVariant ModelTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical) return role == Qt::DisplayRole ? QVariant(section + 1) : QVariant();
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case Output:
            return tr("Shape of one example after this part");
        case Weights:
            return tr("Number of general weights w₀");
        case Response:
            return tr("Number of response parameters Θ for the tuned hyperparameters");
        case Out:
            return tr("Outputs: units of a layer, channels of a convolution, width of an embedding");
        case Rate:
            return tr("Dropout rate: a number or a hyperparameter's name");
        default:
            return {};
        }
    }
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter |
                   (section == Weights || section == Response ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole) return {};
    switch (section) {
    case Type:
        return tr("Part");
    case Out:
        return tr("Out");
    case Kernel:
        return tr("Kernel");
    case Stride:
        return tr("Stride");
    case Padding:
        return tr("Pad");
    case Rate:
        return tr("Rate");
    case Output:
        return tr("Output");
    case Weights:
        return tr("w₀");
    case Response:
        return tr("Θ");
    default:
        return {};
    }
}

Qt::ItemFlags ModelTableModel::flags(const QModelIndex& index) const {
    if (!index.isValid()) return Qt::NoItemFlags;
    Qt::ItemFlags flags = Qt::ItemIsSelectable | Qt::ItemIsEnabled;
    const Part& part = parts_[std::size_t(index.row())];
    const bool editable =
        index.column() == Type || optionText(part, optionOf(index.column(), part)).has_value();
    return editable ? flags | Qt::ItemIsEditable : flags;
}

bool ModelTableModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::EditRole || !index.isValid() || !flags(index).testFlag(Qt::ItemIsEditable)) return false;
    Part part = parts_[std::size_t(index.row())];
    if (index.column() == Type) {
        const auto& types = offeredParts();
        const auto type = std::ranges::find_if(
            types, [&](const OfferedPart& known) { return known.id == value.toString(); });
        if (type == types.end()) return false;
        if (type->id == QString::fromStdString(partType(part))) return true;
        // What both types have, stays: a kernel, a rate, a width.
        Part next = type->part;
        for (const FieldOption& option : optionsOf(next))
            if (const auto kept = optionText(part, option.key)) setOption(next, option.key, *kept);
        part = next;
    } else if (const QString why = setOption(part, optionOf(index.column(), part), value.toString());
               !why.isEmpty()) {
        emit editRefused(index.row(), why);
        return false;
    }
    emit partEdited(index.row(), part);
    return true;
}

} // namespace dstn::ui
