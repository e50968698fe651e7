#include "ui/live/run_view.h"

#include "ui/live/plot_grid.h"
#include "ui/live/run_header.h"
#include "ui/text/run_text.h"
#include "ui/widgets/curve_plot.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSlider>
#include <QtConcurrent>

#include <algorithm>
#include <cmath>

namespace dstn::ui {

namespace {

constexpr int followMs = 1000;

bool has(const std::vector<std::string>& series, std::string_view name) {
    return std::find(series.begin(), series.end(), name) != series.end();
}

bool isOfTestSplit(std::string_view series) {
    return series == series::epochTestLoss || series == series::epochTestAccuracy;
}

bool sameSeries(std::vector<std::string> a, std::vector<std::string> b) {
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    return a == b;
}

} // namespace

/// Where a series goes: a curve, of a loss two, or a hyperparameter's value or scale.
struct RunView::Route {
    CurvePlot* plot = nullptr;
    int curve = 0;
    CurvePlot* perplexityPlot = nullptr;
    int perplexityCurve = 0;
    HyperparameterPlot* value = nullptr;
    HyperparameterPlot* scale = nullptr;

    void append(double step, double epoch, double seconds, double y) const {
        plot->append(curve, step, epoch, seconds, y);
        // A network that has learned nothing is as unsure as its vocabulary is large: beside that, all that
        // follows would be a flat line.
        if (perplexityPlot != nullptr && step > 0.0)
            perplexityPlot->append(perplexityCurve, step, epoch, seconds, perplexityOf(y));
    }
};

struct RunView::HyperparameterPlot {
    Hyperparameter hyperparameter;
    Transform transform{hyperparameter};
    CurvePlot* plot = nullptr;
    int curve = 0;
    bool hasScale = false;
    std::optional<double> latest; ///< value
    std::optional<double> scale;  ///< the latest σ
    double scaleStep = -1.0;
    /// A value whose σ has not come yet.
    struct Waiting {
        double step, epoch, seconds, value;
    };
    std::optional<Waiting> waiting;
};

struct RunView::Loading {
    int generation = 0;
    std::optional<LoadedRun> run;
    QString error;
};

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
    connect(&loading_, &QFutureWatcherBase::finished, this, &RunView::loadingFinished);
    followTimer_.setInterval(followMs);
    connect(&followTimer_, &QTimer::timeout, this, &RunView::follow);
}

RunView::~RunView() { loading_.disconnect(this); }

QList<CurvePlot*> RunView::plots() const { return grid_->plots(); }

CurvePlot* RunView::currentPlot() const {
    for (CurvePlot* plot : plots())
        if (plot->hasFocus()) return plot;
    return lossPlot_;
}

QString RunView::experimentJson() const { return QString::fromStdString(toJson(experiment_)); }

void RunView::clear() {
    ++generation_;
    followTimer_.stop();
    summary_ = {};
    resumable_ = false;
    series_.clear();
    routes_.clear();
    hyperparameterPlots_.clear();
    lastStep_.clear();
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
    // All plots share their horizontal axis and cursor: what happened to λ when the loss jumped?
    connect(plot, &CurvePlot::zoomed, this, [this, plot](double lower, double upper) {
        for (CurvePlot* other : plots())
            if (other != plot) other->setXRange(lower, upper);
    });
    connect(plot, &CurvePlot::zoomReset, this, [this, plot] {
        for (CurvePlot* other : plots())
            if (other != plot) other->resetZoom();
    });
    connect(plot, &CurvePlot::cursorMoved, this, [this, plot](double x) {
        for (CurvePlot* other : plots())
            if (other != plot) other->setCursorAt(x);
    });
    connect(plot, &CurvePlot::cursorLeft, this, [this] {
        for (CurvePlot* other : plots()) other->hideCursor();
    });
    connect(plot, &CurvePlot::exported, this, &RunView::exported);
    connect(plot, &CurvePlot::exportFailed, this, &RunView::exportFailed);
}

void RunView::showAxis() {
    for (CurvePlot* plot : plots()) plot->setXAxis(static_cast<XAxis>(axis_->currentIndex()));
}

void RunView::configure(const Experiment& experiment, const std::vector<std::string>& series) {
    experiment_ = experiment;
    series_ = series;
    std::vector<std::string> drawn = series;
    // Every run declares them, also where there is nothing to test on.
    if (summary_.testExamples == 0) std::erase_if(drawn, isOfTestSplit);
    routes_.clear();
    hyperparameterPlots_.clear();
    QList<CurvePlot*> main, small;
    struct Line {
        std::string_view series;
        QString name;
        CurveStyle style;
    };
    const auto addLines = [&](CurvePlot* plot, const std::vector<Line>& lines) {
        for (const Line& line : lines)
            if (has(drawn, line.series))
                routes_[std::string(line.series)] =
                    Route{.plot = plot, .curve = plot->addCurve(line.name, line.style)};
    };
    const CurveStyle batch{.color = 0, .dash = 0};
    const CurveStyle trainEpoch{.color = 5, .dash = 0, .width = 2.0, .smoothable = false, .markers = true};
    const CurveStyle validation{.color = 1, .dash = 0, .width = 2.4, .smoothable = false, .markers = true};
    const CurveStyle test{
        .color = 2, .dash = 1, .width = 2.0, .smoothable = false, .markers = true, .visible = false};

    lossPlot_ = addPlot(tr("Loss"));
    addLines(lossPlot_,
             {{series::trainLoss, tr("train, mini-batch"), batch},
              {series::epochTrainLoss, tr("train, epoch"), trainEpoch},
              {series::epochValidationLoss, tr("validation"), validation},
              {series::epochTestLoss, tr("test"), test},
              {series::responseLoss, tr("response, mini-batch"), {.color = 3, .dash = 0, .visible = false}},
              {series::validationStepLoss,
               tr("validation, mini-batch"),
               {.color = 4, .dash = 0, .visible = false}}});
    lossPlot_->setLogY(log_->isChecked());
    main.append(lossPlot_);
    perplexityPlot_ = nullptr;
    if (summary_.language) {
        perplexityPlot_ = addPlot(tr("Perplexity"));
        perplexityPlot_->setLogY(log_->isChecked());
        for (const Line& line : {Line{series::epochTrainLoss, tr("train, epoch"), trainEpoch},
                                 Line{series::epochValidationLoss, tr("validation"), validation},
                                 Line{series::epochTestLoss, tr("test"), test}})
            if (const auto loss = routes_.find(line.series); loss != routes_.end()) {
                loss->second.perplexityPlot = perplexityPlot_;
                loss->second.perplexityCurve = perplexityPlot_->addCurve(line.name, line.style);
            }
        main.append(perplexityPlot_);
    } else if (has(series, series::epochValidationAccuracy) || has(series, series::trainAccuracy)) {
        CurvePlot* accuracy = addPlot(tr("Accuracy"));
        accuracy->setPercent(true);
        accuracy->setYBounds(0.0, 1.0);
        addLines(accuracy, {{series::trainAccuracy, tr("train, mini-batch"), batch},
                            {series::epochTrainAccuracy, tr("train, epoch"), trainEpoch},
                            {series::epochValidationAccuracy, tr("validation"), validation},
                            {series::epochTestAccuracy, tr("test"), test}});
        main.append(accuracy);
    }
    int color = 0;
    for (const Hyperparameter& hyperparameter : experiment.hyperparameters) {
        const std::string key = std::string(series::hyperparameterPrefix) + hyperparameter.name;
        if (!has(series, key)) continue;
        auto entry = std::make_unique<HyperparameterPlot>();
        entry->hyperparameter = hyperparameter;
        entry->transform = Transform(hyperparameter);
        const std::string scaleKey = std::string(series::scalePrefix) + hyperparameter.name;
        entry->hasScale = has(series, scaleKey);
        entry->plot = addPlot(QString::fromStdString(hyperparameter.name));
        entry->plot->setYBounds(hyperparameter.min, hyperparameter.max);
        entry->curve =
            entry->plot->addCurve(QString::fromStdString(hyperparameter.name),
                                  {.color = color++, .dash = 0, .width = 2.0, .smoothable = false});
        if (!hyperparameter.tune) entry->plot->setDetail(tr("fixed"));
        routes_[key] = Route{.value = entry.get()};
        if (entry->hasScale) routes_[scaleKey] = Route{.scale = entry.get()};
        small.append(entry->plot);
        hyperparameterPlots_.push_back(std::move(entry));
    }
    if (has(series, series::throughput)) {
        CurvePlot* speed = addPlot(summary_.language ? tr("Tokens per second") : tr("Examples per second"));
        addLines(speed, {{series::throughput,
                          summary_.language ? tr("tokens per second") : tr("examples per second"),
                          {.color = 6, .dash = 0}}});
        small.append(speed);
    }
    grid_->setPlots(main, small);
}

void RunView::feed(const Event& event) {
    summary_.feed(event);
    if (const auto* started = std::get_if<RunStarted>(&event)) {
        // A resumed run goes on in its own curves, which the archive may have named in another order.
        if (lossPlot_ != nullptr && experiment_ == started->experiment &&
            sameSeries(series_, started->series))
            series_ = started->series;
        else
            configure(started->experiment, started->series);
    } else if (const auto* taken = std::get_if<SamplesTaken>(&event)) {
        const double perEpoch = static_cast<double>(std::max<std::int64_t>(summary_.stepsPerEpoch, 1));
        for (const Sample& sample : taken->samples)
            if (const auto index = static_cast<std::size_t>(sample.series); index < series_.size()) {
                const auto step = static_cast<double>(sample.step);
                addSample(series_[index], step, step / perEpoch, sample.seconds, sample.value);
            }
        showLatest();
        return;
    }
    refreshHeader();
}

void RunView::addSample(const std::string& series, double step, double epoch, double seconds, double value) {
    const auto found = routes_.find(series);
    if (found == routes_.end()) return;
    const Route& route = found->second;
    if (route.value != nullptr) {
        HyperparameterPlot& plot = *route.value;
        if (plot.waiting)
            addValue(plot, plot.waiting->step, plot.waiting->epoch, plot.waiting->seconds,
                     plot.waiting->value);
        plot.waiting.reset();
        // Value and σ of one step come together, in whichever order; the band needs both.
        if (plot.hasScale && plot.scaleStep != step)
            plot.waiting = HyperparameterPlot::Waiting{step, epoch, seconds, value};
        else
            addValue(plot, step, epoch, seconds, value);
    } else if (route.scale != nullptr) {
        HyperparameterPlot& plot = *route.scale;
        plot.scale = value;
        plot.scaleStep = step;
        if (!plot.waiting) return;
        addValue(plot, plot.waiting->step, plot.waiting->epoch, plot.waiting->seconds, plot.waiting->value);
        plot.waiting.reset();
    } else {
        route.append(step, epoch, seconds, value);
    }
}

void RunView::addValue(HyperparameterPlot& plot, double step, double epoch, double seconds, double value) {
    plot.latest = value;
    if (!plot.scale) {
        plot.plot->append(plot.curve, step, epoch, seconds, value);
        return;
    }
    const double u = plot.transform.toUnconstrained(value);
    plot.plot->append(plot.curve, step, epoch, seconds, value, plot.transform.toNatural(u - *plot.scale),
                      plot.transform.toNatural(u + *plot.scale));
}

void RunView::showLatest() {
    for (const auto& plot : hyperparameterPlots_) {
        if (!plot->latest) continue;
        QString detail = QString::number(*plot->latest, 'g', 4);
        if (!plot->hyperparameter.tune)
            detail = tr("fixed at %1").arg(detail);
        else if (plot->scale)
            detail += tr("   σ %1").arg(*plot->scale, 0, 'g', 3);
        plot->plot->setDetail(detail);
    }
}

std::vector<std::pair<std::string, double>> RunView::latestHyperparameters(const SamplesTaken& taken) const {
    std::map<std::string, double> latest;
    for (const Sample& sample : taken.samples) {
        const auto index = static_cast<std::size_t>(sample.series);
        if (index < series_.size() && series_[index].starts_with(series::hyperparameterPrefix))
            latest[series_[index].substr(series::hyperparameterPrefix.size())] = sample.value;
    }
    return {latest.begin(), latest.end()};
}

void RunView::open(const std::filesystem::path& archive, const QString& run) {
    clear();
    archive_ = archive;
    first_ = true;
    summary_.run = run;
    summary_.name = tr("Reading the archive…");
    refreshHeader();
    loading_.setFuture(QtConcurrent::run([archive, id = run.toStdString(), generation = generation_] {
        auto loading = std::make_shared<Loading>();
        loading->generation = generation;
        try {
            loading->run = readRun(archive, id);
        } catch (const std::exception& error) {
            loading->error = QString::fromUtf8(error.what());
        }
        return loading;
    }));
}

void RunView::follow() {
    if (!isVisible() || loading_.isRunning()) return;
    first_ = false;
    loading_.setFuture(QtConcurrent::run(
        [archive = archive_, id = summary_.run.toStdString(), generation = generation_, after = lastStep_] {
            auto loading = std::make_shared<Loading>();
            loading->generation = generation;
            try {
                loading->run = readRun(archive, id, after);
            } catch (const std::exception& error) {
                loading->error = QString::fromUtf8(error.what());
            }
            return loading;
        }));
}

void RunView::loadingFinished() {
    const std::shared_ptr<Loading> loading = loading_.result();
    if (loading->generation != generation_) return;
    if (!loading->run) {
        followTimer_.stop();
        emit openFailed(loading->error);
        return;
    }
    take(*loading->run);
    if (ended(summary_.state))
        followTimer_.stop();
    else
        followTimer_.start();
    if (first_) emit opened();
}

void RunView::take(const LoadedRun& loaded) {
    summary_ = RunSummary::fromDetails(loaded.details);
    resumable_ = loaded.details.row.resumable;
    archivedEvents_ = loaded.details.events;
    if (lossPlot_ == nullptr) configure(loaded.experiment, loaded.details.series);
    std::map<std::string, const Curve*> scales;
    for (const auto& [series, curve] : loaded.curves)
        if (series.starts_with(series::scalePrefix))
            scales[series.substr(series::scalePrefix.size())] = &curve;
    for (const auto& [series, curve] : loaded.curves) {
        if (!curve.step.empty()) lastStep_[series] = static_cast<std::int64_t>(curve.step.back());
        const auto found = routes_.find(series);
        if (found == routes_.end()) continue;
        const Route& route = found->second;
        if (route.plot != nullptr) {
            for (std::size_t i = 0; i < curve.step.size(); ++i)
                route.append(curve.step[i], curve.epoch[i], curve.seconds[i], curve.value[i]);
        } else if (route.value != nullptr) {
            const auto scale = scales.find(route.value->hyperparameter.name);
            takeBanded(*route.value, curve, scale == scales.end() ? Curve{} : *scale->second);
        }
    }
    showLatest();
    refreshHeader();
}

void RunView::takeBanded(HyperparameterPlot& plot, const Curve& values, const Curve& scales) {
    std::size_t next = 0;
    for (std::size_t i = 0; i < values.step.size(); ++i) {
        while (next < scales.step.size() && scales.step[next] <= values.step[i])
            plot.scale = scales.value[next++];
        addValue(plot, values.step[i], values.epoch[i], values.seconds[i], values.value[i]);
    }
}

} // namespace dstn::ui
