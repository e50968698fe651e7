#include "ui/setup/hyperparameter_table_model.h"

#include "ui/forms/mark_board.h"
#include "ui/forms/tunable_places.h"
#include "ui/text/number_text.h"

#include <algorithm>

namespace dstn::ui {

QString HyperparameterTableModel::keyOf(int column) {
    switch (column) {
    case Tune:
        return QStringLiteral("tune");
    case Name:
        return QStringLiteral("name");
    case Initial:
        return QStringLiteral("initial");
    case Min:
        return QStringLiteral("min");
    case Max:
        return QStringLiteral("max");
    case Scale:
        return QStringLiteral("scale");
    case Log:
        return QStringLiteral("log");
    case Discrete:
        return QStringLiteral("discrete");
    default:
        return {};
    }
}

void HyperparameterTableModel::setExperiment(const Experiment& experiment) {
    const auto rows = int(experiment.hyperparameters.size());
    std::vector<QStringList> uses;
    for (const Hyperparameter& hyperparameter : experiment.hyperparameters)
        uses.push_back(usesOf(experiment, hyperparameter.name));
    const auto take = [&] {
        hyperparameters_ = experiment.hyperparameters;
        uses_ = uses;
        held_ = experiment.heldNames();
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
    if (rows > 0) emit dataChanged(index(0, 0), index(rows - 1, ColumnCount - 1));
}

void HyperparameterTableModel::setMistakes(const std::vector<Mistake>& mistakes) {
    mistakes_.clear();
    for (const Mistake& mistake : mistakes)
        mistakes_[rowOfPath(mistake.path, "hyperparameters")].push_back(mistake);
    if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

int HyperparameterTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(hyperparameters_.size());
}

int HyperparameterTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

/// `key` empty: of the row as a whole.
QString HyperparameterTableModel::mistakeIn(int row, const QString& key) const {
    QStringList sentences;
    const auto found = mistakes_.find(row);
    if (found != mistakes_.end())
        for (const Mistake& mistake : found->second)
            if (key.isEmpty() || optionOfPath(mistake.path) == key)
                sentences.append(QString::fromStdString(mistake.message));
    return sentences.join(u'\n');
}

bool HyperparameterTableModel::isHeld(int row) const {
    return std::ranges::find(held_, hyperparameters_[std::size_t(row)].name) != held_.end();
}

static QString boundText(const std::optional<double>& bound) { return bound ? typedText(*bound) : QString(); }

QVariant HyperparameterTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const Hyperparameter& one = hyperparameters_[std::size_t(index.row())];
    const int column = index.column();

    if (role == MistakeRole) {
        const QString key = keyOf(column);
        return mistakeIn(index.row(), column == Name ? QString() : key.isEmpty() ? QStringLiteral("-") : key);
    }
    if (role == Qt::CheckStateRole) {
        const auto state = [](bool on) { return QVariant(int(on ? Qt::Checked : Qt::Unchecked)); };
        if (column == Tune) return state(one.tune);
        if (column == Log) return state(one.log);
        if (column == Discrete) return state(one.discrete);
        return {};
    }
    if (role == Qt::ToolTipRole) {
        const QString mistake = mistakeIn(index.row(), {});
        if (!mistake.isEmpty()) return mistake;
        if (isHeld(index.row()) && (column == Name || column == Tune))
            return tr("The method holds it at its initial value: the training loss has no derivative with "
                      "respect to it.");
        if (column == Uses) return uses_[std::size_t(index.row())].join(u'\n');
        return headerData(column, Qt::Horizontal, Qt::ToolTipRole);
    }
    if (role != Qt::DisplayRole && role != Qt::EditRole) return {};

    switch (column) {
    case Name: {
        const QString name = QString::fromStdString(one.name);
        if (role == Qt::EditRole) return name;
        if (!mistakeIn(index.row(), {}).isEmpty()) return tr("⚠ %1").arg(name);
        return isHeld(index.row()) ? tr("%1 (held)").arg(name) : name;
    }
    case Initial:
        return typedText(one.initial);
    case Min:
        return boundText(one.min);
    case Max:
        return boundText(one.max);
    case Scale:
        return typedText(one.scale);
    case Uses: {
        const QStringList& uses = uses_[std::size_t(index.row())];
        return uses.isEmpty() ? tr("nowhere") : uses.join(QStringLiteral(", "));
    }
    default:
        return {};
    }
}

QVariant HyperparameterTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical) return {};
    if (role == Qt::TextAlignmentRole) return int(Qt::AlignVCenter | Qt::AlignLeft);
    const bool text = role == Qt::DisplayRole;
    if (!text && role != Qt::ToolTipRole) return {};
    switch (section) {
    case Tune:
        return text ? tr("Tune") : tr("Tuned during training; otherwise held at its initial value");
    case Name:
        return text ? tr("Name")
                    : tr("Name by which the model, the augmentations and the regularisation refer to it");
    case Initial:
        return text ? tr("Initial") : tr("Initial value, in natural units");
    case Min:
        return text ? tr("Min") : tr("Lower bound of the range (exclusive); empty: none");
    case Max:
        return text ? tr("Max") : tr("Upper bound of the range (exclusive); empty: none");
    case Scale:
        return text ? tr("σ") : tr("Initial perturbation scale σ, in unconstrained units");
    case Log:
        return text ? tr("Log")
                    : tr("The unconstrained value is on a log scale: for ranges that span decades");
    case Discrete:
        return text ? tr("Discrete") : tr("Rounded down where it is used");
    case Uses:
        return text ? tr("Used in") : tr("Where its value is used");
    default:
        return {};
    }
}

Qt::ItemFlags HyperparameterTableModel::flags(const QModelIndex& index) const {
    if (!index.isValid()) return Qt::NoItemFlags;
    const Qt::ItemFlags flags = Qt::ItemIsSelectable | Qt::ItemIsEnabled;
    switch (index.column()) {
    case Tune:
    case Log:
    case Discrete:
        return flags | Qt::ItemIsUserCheckable;
    case Uses:
        return flags;
    default:
        return flags | Qt::ItemIsEditable;
    }
}

bool HyperparameterTableModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (!index.isValid()) return false;
    Hyperparameter next = hyperparameters_[std::size_t(index.row())];
    const int column = index.column();

    if (role == Qt::CheckStateRole) {
        const bool on = value.toInt() == Qt::Checked;
        if (column == Tune)
            next.tune = on;
        else if (column == Log)
            next.log = on;
        else if (column == Discrete)
            next.discrete = on;
        else
            return false;
        emit hyperparameterEdited(index.row(), next);
        return true;
    }
    if (role != Qt::EditRole || !flags(index).testFlag(Qt::ItemIsEditable)) return false;

    const QString text = value.toString().trimmed();
    if (column == Name) {
        // Two of one name would share their uses, and no later name could part them again.
        const std::string name = text.toStdString();
        const auto taken = [&](const Hyperparameter& other) {
            return &other != &hyperparameters_[std::size_t(index.row())] && other.name == name;
        };
        if (text.isEmpty() || std::ranges::any_of(hyperparameters_, taken)) {
            emit editRefused(index.row(),
                             text.isEmpty() ? tr("Expected a name, found nothing.")
                                            : tr("Another hyperparameter is already called “%1”.").arg(text));
            return false;
        }
        next.name = name;
    } else if (text.isEmpty() && (column == Min || column == Max)) {
        (column == Min ? next.min : next.max).reset();
    } else {
        const auto number = parseReal(text);
        if (!number) {
            emit editRefused(index.row(),
                             tr("Expected a number such as 0.05 or 1e-4, found “%1”.").arg(text));
            return false;
        }
        if (column == Initial)
            next.initial = *number;
        else if (column == Min)
            next.min = *number;
        else if (column == Max)
            next.max = *number;
        else
            next.scale = *number;
    }
    emit hyperparameterEdited(index.row(), next);
    return true;
}

} // namespace dstn::ui
