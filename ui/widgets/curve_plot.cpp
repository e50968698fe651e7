#include "ui/widgets/curve_plot.h"

#include "ui/text/number_text.h"

#include "ui/widgets/curve_plot_private.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/flow_layout.h"
#include "ui/widgets/legend_toggle.h"
#include "ui/widgets/theme.h"

#include <QBoxLayout>
#include <QEvent>
#include <QLabel>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace dstn::ui {

namespace {

constexpr int frameMs = 33;
constexpr int slowestMs = 250;
/// Of one core's time, for one plot: a page has ten, beside a training that uses every core.
constexpr double redrawShare = 0.005;
// QCustomPlot refuses ranges near the ends of double's.
constexpr double largest = 1e200;
// Dashes are drawn by a slow path, and dense curves show none anyway.
constexpr std::size_t dashLimit = 1500;
constexpr std::size_t markerLimit = 150;

double drawable(double value) {
    return std::isfinite(value) ? std::clamp(value, -largest, largest) : qQNaN();
}

} // namespace

QString ShortTicker::getTickLabel(double tick, const QLocale&, QChar, int) {
    constexpr int digits = 6;
    if (percent_) return roundedText(tick * 100.0, digits) + QStringLiteral(" %");
    const double size = std::abs(tick);
    if (size >= 1e9) return roundedText(tick / 1e9, digits) + QLatin1Char('G');
    if (size >= 1e6) return roundedText(tick / 1e6, digits) + QLatin1Char('M');
    if (size >= 1e4) return roundedText(tick / 1e3, digits) + QLatin1Char('k');
    return roundedText(tick, digits);
}

int redrawIntervalMs(double redrawMs) {
    return static_cast<int>(std::clamp<double>(redrawMs / redrawShare, frameMs, slowestMs));
}

CurvePlot::CurvePlot(const QString& title, QWidget* parent)
    : QWidget(parent),
      plot_(new QCustomPlot(this)),
      titleLabel_(new ElidedLabel(title)),
      detailLabel_(new QLabel),
      legend_(new QWidget),
      legendLayout_(new FlowLayout(2, legend_)),
      placeholder_(new QLabel(plot_)) {
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(title);
    setToolTip(tr("Drag to zoom, Shift+drag to move, Ctrl+wheel to zoom in time, double-click to follow "
                  "again; right-click for more"));
    QFont bold = titleLabel_->font();
    bold.setBold(true);
    titleLabel_->setFont(bold);
    detailLabel_->setTextFormat(Qt::PlainText);
    detailLabel_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    placeholder_->setAlignment(Qt::AlignCenter);
    placeholder_->setWordWrap(true);
    placeholder_->setAttribute(Qt::WA_TransparentForMouseEvents);
    placeholder_->setText(tr("No points yet"));
    legend_->hide();

    auto* header = new QHBoxLayout;
    header->setContentsMargins(4, 0, 4, 0);
    header->addWidget(titleLabel_);
    header->addWidget(detailLabel_, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 4);
    layout->setSpacing(2);
    layout->addLayout(header);
    layout->addWidget(legend_);
    layout->addWidget(plot_, 1);

    setUpPlot();
    setUpCursor();

    timer_.setSingleShot(true);
    connect(&timer_, &QTimer::timeout, this, &CurvePlot::redraw);
    const auto rangeChanged = qOverload<const QCPRange&>(&QCPAxis::rangeChanged);
    connect(plot_->xAxis, rangeChanged, this, [this](const QCPRange& range) {
        if (setting_) return;
        followX_ = false;
        markDirty();
        emit zoomed(range.lower, range.upper);
    });
    connect(plot_->yAxis, rangeChanged, this, [this] {
        if (setting_) return;
        followY_ = false;
        markDirty();
    });
    setXAxis(axis_);
    restyle(isDark(palette()), false);
    markDirty();
}

void CurvePlot::setUpPlot() {
    plot_->setFocusPolicy(Qt::NoFocus);
    // The menu, and the wheel where it scrolls the page, belong to the parents: QCustomPlot keeps them off.
    plot_->setContextMenuPolicy(Qt::NoContextMenu);
    plot_->setAttribute(Qt::WA_NoMousePropagation, false);
    plot_->setMouseTracking(true);
    plot_->installEventFilter(this);
    plot_->setMinimumHeight(90);
    plot_->setPlottingHints(QCP::phFastPolylines | QCP::phCacheLabels);
    plot_->setNoAntialiasingOnDrag(true);
    plot_->setSelectionRectMode(QCP::srmZoom);
    plot_->axisRect()->setMinimumMargins(QMargins(46, 6, 14, 20));
    plot_->addLayer(QStringLiteral("bands"), plot_->layer(QStringLiteral("main")), QCustomPlot::limBelow);
    plot_->addLayer(QStringLiteral("cursor"), plot_->layer(QStringLiteral("overlay")), QCustomPlot::limBelow);
    plot_->layer(QStringLiteral("cursor"))->setMode(QCPLayer::lmBuffered);

    plot_->xAxis->setTickLabels(false);
    plot_->yAxis->setTickLabels(false);
}

void CurvePlot::setUpCursor() {
    cursorLine_ = new QCPItemLine(plot_);
    cursorLine_->setLayer(QStringLiteral("cursor"));
    cursorLine_->start->setTypeY(QCPItemPosition::ptAxisRectRatio);
    cursorLine_->end->setTypeY(QCPItemPosition::ptAxisRectRatio);
    cursorText_ = new QCPItemText(plot_);
    cursorText_->setLayer(QStringLiteral("cursor"));
    cursorText_->position->setType(QCPItemPosition::ptAbsolute);
    cursorText_->setTextAlignment(Qt::AlignLeft);
    cursorText_->setPadding(QMargins(7, 5, 7, 5));
    cursorText_->setClipToAxisRect(false);
    cursorLine_->setVisible(false);
    cursorText_->setVisible(false);
}

CurvePlot::~CurvePlot() = default;

int CurvePlot::addCurve(const QString& name, const CurveStyle& style) {
    auto curve = std::make_unique<Curve>();
    const int index = curveCount();
    curve->name = name;
    curve->style = style;
    if (style.color < 0) curve->style.color = index;
    if (style.dash < 0) curve->style.dash = curve->style.color;
    curve->visible = style.visible;
    if (style.smoothable) curve->data.setSmoothing(smoothing_);
    for (QCPGraph** graph : {&curve->lower, &curve->upper, &curve->raw, &curve->smooth, &curve->marks}) {
        *graph = plot_->addGraph();
        (*graph)->setName(name);
        (*graph)->removeFromLegend();
    }
    curve->lower->setLayer(QStringLiteral("bands"));
    curve->upper->setLayer(QStringLiteral("bands"));
    curve->lower->setPen(Qt::NoPen);
    curve->upper->setPen(Qt::NoPen);
    curve->upper->setChannelFillGraph(curve->lower);
    curve->marks->setLineStyle(QCPGraph::lsNone);
    if (style.stepped)
        for (QCPGraph* graph : {curve->lower, curve->upper, curve->raw, curve->smooth})
            graph->setLineStyle(QCPGraph::lsStepLeft);
    curve->tracer = new QCPItemTracer(plot_);
    curve->tracer->setLayer(QStringLiteral("cursor"));
    curve->tracer->setStyle(QCPItemTracer::tsCircle);
    curve->tracer->setSize(7);
    curve->tracer->setVisible(false);

    auto* button = new LegendToggle(name);
    button->setChecked(curve->visible);
    connect(button, &QAbstractButton::toggled, this, [this, index](bool on) {
        setCurveVisible(index, on);
        emit curveToggled(index, on);
    });
    curve->button = button;
    legendLayout_->addWidget(button);
    styleCurve(*curve, isDark(palette()));
    curves_.push_back(std::move(curve));
    legend_->setVisible(legendShown_ && curves_.size() > 1);
    markDirty();
    return index;
}

void CurvePlot::append(int curve, double step, double epoch, double seconds, double value) {
    curves_.at(static_cast<std::size_t>(curve))->data.append(step, epoch, seconds, value);
    pointsArrived();
}

void CurvePlot::append(int curve, double step, double epoch, double seconds, double value, double lower,
                       double upper) {
    curves_.at(static_cast<std::size_t>(curve))->data.append(step, epoch, seconds, value, lower, upper);
    pointsArrived();
}

const CurveData& CurvePlot::data(int curve) const {
    return curves_.at(static_cast<std::size_t>(curve))->data;
}
int CurvePlot::curveCount() const { return static_cast<int>(curves_.size()); }
QString CurvePlot::curveName(int curve) const { return curves_.at(static_cast<std::size_t>(curve))->name; }
bool CurvePlot::isCurveVisible(int curve) const {
    return curves_.at(static_cast<std::size_t>(curve))->visible;
}

void CurvePlot::setCurveVisible(int curve, bool visible) {
    Curve& c = *curves_.at(static_cast<std::size_t>(curve));
    c.visible = visible;
    c.button->setChecked(visible);
    markDirty();
}

void CurvePlot::clear() {
    hideCursor();
    for (const auto& curve : curves_) {
        plot_->removeItem(curve->tracer);
        delete curve->button;
    }
    curves_.clear();
    plot_->clearGraphs();
    legend_->hide();
    followX_ = followY_ = true;
    markDirty();
}

void CurvePlot::clearPoints(int curve) {
    curves_.at(static_cast<std::size_t>(curve))->data.clear();
    markDirty();
}

void CurvePlot::setTitle(const QString& title) {
    titleLabel_->setText(title);
    setAccessibleName(title);
}
QString CurvePlot::title() const { return titleLabel_->text(); }
void CurvePlot::setDetail(const QString& detail) { detailLabel_->setText(detail); }
void CurvePlot::setPlaceholder(const QString& text) { placeholder_->setText(text); }

void CurvePlot::setLegendShown(bool shown) {
    legendShown_ = shown;
    legend_->setVisible(legendShown_ && curves_.size() > 1);
}

void CurvePlot::setXAxis(XAxis axis) {
    axis_ = axis;
    followX_ = followY_ = true;
    hideCursor();
    if (axis == XAxis::seconds) {
        const auto ticker = QSharedPointer<QCPAxisTickerTime>::create();
        ticker->setTimeFormat(QStringLiteral("%h:%m:%s"));
        plot_->xAxis->setTicker(ticker);
    } else {
        plot_->xAxis->setTicker(QSharedPointer<ShortTicker>::create(false));
    }
    plot_->xAxis->setLabel(xLabelShown_ ? xLabel() : QString());
    markDirty();
}

void CurvePlot::setQuantity(const QString& name) {
    quantity_ = name;
    plot_->xAxis->setLabel(xLabelShown_ ? xLabel() : QString());
    markDirty();
}

QString CurvePlot::xLabel() const {
    if (!quantity_.isEmpty()) return quantity_;
    switch (axis_) {
    case XAxis::step:
        return tr("step");
    case XAxis::epoch:
        return tr("epoch");
    case XAxis::seconds:
        return tr("training time");
    }
    return {};
}

void CurvePlot::setLogY(bool log) {
    logY_ = log;
    followY_ = true;
    plot_->yAxis->setScaleType(log ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    markDirty();
}

void CurvePlot::setSmoothing(double weight) {
    smoothing_ = std::clamp(weight, 0.0, 0.9999);
    for (const auto& curve : curves_)
        if (curve->style.smoothable) curve->data.setSmoothing(smoothing_);
    restyle(isDark(palette()), false);
    markDirty();
}

void CurvePlot::setPercent(bool percent) {
    percent_ = percent;
    markDirty();
}

void CurvePlot::setYBounds(std::optional<double> lower, std::optional<double> upper) {
    lowerBound_ = lower;
    upperBound_ = upper;
    markDirty();
}

void CurvePlot::setXRange(double lower, double upper) {
    setting_ = true;
    plot_->xAxis->setRange(lower, upper);
    setting_ = false;
    followX_ = false;
    markDirty();
}

void CurvePlot::resetZoom() {
    followX_ = followY_ = true;
    markDirty();
}

void CurvePlot::markDirty() {
    dirty_ = true;
    if (isVisible() && (!timer_.isActive() || timer_.remainingTime() > frameMs)) timer_.start(frameMs);
}

void CurvePlot::pointsArrived() {
    dirty_ = true;
    if (!isVisible() || timer_.isActive()) return;
    const qint64 waited = sinceRedraw_.isValid() ? sinceRedraw_.elapsed() : slowestMs;
    timer_.start(static_cast<int>(std::max<qint64>(frameMs, redrawIntervalMs(redrawMs_) - waited)));
}

void CurvePlot::redraw() {
    if (!isVisible() || visibleRegion().isEmpty()) return;
    QElapsedTimer clock;
    clock.start();
    rebuild();
    const double rebuildMs = static_cast<double>(clock.nsecsElapsed()) * 1e-6;
    plot_->replot(QCustomPlot::rpQueuedReplot);
    // The queued one comes after this; the one before took about as long.
    redrawMs_ = rebuildMs + plot_->replotTime(true);
    sinceRedraw_.start();
}

void CurvePlot::renderNow() {
    rebuild();
    plot_->replot(QCustomPlot::rpImmediateRefresh);
}

void CurvePlot::rebuild() {
    dirty_ = false;
    setting_ = true;
    followRange();
    const QCPRange x = plot_->xAxis->range();
    const auto columns = static_cast<std::size_t>(std::max(plot_->axisRect()->width(), 100));
    bool any = false;
    for (const auto& curve : curves_) {
        fill(*curve, x.lower, x.upper, columns);
        fillMarks(*curve, x.lower, x.upper);
        any = any || curve->data.size() > 0;
    }
    updateTicks();
    plot_->xAxis->setTickLabels(any);
    plot_->yAxis->setTickLabels(any);
    placeholder_->setVisible(!any);
    setting_ = false;
    if (cursor_) showCursor(*cursor_);
}

void CurvePlot::fill(Curve& curve, double from, double to, std::size_t columns) {
    const auto window = curve.data.window(axis_, from, to);
    const auto& x = curve.data.x(axis_);
    std::size_t shown = 0;
    const auto draw = [&](QCPGraph* graph, const MinMaxPyramid& values, bool visible) {
        graph->setVisible(visible && curve.visible);
        QVector<QCPGraphData> points;
        if (graph->visible()) {
            const auto indices = values.view(window.first, window.second, columns);
            points.reserve(static_cast<int>(indices.size()));
            for (const std::size_t i : indices) points.append(QCPGraphData(x[i], drawable(values[i])));
            shown = std::max(shown, indices.size());
        }
        graph->data()->set(points, true);
    };
    const bool smoothed = curve.data.smoothed().size() > 0;
    draw(curve.raw, curve.data.values(), true);
    draw(curve.smooth, curve.data.smoothed(), smoothed);
    draw(curve.lower, curve.data.lower(), curve.data.hasBand());
    draw(curve.upper, curve.data.upper(), curve.data.hasBand());

    QCPGraph* main = smoothed ? curve.smooth : curve.raw;
    QPen pen = main->pen();
    pen.setStyle(shown > dashLimit ? Qt::SolidLine : curveDash(curve.style.dash));
    main->setPen(pen);
    for (QCPGraph* graph : {curve.raw, curve.smooth}) graph->setAntialiased(shown <= 2 * dashLimit);
    // A single point would be no line.
    const bool markers = (curve.style.markers && shown < markerLimit) || shown == 1;
    main->setScatterStyle(markers ? QCPScatterStyle(QCPScatterStyle::ssDisc, 5.0)
                                  : QCPScatterStyle(QCPScatterStyle::ssNone));
}

void CurvePlot::fillMarks(Curve& curve, double from, double to) {
    const auto& all = curve.data.nonFinite();
    const auto& x = curve.data.x(axis_);
    QVector<QCPGraphData> points;
    const QCPRange y = plot_->yAxis->range();
    // A little below the upper edge, as far in pixels whatever the scale.
    const double at = plot_->yAxis->pixelToCoord(plot_->yAxis->coordToPixel(y.upper) + 7);
    const auto before = [&](std::size_t index, double key) { return x[index] < key; };
    const double pixel = (to - from) / std::max(plot_->axisRect()->width(), 100);
    for (auto i = std::lower_bound(all.begin(), all.end(), from, before); i != all.end() && x[*i] <= to;
         i = std::lower_bound(std::next(i), all.end(), x[*i] + pixel, before))
        points.append(QCPGraphData(x[*i], at));
    curve.marks->setVisible(curve.visible);
    curve.marks->data()->set(points, true);
}

void CurvePlot::followRange() {
    if (followX_) {
        double lower = largest, upper = -largest;
        for (const auto& curve : curves_) {
            if (!curve->visible || curve->data.size() == 0) continue;
            lower = std::min(lower, curve->data.x(axis_).front());
            upper = std::max(upper, curve->data.x(axis_).back());
        }
        if (lower > upper) lower = 0.0, upper = 1.0;
        if (upper <= lower) upper = lower + 1.0;
        const double margin = 0.015 * (upper - lower);
        plot_->xAxis->setRange(lower - margin, upper + margin);
    }
    if (!followY_) return;
    const QCPRange x = plot_->xAxis->range();
    double lower = largest, upper = -largest, positive = largest;
    for (const auto& curve : curves_) {
        if (!curve->visible) continue;
        const auto [first, last] = curve->data.window(axis_, x.lower, x.upper);
        for (const MinMaxPyramid* values :
             {&curve->data.values(), &curve->data.lower(), &curve->data.upper()})
            if (const auto range = values->range(first, last)) {
                lower = std::min(lower, range->min);
                upper = std::max(upper, range->max);
                if (!logY_) continue;
                for (const std::size_t i : values->view(first, last, 500))
                    if ((*values)[i] > 0) positive = std::min(positive, (*values)[i]);
            }
    }
    lower = std::max(lower, -largest);
    upper = std::min(upper, largest);
    if (lower > upper) lower = logY_ ? 0.1 : 0.0, upper = 1.0, positive = 0.1;
    if (logY_) {
        lower = positive < largest ? positive : 1e-3;
        if (lowerBound_) lower = std::max(lower, *lowerBound_);
        if (upperBound_) upper = std::min(upper, *upperBound_);
        upper = std::max(upper, lower);
        const double factor = std::max(std::pow(upper / lower, 0.05), 1.02);
        plot_->yAxis->setRange(lower / factor, upper * factor);
        return;
    }
    const double span = upper - lower;
    const double margin = span > 0 ? 0.06 * span : std::max(std::abs(upper) * 0.05, 1e-9);
    const double least = lowerBound_ ? std::max(lower - margin, *lowerBound_ - 0.02 * span) : lower - margin;
    const double most = upperBound_ ? std::min(upper + margin, *upperBound_ + 0.02 * span) : upper + margin;
    if (least < most)
        plot_->yAxis->setRange(least, most);
    else
        plot_->yAxis->setRange(lower - margin, upper + margin);
}

void CurvePlot::updateTicks() {
    const QCPRange y = plot_->yAxis->range();
    QSharedPointer<QCPAxisTicker> ticker;
    // Less than a decade has no power of ten to label.
    if (logY_ && y.lower > 0 && y.upper / y.lower > 12.0)
        ticker = QSharedPointer<QCPAxisTickerLog>::create();
    else
        ticker = QSharedPointer<ShortTicker>::create(percent_);
    ticker->setTickCount(std::clamp(plot_->axisRect()->height() / 34, 2, 6));
    plot_->yAxis->setTicker(ticker);
    plot_->xAxis->ticker()->setTickCount(std::clamp(plot_->axisRect()->width() / 80, 2, 10));
}

void CurvePlot::restyle(bool dark, bool forPaper) {
    const QPalette colors = forPaper ? lightPalette() : palette();
    const QColor text = colors.color(QPalette::Text), muted = mutedColor(colors);
    QColor grid = borderColor(colors);
    grid.setAlpha(130);
    QFont small = font();
    if (small.pointSizeF() > 0) small.setPointSizeF(std::max(small.pointSizeF() - 1.0, 7.0));
    plot_->setBackground(QBrush(forPaper ? QColor(Qt::white) : colors.color(QPalette::Base)));
    for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) {
        axis->setBasePen(QPen(borderColor(colors)));
        axis->setTickPen(QPen(borderColor(colors)));
        axis->setSubTicks(false);
        axis->setTickLength(0, 4);
        axis->setTickLabelColor(forPaper ? text : muted);
        axis->setLabelColor(forPaper ? text : muted);
        axis->setTickLabelFont(small);
        axis->setLabelFont(small);
        axis->setLabelPadding(1);
        axis->grid()->setPen(QPen(grid, 0, Qt::SolidLine));
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
    plot_->selectionRect()->setPen(QPen(colors.color(QPalette::Highlight)));
    QColor wash = colors.color(QPalette::Highlight);
    wash.setAlpha(40);
    plot_->selectionRect()->setBrush(wash);
    cursorLine_->setPen(QPen(muted, 0, Qt::DashLine));
    QColor sheet = colors.color(QPalette::ToolTipBase);
    sheet.setAlpha(235);
    cursorText_->setBrush(sheet);
    cursorText_->setPen(QPen(borderColor(colors)));
    cursorText_->setColor(text);
    cursorText_->setFont(small);
    QPalette faint = palette();
    faint.setColor(QPalette::WindowText, mutedColor(palette()));
    for (QLabel* label : {detailLabel_, placeholder_}) label->setPalette(faint);
    for (const auto& curve : curves_) styleCurve(*curve, dark);
}

void CurvePlot::styleCurve(Curve& curve, bool dark) {
    const QColor color = curveColor(curve.style.color, dark);
    const bool behind = smoothing_ > 0 && curve.style.smoothable;
    QColor faint = color;
    faint.setAlpha(70);
    QColor band = color;
    band.setAlpha(dark ? 46 : 38);
    curve.raw->setPen(QPen(behind ? faint : color, behind ? 1.0 : curve.style.width));
    curve.raw->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssNone));
    curve.smooth->setPen(QPen(color, curve.style.width));
    curve.upper->setBrush(band);
    curve.marks->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssTriangleInverted,
                                                 toneColor(Tone::bad, dark), toneColor(Tone::bad, dark), 9));
    curve.tracer->setPen(QPen(color, 1.5));
    curve.tracer->setBrush(palette().color(QPalette::Base));
    curve.button->setLine(color, curveDash(curve.style.dash));
}

QString CurvePlot::valueText(double value) const {
    return percent_ ? percentText(value) : roundedText(value, 5);
}

void CurvePlot::setCursorAt(double x) { showCursor(x); }

void CurvePlot::showCursor(double x) {
    cursor_ = x;
    QStringList lines;
    QString head;
    double best = largest;
    for (const auto& curve : curves_) {
        const bool shown = curve->visible && curve->data.size() > 0;
        curve->tracer->setVisible(shown);
        if (!shown) continue;
        const std::size_t i = curve->data.nearest(axis_, x);
        const double key = curve->data.x(axis_)[i];
        const bool smoothed = curve->data.smoothed().size() > 0;
        const double value = curve->data.values()[i];
        const double drawn = smoothed ? curve->data.smoothed()[i] : value;
        curve->tracer->setVisible(std::isfinite(drawn));
        curve->tracer->position->setCoords(key, drawable(drawn));
        QString line = curve->name + QStringLiteral("  ") + valueText(value);
        if (smoothed) line += tr("  ~ %1").arg(valueText(drawn));
        if (curve->data.hasBand())
            line += QStringLiteral("  [%1, %2]")
                        .arg(valueText(curve->data.lower()[i]), valueText(curve->data.upper()[i]));
        lines.append(line);
        if (std::abs(key - x) < best) {
            best = std::abs(key - x);
            head = quantity_.isEmpty() ? tr("step %1, epoch %2, %3")
                                             .arg(quantityText(curve->data.x(XAxis::step)[i]),
                                                  quantityText(curve->data.x(XAxis::epoch)[i]),
                                                  durationText(curve->data.x(XAxis::seconds)[i]))
                                       : QStringLiteral("%1: %2").arg(quantity_, roundedText(key, 6));
        }
    }
    constexpr int mostLines = 12;
    if (lines.size() > mostLines) {
        const auto more = lines.size() - mostLines;
        lines = lines.mid(0, mostLines);
        lines.append(tr("… and %1 more").arg(more));
    }
    const QRect area = plot_->axisRect()->rect();
    const double pixel = plot_->xAxis->coordToPixel(x);
    const bool inside = !lines.isEmpty() && pixel >= area.left() && pixel <= area.right();
    cursorLine_->setVisible(inside);
    cursorText_->setVisible(inside);
    if (inside) {
        cursorLine_->start->setCoords(x, 0);
        cursorLine_->end->setCoords(x, 1);
        cursorText_->setText(head + QLatin1Char('\n') + lines.join(QLatin1Char('\n')));
        const QFontMetrics metrics(cursorText_->font());
        const int width =
            metrics.boundingRect(QRect(0, 0, 4000, 4000), Qt::AlignLeft, cursorText_->text()).width() +
            cursorText_->padding().left() + cursorText_->padding().right();
        // Beside the line, on the side with more room, and never over the plot's edge.
        const bool onRight = pixel <= area.center().x();
        const double left = onRight ? pixel + 10 : pixel - 10 - width;
        cursorText_->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
        cursorText_->position->setCoords(std::clamp<double>(left, 2, std::max(plot_->width() - width - 4, 2)),
                                         area.top() + 2);
    } else {
        for (const auto& curve : curves_) curve->tracer->setVisible(false);
    }
    plot_->layer(QStringLiteral("cursor"))->replot();
}

void CurvePlot::hideCursor() {
    if (!cursor_) return;
    cursor_.reset();
    cursorLine_->setVisible(false);
    cursorText_->setVisible(false);
    for (const auto& curve : curves_) curve->tracer->setVisible(false);
    plot_->layer(QStringLiteral("cursor"))->replot();
}

void CurvePlot::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() != QEvent::PaletteChange && event->type() != QEvent::FontChange) return;
    restyle(isDark(palette()), false);
    markDirty();
}

void CurvePlot::paintEvent(QPaintEvent* /*event*/) {
    // A plot that was scrolled out of sight kept its changes for this moment.
    if (dirty_) markDirty();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool focused = hasFocus();
    painter.setPen(QPen(focused ? palette().color(QPalette::Highlight) : borderColor(palette()), 1));
    painter.setBrush(palette().color(QPalette::Base));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

void CurvePlot::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    markDirty();
}

void CurvePlot::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (dirty_) markDirty();
}

void CurvePlot::setXLabelShown(bool shown) {
    xLabelShown_ = shown;
    plot_->xAxis->setLabel(shown ? xLabel() : QString());
    markDirty();
}

QSize CurvePlot::sizeHint() const { return {360, 220}; }
QSize CurvePlot::minimumSizeHint() const { return {160, 120}; }

} // namespace dstn::ui
