#include "ui/compare/curve_grid.h"

#include "ui/compare/run_groups.h"
#include "ui/text/file_name.h"
#include "ui/text/series_text.h"
#include "ui/widgets/free_path.h"
#include "ui/widgets/linked_plots.h"

#include <QDir>
#include <QGridLayout>
#include <QResizeEvent>

#include <algorithm>
#include <memory>
#include <utility>

namespace dstn::ui {

namespace {

/// Points handed to the plots before the window gets its turn again: some milliseconds' worth.
constexpr std::size_t pointsAtOnce = 20'000;
constexpr int plotWidth = 330, plotHeight = 250;

} // namespace

CurveGrid::CurveGrid(QWidget* parent)
    : QScrollArea(parent), grid_(new QWidget(this)), layout_(new QGridLayout(grid_)) {
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    layout_->setContentsMargins(0, 0, 0, 0);
    setWidget(grid_);
    feed_.setInterval(0);
    connect(&feed_, &QTimer::timeout, this, &CurveGrid::feedPlots);
}

void CurveGrid::set(const std::vector<Series>& series, std::vector<Line> lines) {
    lines_ = std::move(lines);
    pending_.clear();
    std::vector<Panel> fresh;
    for (const Series& each : series) {
        if (Panel* const old = panelOf(each.name)) {
            fresh.push_back(std::move(*old));
            fresh.back().plot->setTitle(each.title);
            old->plot = nullptr;
        } else {
            fresh.push_back(makePanel(each));
        }
    }
    for (Panel& old : panels_)
        if (old.plot) old.plot->deleteLater();
    panels_ = std::move(fresh);
    columns_ = 0;
    layOut();
    applyLog();
    for (Panel& panel : panels_) {
        if (panel.read)
            draw(panel);
        else
            emit curvesWanted(panel.series);
    }
}

void CurveGrid::setCurves(const std::string& series, std::vector<Curve> curves) {
    Panel* const panel = panelOf(series);
    if (!panel) return;
    panel->curves = std::move(curves);
    panel->read = true;
    draw(*panel);
}

void CurveGrid::forgetCurves() {
    for (Panel& panel : panels_) panel.read = false;
}

CurveGrid::Panel CurveGrid::makePanel(const Series& series) {
    auto* const plot = new CurvePlot(series.title, grid_);
    plot->setMinimumSize(plotWidth - 60, plotHeight - 30);
    plot->setLegendShown(false);
    plot->setXAxis(axis_);
    plot->setSmoothing(smoothing_);
    plot->setPlaceholder(tr("Reading…"));
    if (isAccuracy(series.name)) {
        plot->setPercent(true);
        plot->setYBounds(0.0, 1.0);
    }
    link(plot);
    return {.series = series.name, .plot = plot, .curves = {}};
}

/// Zoom, cursor and hidden lines of this plot are those of all others.
void CurveGrid::link(CurvePlot* plot) {
    linkPlot(plot, [this] {
        QList<CurvePlot*> plots;
        for (const Panel& panel : panels_) plots.append(panel.plot);
        return plots;
    });
    connect(plot, &CurvePlot::curveToggled, this, &CurveGrid::lineToggled);
    connect(plot, &CurvePlot::exported, this, &CurveGrid::exported);
    connect(plot, &CurvePlot::exportFailed, this, &CurveGrid::exportFailed);
}

CurveGrid::Panel* CurveGrid::panelOf(const std::string& series) {
    const auto found = std::ranges::find(panels_, series, &Panel::series);
    return found == panels_.end() ? nullptr : &*found;
}

void CurveGrid::layOut() {
    const int fitting = std::max(1, viewport()->width() / plotWidth);
    const int wish = std::min(fitting, std::max(1, static_cast<int>(panels_.size())));
    if (wish == columns_) return;
    columns_ = wish;
    while (const std::unique_ptr<QLayoutItem> item{layout_->takeAt(0)}) {
    }
    for (std::size_t i = 0; i < panels_.size(); ++i) {
        layout_->addWidget(panels_[i].plot, static_cast<int>(i) / columns_, static_cast<int>(i) % columns_);
        panels_[i].plot->show();
    }
    for (int i = 0; i < layout_->columnCount(); ++i) layout_->setColumnStretch(i, i < columns_ ? 1 : 0);
}

void CurveGrid::resizeEvent(QResizeEvent* event) {
    QScrollArea::resizeEvent(event);
    layOut();
}

void CurveGrid::setXAxis(XAxis axis) {
    axis_ = axis;
    for (Panel& panel : panels_) panel.plot->setXAxis(axis);
}

void CurveGrid::setSmoothing(double weight) {
    smoothing_ = weight;
    for (Panel& panel : panels_) panel.plot->setSmoothing(weight);
}

void CurveGrid::setLogScale(bool on) {
    log_ = on;
    applyLog();
}

void CurveGrid::applyLog() {
    for (Panel& panel : panels_) panel.plot->setLogY(log_ && !isAccuracy(panel.series));
}

void CurveGrid::setLineVisible(int line, bool visible) {
    if (line >= 0 && line < static_cast<int>(lines_.size()))
        lines_[static_cast<std::size_t>(line)].visible = visible;
    for (Panel& panel : panels_)
        if (line < panel.plot->curveCount()) panel.plot->setCurveVisible(line, visible);
}

std::size_t CurveGrid::exportTo(const QString& folder, const QString& ending) const {
    for (const Panel& panel : panels_)
        panel.plot->exportTo(freePath(QDir(folder).filePath(
            fileName(panel.plot->title().toLower(), QStringLiteral("plot")) + QLatin1Char('.') + ending)));
    return panels_.size();
}

void CurveGrid::draw(Panel& panel) {
    std::erase_if(pending_, [&](const Pending& p) { return p.plot == panel.plot; });
    panel.plot->clear();
    panel.plot->setPlaceholder(tr("None of these runs has this metric yet."));
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const Line& line = lines_[i];
        const int curve = panel.plot->addCurve(
            line.name,
            {.color = static_cast<int>(i), .markers = isPerEpoch(panel.series), .visible = line.visible});
        Pending points{.plot = panel.plot, .curve = curve, .points = {}, .deviation = {}};
        if (line.members.size() > 1) {
            std::vector<const Curve*> members;
            for (const std::size_t member : line.members)
                if (!panel.curves[member].step.empty()) members.push_back(&panel.curves[member]);
            MeanCurve mean = meanOf(members);
            points.points = std::move(mean.mean);
            points.deviation = std::move(mean.deviation);
        } else {
            points.points = panel.curves[line.members.front()];
        }
        if (!points.points.step.empty()) pending_.push_back(std::move(points));
    }
    if (!pending_.empty()) feed_.start();
}

void CurveGrid::feedPlots() {
    std::size_t room = pointsAtOnce;
    while (room > 0 && !pending_.empty()) {
        Pending& front = pending_.front();
        const Curve& c = front.points;
        const std::size_t end = std::min(c.step.size(), front.next + room);
        room -= end - front.next;
        for (std::size_t i = front.next; i < end; ++i) {
            if (front.deviation.empty())
                front.plot->append(front.curve, c.step[i], c.epoch[i], c.seconds[i], c.value[i]);
            else
                front.plot->append(front.curve, c.step[i], c.epoch[i], c.seconds[i], c.value[i],
                                   c.value[i] - front.deviation[i], c.value[i] + front.deviation[i]);
        }
        front.next = end;
        if (end == c.step.size()) pending_.pop_front();
    }
    if (pending_.empty()) feed_.stop();
}

} // namespace dstn::ui
