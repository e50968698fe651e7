#include "ui/live/run_view.h"

#include "core/run/overloaded.h"
#include "ui/live/plot_grid.h"
#include "ui/live/run_header.h"
#include "ui/text/number_text.h"
#include "ui/text/run_text.h"
#include "ui/text/series_text.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/linked_plots.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSlider>

#include <algorithm>
#include <cmath>

namespace dstn::ui {

namespace {

constexpr int followMs = 1000;

bool has(const std::vector<std::string>& series, std::string_view name) {
    return std::ranges::find(series, name) != series.end();
}

bool sameSeries(std::vector<std::string> a, std::vector<std::string> b) {
    std::ranges::sort(a);
    std::ranges::sort(b);
    return a == b;
}

CurveStyle styleOf(const SeriesInfo& info) {
    const bool epochs = info.cadence == SeriesCadence::epoch;
    CurveStyle style{.color = info.color,
                     .dash = info.split == SeriesSplit::test ? 1 : 0,
                     .smoothable = !epochs,
                     .markers = epochs,
                     .visible = info.shown};
    if (epochs) style.width = info.split == SeriesSplit::validation ? 2.4 : 2.0;
    return style;
}

/// The table's rows of one plot, in the legend's order: of mini-batches, of epochs, and last what is of
/// mini-batches and hidden at first.
std::vector<const SeriesInfo*> rowsOf(SeriesPlot plot) {
    std::vector<const SeriesInfo*> rows;
    for (const SeriesInfo& info : seriesTable)
        if (info.plot == plot) rows.push_back(&info);
    std::ranges::stable_sort(rows, {}, [](const SeriesInfo* info) {
        return info->cadence == SeriesCadence::epoch ? 1 : info->shown ? 0 : 2;
    });
    return rows;
}

} // namespace

RunView::RunView(QWidget* parent)
    : QWidget(parent),
      header_(new RunHeader),
      grid_(new PlotGrid),
      axis_(new QComboBox),
      smoothing_(new QSlider(Qt::Horizontal)),
      log_(new QCheckBox(tr("&Log scale"))) {
    axis_->addItems({tr("Step"), tr("Epoch"), tr("Time")});
    axis_->setToolTip(tr("What the curves are drawn against"));
    axis_->setAccessibleName(axis_->toolTip());
    smoothing_->setRange(0, 99);
    smoothing_->setValue(90);
    smoothing_->setFixedWidth(120);
    smoothing_->setToolTip(tr("Exponential smoothing of the mini-batch curves; the raw ones stay behind"));
    smoothing_->setAccessibleName(tr("Smoothing"));
    log_->setToolTip(tr("Logarithmic scale of loss and perplexity"));
    auto* followButton = new QPushButton(tr("Follo&w"));
    followButton->setToolTip(tr("Undo all zooming and follow the newest point"));
    auto* axisLabel = new QLabel(tr("&Against"));
    axisLabel->setBuddy(axis_);
    auto* smoothingLabel = new QLabel(tr("S&moothing"));
    smoothingLabel->setBuddy(smoothing_);
    auto* smoothingValue = new QLabel(QStringLiteral("0.90"));
    smoothingValue->setMinimumWidth(smoothingValue->fontMetrics().horizontalAdvance(QStringLiteral("0.00")));

    auto* bar = new QHBoxLayout;
    bar->setSpacing(8);
    bar->addWidget(axisLabel);
    bar->addWidget(axis_);
    bar->addSpacing(14);
    bar->addWidget(smoothingLabel);
    bar->addWidget(smoothing_);
    bar->addWidget(smoothingValue);
    bar->addSpacing(14);
    bar->addWidget(log_);
    bar->addStretch(1);
    bar->addWidget(followButton);

    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(grid_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    layout->addWidget(header_);
    layout->addLayout(bar);
    layout->addWidget(scroll, 1);

    connect(axis_, &QComboBox::currentIndexChanged, this, &RunView::showAxis);
    connect(smoothing_, &QSlider::valueChanged, this, [this, smoothingValue](int value) {
        smoothingValue->setText(QString::number(value / 100.0, 'f', 2));
        for (CurvePlot* plot : plots()) plot->setSmoothing(value / 100.0);
    });
    connect(log_, &QCheckBox::toggled, this, [this](bool on) {
        for (CurvePlot* plot : {lossPlot_, perplexityPlot_})
            if (plot != nullptr) plot->setLogY(on);
    });
    connect(followButton, &QPushButton::clicked, this, [this] {
        for (CurvePlot* plot : plots()) plot->resetZoom();
    });
    followTimer_.setInterval(followMs);
    connect(&followTimer_, &QTimer::timeout, this, &RunView::follow);
}

RunView::~RunView() { ++*generation_; }

QList<CurvePlot*> RunView::plots() const { return grid_->plots(); }

CurvePlot* RunView::currentPlot() const {
    for (CurvePlot* plot : plots())
        if (plot->hasFocus()) return plot;
    return lossPlot_;
}

QString RunView::experimentJson() const { return QString::fromStdString(toJson(experiment_)); }

void RunView::clear() {
    ++*generation_;
    reading_ = false;
    followTimer_.stop();
    summary_ = {};
    resumable_ = false;
    series_.clear();
    routes_ = {};
    hyperparameterPlots_.clear();
    known_ = {};
    lossPlot_ = perplexityPlot_ = nullptr;
    grid_->setPlots({}, {});
    refreshHeader();
}

void RunView::setPending(Pending pending) {
    pending_ = pending;
    refreshHeader();
}

void RunView::refreshHeader() { header_->show(summary_, pending_); }

CurvePlot* RunView::addPlot(const QString& title) {
    auto* plot = new CurvePlot(title);
    link(plot);
    applyChoices(plot);
    return plot;
}

void RunView::applyChoices(CurvePlot* plot) {
    plot->setXAxis(static_cast<XAxis>(axis_->currentIndex()));
    plot->setSmoothing(smoothing_->value() / 100.0);
}

void RunView::link(CurvePlot* plot) {
    linkPlot(plot, [this] { return plots(); });
    connect(plot, &CurvePlot::exported, this, &RunView::exported);
    connect(plot, &CurvePlot::exportFailed, this, &RunView::exportFailed);
}

void RunView::showAxis() {
    for (CurvePlot* plot : plots()) plot->setXAxis(static_cast<XAxis>(axis_->currentIndex()));
}

void RunView::configure(const Experiment& experiment, const std::vector<std::string>& series) {
    experiment_ = experiment;
    series_ = series;
    routes_ = {};
    std::vector<std::string> drawn = series;
    // Every run declares them, also where there is nothing to test on.
    if (summary_.testExamples == 0)
        std::erase_if(drawn, [](const std::string& name) {
            const SeriesInfo* const info = findSeries(name);
            return info != nullptr && info->split == SeriesSplit::test;
        });
    const auto drawsAny = [&](SeriesPlot plot) {
        return std::ranges::any_of(rowsOf(plot),
                                   [&](const SeriesInfo* info) { return has(drawn, info->name); });
    };
    QList<CurvePlot*> main, small;
    lossPlot_ = addPlot(tr("Loss"));
    lossPlot_->setLogY(log_->isChecked());
    addMetrics(lossPlot_, SeriesPlot::loss, drawn);
    main.append(lossPlot_);
    perplexityPlot_ = nullptr;
    if (summary_.language) {
        perplexityPlot_ = addPerplexityPlot();
        main.append(perplexityPlot_);
    } else if (drawsAny(SeriesPlot::accuracy)) {
        CurvePlot* accuracy = addPlot(tr("Accuracy"));
        accuracy->setPercent(true);
        accuracy->setYBounds(0.0, 1.0);
        addMetrics(accuracy, SeriesPlot::accuracy, drawn);
        main.append(accuracy);
    }
    addHyperparameters(small, series);
    for (const SeriesInfo* info : rowsOf(SeriesPlot::itsOwn)) {
        if (!has(drawn, info->name)) continue;
        const QString title = seriesTitle(std::string(info->name), summary_.language);
        CurvePlot* own = addPlot(title);
        own->setPercent(info->unit == SeriesUnit::fraction);
        routes_[static_cast<std::size_t>(info->series)] =
            Route{.plot = own, .curve = own->addCurve(title, styleOf(*info))};
        small.append(own);
    }
    grid_->setPlots(main, small);
}

void RunView::addMetrics(CurvePlot* plot, SeriesPlot which, const std::vector<std::string>& drawn) {
    for (const SeriesInfo* info : rowsOf(which))
        if (has(drawn, info->name))
            routes_[static_cast<std::size_t>(info->series)] =
                Route{.plot = plot, .curve = plot->addCurve(QString::fromUtf8(info->label), styleOf(*info))};
}

CurvePlot* RunView::addPerplexityPlot() {
    CurvePlot* plot = addPlot(tr("Perplexity"));
    plot->setLogY(log_->isChecked());
    for (const SeriesInfo* info : rowsOf(SeriesPlot::loss)) {
        Route& route = routes_[static_cast<std::size_t>(info->series)];
        if (route.plot == nullptr || info->perplexity.empty()) continue;
        route.perplexityPlot = plot;
        route.perplexityCurve = plot->addCurve(QString::fromUtf8(info->label), styleOf(*info));
    }
    return plot;
}

void RunView::addHyperparameters(QList<CurvePlot*>& plots, const std::vector<std::string>& series) {
    hyperparameterPlots_.clear();
    int color = 0;
    for (const Hyperparameter& hyperparameter : experiment_.hyperparameters) {
        HyperparameterPlot& entry = hyperparameterPlots_.emplace_back();
        if (!has(series, hyperparameterSeries(hyperparameter.name))) continue;
        const QString name = QString::fromStdString(hyperparameter.name);
        entry.plot = addPlot(name);
        entry.plot->setYBounds(hyperparameter.min, hyperparameter.max);
        entry.curve =
            entry.plot->addCurve(name, {.color = color++, .dash = 0, .width = 2.0, .smoothable = false});
        if (!hyperparameter.tune) entry.plot->setDetail(tr("fixed"));
        plots.append(entry.plot);
    }
}

void RunView::feed(const Event& event) {
    summary_.feed(event);
    bool numbers = false; // which the header does not show
    std::visit(overloaded{[&](const RunStarted& started) { take(started); },
                          [&](const SamplesTaken& taken) {
                              take(taken);
                              numbers = true;
                          },
                          [&](const HyperparametersSampled& sampled) {
                              take(sampled);
                              numbers = true;
                          },
                          ignore<ProgressMade, EpochFinished, StateChanged, HyperparameterSet, LogLine,
                                 CheckpointTaken, RunFinished, LoadingProgressed>},
               event);
    if (!numbers) refreshHeader();
}

void RunView::take(const RunStarted& started) {
    // A resumed run goes on in its own curves, whose series the archive may name in another order.
    if (lossPlot_ == nullptr || experiment_ != started.experiment || !sameSeries(series_, started.series))
        configure(started.experiment, started.series);
}

void RunView::take(const SamplesTaken& taken) {
    const double perEpoch = static_cast<double>(std::max<std::int64_t>(summary_.stepsPerEpoch, 1));
    for (const Sample& sample : taken.samples) {
        const auto step = static_cast<double>(sample.step);
        append(sample.series, step, step / perEpoch, sample.seconds, sample.value);
    }
}

void RunView::take(const HyperparametersSampled& sampled) {
    const auto step = static_cast<double>(sampled.step);
    const double epoch = step / static_cast<double>(std::max<std::int64_t>(summary_.stepsPerEpoch, 1));
    for (std::size_t i = 0; i < std::min(sampled.points.size(), hyperparameterPlots_.size()); ++i)
        append(i, step, epoch, sampled.seconds, sampled.points[i]);
    showLatest();
}

void RunView::append(Series series, double step, double epoch, double seconds, double value) {
    const Route& route = routes_.at(static_cast<std::size_t>(series));
    if (route.plot == nullptr) return;
    route.plot->append(route.curve, step, epoch, seconds, value);
    // A network that has learned nothing is as unsure as its vocabulary is large: beside that, all that
    // follows would be a flat line.
    if (route.perplexityPlot != nullptr && step > 0.0)
        route.perplexityPlot->append(route.perplexityCurve, step, epoch, seconds, perplexityOf(value));
}

void RunView::append(std::size_t hyperparameter, double step, double epoch, double seconds,
                     const HyperparameterPoint& point) {
    HyperparameterPlot& entry = hyperparameterPlots_[hyperparameter];
    entry.latest = point;
    if (entry.plot == nullptr) return;
    if (const auto& spread = point.spread)
        entry.plot->append(entry.curve, step, epoch, seconds, point.value, spread->lower, spread->upper);
    else
        entry.plot->append(entry.curve, step, epoch, seconds, point.value);
}

void RunView::showLatest() {
    for (std::size_t i = 0; i < hyperparameterPlots_.size(); ++i) {
        const auto& [plot, curve, latest] = hyperparameterPlots_[i];
        if (plot == nullptr || plot->data(curve).size() == 0) continue;
        QString detail = roundedText(latest.value, 4);
        if (!experiment_.hyperparameters[i].tune)
            detail = tr("fixed at %1").arg(detail);
        else if (latest.spread)
            detail += tr("   σ %1").arg(roundedText(latest.spread->scale, 3));
        plot->setDetail(detail);
    }
}

void RunView::open(const std::filesystem::path& archive, const QString& run) {
    clear();
    if (!client_ || archive_ != archive)
        client_ = std::make_unique<ArchiveClient>(archive, Archive::Mode::readOnly);
    archive_ = archive;
    first_ = true;
    summary_.run = run;
    summary_.name = tr("Reading the archive…");
    refreshHeader();
    read();
}

void RunView::read() {
    reading_ = true;
    // What a newer reading has overtaken is left off, so that nobody waits for it.
    const auto current = [generation = generation_, mine = generation_->load()] {
        return generation->load() == mine;
    };
    client_->ask(
        this,
        [run = summary_.run.toStdString(), known = known_, current](Archive& archive) {
            return readRun(archive, run, known, current);
        },
        [this, current](const std::optional<LoadedRun>& loaded) {
            if (loaded && current()) take(*loaded);
        },
        [this, current](const QString& message) {
            if (current()) readFailed(message);
        });
}

void RunView::follow() {
    if (!isVisible() || reading_) return;
    first_ = false;
    read();
}

void RunView::readFailed(const QString& message) {
    reading_ = false;
    followTimer_.stop();
    emit openFailed(message);
}

void RunView::take(const LoadedRun& loaded) {
    reading_ = false;
    summary_ = RunSummary::fromDetails(loaded.details);
    resumable_ = loaded.details.row.resumable;
    archivedEvents_ = loaded.details.events;
    if (lossPlot_ == nullptr) configure(loaded.experiment, loaded.details.series);
    for (const auto& [series, curve] : loaded.metrics) {
        if (!curve.step.empty()) known_.metrics[series] = static_cast<std::int64_t>(curve.step.back());
        for (std::size_t i = 0; i < curve.step.size(); ++i)
            append(series, curve.step[i], curve.epoch[i], curve.seconds[i], curve.value[i]);
    }
    for (std::size_t h = 0; h < std::min(loaded.hyperparameters.size(), hyperparameterPlots_.size()); ++h) {
        const HyperparameterCurve& curve = loaded.hyperparameters[h];
        if (!curve.step.empty()) known_.hyperparameters[h] = static_cast<std::int64_t>(curve.step.back());
        for (std::size_t i = 0; i < curve.step.size(); ++i)
            append(h, curve.step[i], curve.epoch[i], curve.seconds[i], curve.points[i]);
    }
    showLatest();
    refreshHeader();
    if (ended(summary_.state))
        followTimer_.stop();
    else
        followTimer_.start();
    if (first_) emit opened();
}

} // namespace dstn::ui
