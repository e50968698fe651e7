#include "ui/studies/study_chart.h"

#include "ui/forms/section.h"
#include "ui/text/study_text.h"
#include "ui/widgets/curve_plot.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace dstn::ui {

namespace {

double spentBy(const SeedResult& seed, BudgetUnit unit) {
    return unit == BudgetUnit::epochs      ? seed.epochs
           : unit == BudgetUnit::gradients ? seed.gradients
                                           : seed.seconds;
}

/// Up to where half of the seeds have come: there their band ends.
double reached(const MethodResult& method, BudgetUnit unit) {
    std::vector<double> spent;
    for (const SeedResult& seed : method.seeds)
        if (seed.best) spent.push_back(spentBy(seed, unit));
    if (spent.empty()) return 0.0;
    std::ranges::sort(spent, std::greater<>());
    const std::size_t half = (method.seeds.size() + 1) / 2;
    return spent.size() < half ? 0.0 : spent[half - 1];
}

} // namespace

StudyChart::StudyChart(QWidget* parent)
    : QWidget(parent),
      plot_(new CurvePlot(tr("Best validation loss so far"))),
      axis_(quietCombo()),
      log_(new QCheckBox(tr("Lo&garithmic"))),
      whole_(new QCheckBox(tr("Include first &losses"))) {
    plot_->setObjectName(QStringLiteral("studyPlot"));
    plot_->setDetail(tr("median over seeds; the band spans the quartiles"));
    plot_->setPlaceholder(tr("No run has finished an epoch yet"));
    axis_->setObjectName(QStringLiteral("studyAxis"));
    axis_->setAccessibleName(tr("Against"));
    axis_->setToolTip(tr("Horizontal axis of the chart"));
    axis_->addItem(tr("Epochs"));
    axis_->addItem(tr("Gradient evaluations"));
    axis_->addItem(tr("Training time"));
    axis_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    log_->setToolTip(tr("Draws the loss on a logarithmic scale"));
    log_->setChecked(true);
    plot_->setLogY(true);
    auto* label = new QLabel(tr("&Against"));
    label->setBuddy(axis_);
    auto* row = new QHBoxLayout;
    row->addWidget(label);
    row->addWidget(axis_);
    row->addWidget(log_);
    row->addWidget(whole_);
    row->addStretch(1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addLayout(row);
    layout->addWidget(plot_, 1);
    connect(axis_, &QComboBox::currentIndexChanged, this,
            [this](int index) { setUnit(budgetUnits[std::size_t(index)]); });
    whole_->setObjectName(QStringLiteral("studyWholeRange"));
    whole_->setToolTip(
        tr("Also shows the losses of the first steps, far above those in which the methods differ"));
    connect(whole_, &QCheckBox::toggled, this, &StudyChart::boundLosses);
    connect(log_, &QCheckBox::toggled, plot_, &CurvePlot::setLogY);
    setUnit(unit_);
}

/// Unless asked for, what lies above all that is reached after a small share of the budget is cut off.
void StudyChart::boundLosses() {
    constexpr double share = 0.02;
    double end = 0.0;
    const auto which = static_cast<std::size_t>(unit_);
    std::optional<double> top;
    for (const MethodResult& method : results_.methods)
        if (which < method.bands.size() && !method.bands[which].spent.empty())
            end = std::max(end, method.bands[which].spent.back());
    for (const MethodResult& method : results_.methods) {
        if (which >= method.bands.size()) continue;
        const Band& band = method.bands[which];
        // What holds there: the last point before it.
        const auto after = std::ranges::upper_bound(band.spent, share * end);
        if (after == band.spent.begin()) continue;
        const double there = band.upper[std::size_t(after - band.spent.begin()) - 1];
        if (std::isfinite(there)) top = std::max(top.value_or(there), there);
    }
    plot_->setYBounds({}, whole_->isChecked() ? std::nullopt : top);
}

void StudyChart::setUnit(BudgetUnit unit) {
    unit_ = unit;
    axis_->setCurrentIndex(int(std::ranges::find(budgetUnits, unit) - budgetUnits.begin()));
    plot_->setXAxis(unit == BudgetUnit::seconds  ? XAxis::seconds
                    : unit == BudgetUnit::epochs ? XAxis::epoch
                                                 : XAxis::step);
    plot_->setQuantity(unit == BudgetUnit::seconds ? tr("training time (s)") : unitText(unit));
    fill();
}

void StudyChart::show(const StudyResults& results) {
    results_ = results;
    fill();
}

void StudyChart::fill() {
    const auto count = static_cast<int>(results_.methods.size());
    bool same = plot_->curveCount() == count;
    for (int i = 0; same && i < count; ++i)
        same = plot_->curveName(i) == QString::fromStdString(results_.methods[std::size_t(i)].name);
    if (!same) plot_->clear();
    for (int i = 0; i < count; ++i) {
        const MethodResult& method = results_.methods[std::size_t(i)];
        if (same)
            plot_->clearPoints(i);
        else
            plot_->addCurve(QString::fromStdString(method.name),
                            {.width = 2.0, .smoothable = false, .stepped = true});
        const auto which = static_cast<std::size_t>(unit_);
        if (which >= method.bands.size() || method.bands[which].spent.empty()) continue;
        const Band& band = method.bands[which];
        const auto add = [&](double x, std::size_t from) {
            plot_->append(i, x, x, x, band.median[from], band.lower[from], band.upper[from]);
        };
        for (std::size_t at = 0; at < band.spent.size(); ++at) add(band.spent[at], at);
        // What was spent without getting better counts too.
        if (const double end = reached(method, unit_); end > band.spent.back())
            add(end, band.spent.size() - 1);
    }
    boundLosses();
}

} // namespace dstn::ui
