#include "ui/studies/method_table_model.h"

#include "ui/text/study_text.h"
#include "ui/widgets/theme.h"

#include <QFont>
#include <QGuiApplication>
#include <QPainter>
#include <QPixmap>

#include <algorithm>
#include <cmath>

namespace dstn::ui {

namespace {

std::int64_t runsOf(const MethodResult& method, bool failed) {
    std::int64_t count = 0;
    for (const SeedResult& seed : method.seeds) count += failed ? seed.failedRuns : seed.runs;
    return count;
}

std::ptrdiff_t seedsWithResult(const MethodResult& method) {
    return std::ranges::count_if(method.seeds, [](const SeedResult& seed) { return seed.best.has_value(); });
}

/// A piece of the method's line in the chart.
QPixmap lineOf(int method) {
    constexpr int width = 26, height = 14, scale = 2;
    QPixmap pixmap(width * scale, height * scale);
    pixmap.setDevicePixelRatio(scale);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(
        QPen(curveColor(method, isDark(QGuiApplication::palette())), 2.5, curveDash(method), Qt::FlatCap));
    painter.drawLine(QPointF(0, height / 2.0), QPointF(width, height / 2.0));
    return pixmap;
}

const std::optional<Mean>* meanOf(const MethodResult& method, int column) {
    switch (column) {
    case MethodTableModel::ValidationLoss:
        return &method.validationLoss;
    case MethodTableModel::ValidationAccuracy:
        return &method.validationAccuracy;
    case MethodTableModel::TestLoss:
        return &method.testLoss;
    case MethodTableModel::TestAccuracy:
        return &method.testAccuracy;
    case MethodTableModel::Epochs:
        return &method.epochs;
    case MethodTableModel::Gradients:
        return &method.gradients;
    case MethodTableModel::Seconds:
        return &method.seconds;
    default:
        return nullptr;
    }
}

} // namespace

void MethodTableModel::setResults(const StudyResults& results) {
    const bool same = results.methods.size() == methods_.size();
    if (!same) beginResetModel();
    methods_ = results.methods;
    best_ = -1;
    for (std::size_t i = 0; i < methods_.size(); ++i) {
        const auto& loss = methods_[i].validationLoss;
        if (!loss || !std::isfinite(loss->mean)) continue;
        if (best_ < 0 || loss->mean < methods_[std::size_t(best_)].validationLoss->mean) best_ = int(i);
    }
    if (!same)
        endResetModel();
    else if (!methods_.empty())
        emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

bool MethodTableModel::hasValues(int column) const {
    if (column == Name || column == ValidationLoss || column == Runs) return true;
    return std::ranges::any_of(methods_, [column](const MethodResult& method) {
        const auto* mean = meanOf(method, column);
        return mean != nullptr ? mean->has_value() : !method.hyperparameters.empty();
    });
}

int MethodTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(methods_.size());
}
int MethodTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString MethodTableModel::text(const MethodResult& method, int column) const {
    switch (column) {
    case Name:
        return QString::fromStdString(method.name);
    case ValidationLoss:
    case TestLoss:
        return meanText(*meanOf(method, column));
    case ValidationAccuracy:
    case TestAccuracy:
        return meanText(*meanOf(method, column), true);
    case Epochs:
        return spentText(method.epochs, BudgetUnit::epochs);
    case Gradients:
        return spentText(method.gradients, BudgetUnit::gradients);
    case Seconds:
        return spentText(method.seconds, BudgetUnit::seconds);
    case Runs:
        return runCountText(runsOf(method, false), runsOf(method, true));
    case Hyperparameters:
        return chosenText(method.hyperparameters);
    default:
        return {};
    }
}

QVariant MethodTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const MethodResult& method = methods_[std::size_t(index.row())];
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole:
        return text(method, column);
    case Qt::DecorationRole:
        return column == Name ? QVariant(lineOf(index.row())) : QVariant();
    case Qt::FontRole:
        if (index.row() == best_ && (column == ValidationLoss || column == Name)) {
            QFont font;
            font.setBold(true);
            return font;
        }
        return {};
    case Qt::TextAlignmentRole:
        return int(column == Name || column == Hyperparameters || column == Runs
                       ? Qt::AlignLeft | Qt::AlignVCenter
                       : Qt::AlignRight | Qt::AlignVCenter);
    case Qt::ToolTipRole: {
        if (column == Hyperparameters) return text(method, column);
        const std::ptrdiff_t seeds = seedsWithResult(method);
        if (seeds == 0) return tr("No seed has a result yet.");
        return seeds == 1 ? tr("for one seed") : tr("mean ± standard error over %1 seeds").arg(seeds);
    }
    default:
        return {};
    }
}

QVariant MethodTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return int(section == Name || section == Hyperparameters || section == Runs
                       ? Qt::AlignLeft | Qt::AlignVCenter
                       : Qt::AlignRight | Qt::AlignVCenter);
    const bool text = role == Qt::DisplayRole;
    if (!text && role != Qt::ToolTipRole) return {};
    switch (section) {
    case Name:
        return text ? tr("Method") : tr("With a sample of its line in the chart above");
    case ValidationLoss:
        return text ? tr("Best val. loss")
                    : tr("Lowest validation loss of each seed; the lowest mean is bold");
    case ValidationAccuracy:
        return text ? tr("Val. accuracy") : tr("At the lowest validation loss");
    case TestLoss:
        return text ? tr("Test loss") : tr("At the lowest validation loss");
    case TestAccuracy:
        return text ? tr("Test accuracy") : tr("At the lowest validation loss");
    case Epochs:
        return text ? tr("Epochs") : tr("Epochs trained per seed, all trials together");
    case Gradients:
        return text ? tr("Gradient eval.")
                    : tr("Gradient evaluations spent per seed; 1 is the forward and backward pass of a plain "
                         "training step");
    case Seconds:
        return text ? tr("Time") : tr("Training time per seed, all trials together");
    case Runs:
        return text ? tr("Runs") : tr("Over all seeds");
    case Hyperparameters:
        return text ? tr("Hyperparameters chosen") : tr("At the lowest validation loss, in natural units");
    default:
        return {};
    }
}

} // namespace dstn::ui
