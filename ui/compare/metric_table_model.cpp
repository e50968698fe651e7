#include "ui/compare/metric_table_model.h"

#include "ui/text/number_text.h"
#include "ui/text/run_text.h"
#include "ui/widgets/theme.h"

#include <QFont>
#include <QIcon>
#include <QPainter>
#include <QPixmap>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace dstn::ui {

namespace {

using Value = std::function<std::optional<double>(const RunDetails&)>;

const EpochResult* bestEpoch(const RunDetails& run) {
    for (const EpochResult& epoch : run.epochs)
        if (run.row.bestEpoch && epoch.epoch == *run.row.bestEpoch) return &epoch;
    return nullptr;
}
const EpochResult* lastEpoch(const RunDetails& run) {
    return run.epochs.empty() ? nullptr : &run.epochs.back();
}

Value of(const EpochResult* (*which)(const RunDetails&), std::optional<double> EpochResult::*member) {
    return [which, member](const RunDetails& run) -> std::optional<double> {
        const EpochResult* const epoch = which(run);
        return epoch ? epoch->*member : std::nullopt;
    };
}

/// Not of language models, whose token accuracy is not a figure of merit.
Value accuracy(const Value& value) {
    return [value](const RunDetails& run) { return run.row.language ? std::nullopt : value(run); };
}

Value hyperparameter(const std::string& name) {
    return [name](const RunDetails& run) -> std::optional<double> {
        if (const EpochResult* const epoch = bestEpoch(run))
            for (const auto& [key, value] : epoch->hyperparameters)
                if (key == name) return value;
        return std::nullopt;
    };
}

} // namespace

void MetricTableModel::set(const std::vector<RunDetails>& runs, const std::vector<RunGroup>& groups,
                           const QStringList& names) {
    beginResetModel();
    names_ = names;
    runs_.clear();
    columns_.clear();
    for (const RunGroup& group : groups) runs_ << QString::fromStdString(runs[group.members.front()].row.id);
    const auto add = [&](const QString& title, Better better, Unit unit, const Value& value) {
        Column column{.title = title, .better = better, .unit = unit, .values = {}, .best = {}};
        for (const RunGroup& group : groups) {
            std::vector<double> values;
            for (const std::size_t member : group.members)
                if (const std::optional<double> v = value(runs[member])) values.push_back(*v);
            column.values.push_back(momentsOf(values));
        }
        const auto has = [&](std::size_t i) {
            return column.values[i].count > 0 && !std::isnan(column.values[i].mean);
        };
        std::size_t having = 0, texts = 0;
        for (std::size_t i = 0; i < column.values.size(); ++i) {
            if (!has(i)) continue;
            ++having;
            if (runs[groups[i].members.front()].row.language) ++texts;
            if (better == Better::neither) continue;
            const double sign = better == Better::lower ? 1.0 : -1.0;
            if (!column.best || sign * column.values[i].mean < sign * column.values[*column.best].mean)
                column.best = i;
        }
        // A best of one says nothing, and losses of texts and of images cannot be compared.
        if (having < 2 || (texts > 0 && texts < having)) column.best.reset();
        if (std::any_of(column.values.begin(), column.values.end(),
                        [](const Moments& m) { return m.count > 0; }))
            columns_.push_back(std::move(column));
    };
    add(tr("Best val. loss"), Better::lower, Unit::number,
        [](const RunDetails& r) { return r.row.bestValidationLoss; });
    add(tr("Val. perplexity"), Better::lower, Unit::number,
        [](const RunDetails& r) { return r.row.bestValidationPerplexity; });
    add(tr("Test perplexity"), Better::lower, Unit::number,
        [](const RunDetails& r) { return r.row.testPerplexityAtBest; });
    add(tr("Val. accuracy"), Better::higher, Unit::percent,
        accuracy([](const RunDetails& r) { return r.row.bestValidationAccuracy; }));
    add(tr("Test accuracy"), Better::higher, Unit::percent,
        accuracy(of(bestEpoch, &EpochResult::testAccuracy)));
    add(tr("Test loss"), Better::lower, Unit::number, of(bestEpoch, &EpochResult::testLoss));
    add(tr("Best epoch"), Better::neither, Unit::number, [](const RunDetails& r) -> std::optional<double> {
        if (!r.row.bestEpoch) return std::nullopt;
        return static_cast<double>(*r.row.bestEpoch);
    });
    add(tr("Final val. loss"), Better::lower, Unit::number, [](const RunDetails& r) -> std::optional<double> {
        if (const EpochResult* const last = lastEpoch(r)) return last->validationLoss;
        return std::nullopt;
    });
    add(tr("Final val. perplexity"), Better::lower, Unit::number,
        [](const RunDetails& r) -> std::optional<double> {
            const EpochResult* const last = lastEpoch(r);
            return last && r.row.language ? std::optional(perplexityOf(last->validationLoss)) : std::nullopt;
        });
    add(tr("Final val. accuracy"), Better::higher, Unit::percent,
        accuracy(of(lastEpoch, &EpochResult::validationAccuracy)));
    add(tr("Final training loss"), Better::lower, Unit::number, of(lastEpoch, &EpochResult::trainLoss));
    add(tr("Training time"), Better::neither, Unit::duration,
        [](const RunDetails& r) -> std::optional<double> { return r.row.seconds; });
    add(tr("Steps"), Better::neither, Unit::number,
        [](const RunDetails& r) -> std::optional<double> { return static_cast<double>(r.row.steps); });
    std::vector<std::string> hyperparameters;
    for (const RunDetails& run : runs)
        if (const EpochResult* const best = bestEpoch(run))
            for (const auto& [name, value] : best->hyperparameters)
                if (std::find(hyperparameters.begin(), hyperparameters.end(), name) == hyperparameters.end())
                    hyperparameters.push_back(name);
    for (const std::string& name : hyperparameters)
        add(QString::fromStdString(name), Better::neither, Unit::number, hyperparameter(name));
    endResetModel();
}

void MetricTableModel::setDark(bool dark) {
    if (std::exchange(dark_, dark) == dark || names_.isEmpty()) return;
    emit dataChanged(index(0, 0), index(rowCount() - 1, 0), {Qt::DecorationRole});
}

QIcon MetricTableModel::swatch(int position, bool dark) {
    QPixmap pixmap(QSize(44, 24));
    pixmap.setDevicePixelRatio(2.0);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setPen(QPen(curveColor(position, dark), 2.4, curveDash(position), Qt::FlatCap));
    painter.drawLine(QPointF(0, 6), QPointF(22, 6));
    return pixmap;
}

int MetricTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(names_.size());
}

int MetricTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(columns_.size()) + 1;
}

QString MetricTableModel::text(const Column& column, std::size_t row) const {
    const Moments& value = column.values[row];
    if (value.count == 0) return {};
    const auto one = [&](double v) {
        return column.unit == Unit::percent    ? percentText(v)
               : column.unit == Unit::duration ? durationText(v)
                                               : valueText(v);
    };
    QString text = one(value.mean);
    if (value.count > 1) text += QStringLiteral(" ± ") + one(value.deviation);
    return text;
}

QVariant MetricTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const auto row = static_cast<std::size_t>(index.row());
    if (role == runRole) return runs_[index.row()];
    if (index.column() == 0) {
        if (role == Qt::DisplayRole || role == sortRole || role == Qt::ToolTipRole)
            return names_[index.row()];
        if (role == Qt::DecorationRole) return swatch(index.row(), dark_);
        return {};
    }
    const Column& column = columns_[static_cast<std::size_t>(index.column() - 1)];
    const bool best = column.best == row;
    switch (role) {
    case Qt::DisplayRole:
        return best ? QStringLiteral("✓ ") + text(column, row) : text(column, row);
    case Qt::ToolTipRole:
        if (column.values[row].count > 1)
            return tr("mean ± standard deviation over %1 seeds").arg(column.values[row].count);
        return best ? tr("the best of these runs") : QVariant();
    case Qt::TextAlignmentRole:
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    case Qt::FontRole:
        if (best) {
            QFont font;
            font.setBold(true);
            return font;
        }
        return {};
    case sortRole:
        return column.values[row].count > 0 && !std::isnan(column.values[row].mean)
                   ? column.values[row].mean
                   : std::numeric_limits<double>::infinity();
    default:
        return {};
    }
}

QVariant MetricTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole && section > 0) return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
    if (section == 0) return tr("Run");
    const Column& column = columns_.at(static_cast<std::size_t>(section - 1));
    if (role == Qt::DisplayRole) return column.title;
    return column.better == Better::lower    ? tr("%1: lower is better").arg(column.title)
           : column.better == Better::higher ? tr("%1: higher is better").arg(column.title)
                                             : column.title;
}

} // namespace dstn::ui
