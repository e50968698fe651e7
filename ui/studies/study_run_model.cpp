#include "ui/studies/study_run_model.h"

#include "ui/text/number_text.h"
#include "ui/text/run_text.h"
#include "ui/widgets/state_icon.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dstn::ui {

static std::optional<double> bestOf(const StudyRun& run) {
    std::optional<double> best;
    for (const EpochResult& epoch : run.epochs)
        if (!best || std::isnan(*best) || epoch.validationLoss < *best) best = epoch.validationLoss;
    return best;
}

void StudyRunModel::setStudy(const LoadedStudy& study) {
    std::vector<Row> rows;
    for (const StudyRun& run : study.runs) {
        Row row{.run = {}, .method = {}, .best = bestOf(run), .epochs = 0.0};
        row.run.run = run.run;
        row.run.place = run.place;
        row.run.state = run.state;
        row.run.reason = run.reason;
        row.run.seconds = run.seconds;
        row.run.gradients = run.gradients;
        row.run.steps = run.steps;
        const auto method = static_cast<std::size_t>(run.place.method);
        if (method < study.study.methods.size()) {
            row.method = QString::fromStdString(study.study.methods[method].name);
            row.trial = study.searches[method];
        }
        if (run.stepsPerEpoch > 0) row.epochs = double(run.steps) / double(run.stepsPerEpoch);
        rows.push_back(std::move(row));
    }
    const bool same =
        std::ranges::equal(rows, rows_, [](const Row& a, const Row& b) { return a.run.run == b.run.run; });
    const bool grown = rows.size() > rows_.size() &&
                       std::equal(rows_.begin(), rows_.end(), rows.begin(),
                                  [](const Row& a, const Row& b) { return a.run.run == b.run.run; });
    if (grown) {
        beginInsertRows({}, rowCount(), static_cast<int>(rows.size()) - 1);
        rows_ = std::move(rows);
        endInsertRows();
    } else if (same) {
        rows_ = std::move(rows);
    } else {
        beginResetModel();
        rows_ = std::move(rows);
        endResetModel();
        return;
    }
    if (!rows_.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

int StudyRunModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}
int StudyRunModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant StudyRunModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const Row& row = rows_[std::size_t(index.row())];
    const int column = index.column();
    if (role == idRole) return QString::fromStdString(row.run.run);
    if (role == Qt::DecorationRole && column == State) return stateIcon(row.run.state);
    if (role == Qt::TextAlignmentRole)
        return int(
            (column == Method || column == State || column == Reason ? Qt::AlignLeft : Qt::AlignRight) |
            Qt::AlignVCenter);
    const bool sort = role == sortRole;
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole && !sort) return {};
    switch (column) {
    case Method:
        return sort ? QVariant(qlonglong(row.run.place.method)) : QVariant(row.method);
    case Seed:
        return sort ? QVariant(qulonglong(row.run.place.seed)) : QVariant(typedText(row.run.place.seed));
    case Trial:
        if (sort) return qlonglong(row.run.place.trial);
        return row.trial ? countText(row.run.place.trial) : QStringLiteral("–");
    case State:
        return stateText(row.run.state);
    case ValidationLoss:
        if (sort)
            return row.best && !std::isnan(*row.best) ? *row.best : std::numeric_limits<double>::infinity();
        return row.best ? valueText(*row.best) : QString();
    case Epochs:
        return sort ? QVariant(row.epochs) : QVariant(quantityText(row.epochs));
    case Gradients:
        return sort ? QVariant(row.run.gradients) : QVariant(countText(std::llround(row.run.gradients)));
    case Seconds:
        return sort ? QVariant(row.run.seconds) : QVariant(durationText(row.run.seconds));
    case Reason:
        return QString::fromStdString(row.run.reason);
    default:
        return {};
    }
}

QVariant StudyRunModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return int(
            (section == Method || section == State || section == Reason ? Qt::AlignLeft : Qt::AlignRight) |
            Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    switch (section) {
    case Method:
        return tr("Method");
    case Seed:
        return tr("Seed");
    case Trial:
        return tr("Trial");
    case State:
        return tr("State");
    case ValidationLoss:
        return tr("Best val. loss");
    case Epochs:
        return tr("Epochs");
    case Gradients:
        return tr("Gradient eval.");
    case Seconds:
        return tr("Time");
    case Reason:
        return tr("Why it ended");
    default:
        return {};
    }
}

} // namespace dstn::ui
