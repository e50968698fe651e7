#pragma once

#include "core/run/events.h"
#include "ui/access/archive_client.h"
#include "ui/live/loaded_run.h"
#include "ui/live/run_controller.h"
#include "ui/text/run_summary.h"

#include <QTimer>
#include <QWidget>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

class QCheckBox;
class QComboBox;
class QSlider;

namespace dstn::ui {

class CurvePlot;
class PlotGrid;
class RunHeader;

/// The curves and numbers of one run, fed by events while it goes on here, or read from the archive, where it
/// keeps following a run that another process executes. A hyperparameter is drawn in natural units with its
/// band.
class RunView : public QWidget {
    Q_OBJECT

  public:
    explicit RunView(QWidget* parent = nullptr);
    ~RunView() override;

    void feed(const Event& event);
    /// Forgets the run shown; a new one is about to start.
    void clear();
    void setPending(Pending pending);
    /// Reads a run on the archive's thread, then opened() or openFailed().
    void open(const std::filesystem::path& archive, const QString& run);

    const RunSummary& summary() const { return summary_; }
    const Experiment& experiment() const { return experiment_; }
    QString experimentJson() const;
    /// An archived run that ended early and has a checkpoint.
    bool isResumable() const { return resumable_; }
    /// Of an archived run, as they were when it was read: time, text.
    const std::vector<std::pair<std::string, std::string>>& archivedEvents() const { return archivedEvents_; }
    RunHeader* header() const { return header_; }
    QList<CurvePlot*> plots() const;
    /// The plot with the focus, else the one of the loss; null without a run.
    CurvePlot* currentPlot() const;

  signals:
    void opened();
    void openFailed(const QString& message);
    void exported(const QString& path);
    void exportFailed(const QString& message);

  private:
    /// A curve of a metric, of a loss two.
    struct Route {
        CurvePlot* plot = nullptr; ///< null: it is not drawn
        int curve = 0;
        CurvePlot* perplexityPlot = nullptr;
        int perplexityCurve = 0;
    };
    /// One of the experiment's hyperparameters.
    struct HyperparameterPlot {
        CurvePlot* plot = nullptr; ///< null: the run does not tell it
        int curve = 0;
        HyperparameterPoint latest = {};
    };

    void take(const RunStarted& started);
    void take(const SamplesTaken& taken);
    void take(const HyperparametersSampled& sampled);
    void take(const LoadedRun& loaded);
    void configure(const Experiment& experiment, const std::vector<std::string>& series);
    void addMetrics(CurvePlot* plot, SeriesPlot which, const std::vector<std::string>& drawn);
    CurvePlot* addPerplexityPlot();
    void addHyperparameters(QList<CurvePlot*>& plots, const std::vector<std::string>& series);
    CurvePlot* addPlot(const QString& title);
    void append(Series series, double step, double epoch, double seconds, double value);
    void append(std::size_t hyperparameter, double step, double epoch, double seconds,
                const HyperparameterPoint& point);
    void showLatest();
    void read();
    void readFailed(const QString& message);
    void follow();
    void refreshHeader();
    void applyChoices(CurvePlot* plot);
    void link(CurvePlot* plot);
    void showAxis();

    RunHeader* header_;
    PlotGrid* grid_;
    QComboBox* axis_;
    QSlider* smoothing_;
    QCheckBox* log_;
    RunSummary summary_;
    Experiment experiment_;
    Pending pending_ = Pending::none;
    std::vector<std::string> series_;
    std::vector<std::pair<std::string, std::string>> archivedEvents_;
    std::array<Route, seriesTable.size()> routes_;
    std::vector<HyperparameterPlot> hyperparameterPlots_; ///< in the experiment's order
    CurvePlot* lossPlot_ = nullptr;
    CurvePlot* perplexityPlot_ = nullptr; ///< of a language model
    std::filesystem::path archive_;
    std::unique_ptr<ArchiveClient> client_; ///< of that archive, from the first reading on
    KnownSteps known_;
    QTimer followTimer_;
    /// Tells a reading that a newer one has overtaken it; shared with the archive's thread.
    std::shared_ptr<std::atomic<int>> generation_ = std::make_shared<std::atomic<int>>(0);
    bool resumable_ = false;
    bool reading_ = false;
    bool first_ = true; ///< the reading under way is the first of its run
};

} // namespace dstn::ui
