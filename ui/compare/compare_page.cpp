#include "ui/compare/compare_page.h"

#include "ui/access/archive_client.h"
#include "ui/compare/difference_model.h"
#include "ui/compare/metric_table_model.h"
#include "ui/compare/parallel_coordinates.h"
#include "ui/compare/run_groups.h"
#include "ui/text/series_text.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/free_path.h"
#include "ui/widgets/notice_bar.h"
#include "ui/widgets/theme.h"

#include <QActionGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QResizeEvent>
#include <QSaveFile>
#include <QScrollArea>
#include <QSettings>
#include <QSlider>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedLayout>
#include <QTabWidget>
#include <QTableView>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <utility>

namespace dstn::ui {

namespace {

/// Points handed to the plots before the window gets its turn again: some milliseconds' worth.
constexpr std::size_t pointsAtOnce = 20'000;
constexpr int plotWidth = 330, plotHeight = 250;
/// How often runs that go on are read again.
constexpr int followInterval = 1000;

const QString axisKey = QStringLiteral("compare/axis");
const QString smoothingKey = QStringLiteral("compare/smoothing");
const QString logKey = QStringLiteral("compare/log");
const QString groupKey = QStringLiteral("compare/meanOverSeeds");
const QString hiddenKey = QStringLiteral("compare/hiddenCurves");
const QString shownKey = QStringLiteral("compare/shownCurves");
const QString splitterKey = QStringLiteral("compare/splitter");
const QString folderKey = QStringLiteral("compare/exportFolder");

/// All that is read of the runs at first.
struct Loaded {
    std::vector<RunDetails> runs;
    std::vector<Difference> differences;
    QStringList missing; ///< why a run could not be read, a line each
};

Loaded load(Archive& archive, const std::vector<std::string>& ids) {
    Loaded loaded;
    std::vector<std::string> experiments;
    for (const std::string& id : ids) {
        try {
            loaded.runs.push_back(archive.details(id));
            experiments.push_back(loaded.runs.back().experimentJson);
        } catch (const Error& error) {
            // One run that was removed is no reason not to show the others.
            loaded.missing << QString::fromUtf8(error.what());
        }
    }
    if (experiments.size() > 1) loaded.differences = differences(experiments);
    return loaded;
}

QString fileNameOf(const QString& title) {
    QString name;
    for (const QChar c : title.toLower())
        name += c.isLetterOrNumber()                                ? c
                : name.endsWith(QLatin1Char('-')) || name.isEmpty() ? QChar()
                                                                    : QLatin1Char('-');
    return name.remove(QChar());
}

/// Sorts by the numbers behind the texts.
class MetricOrder : public QSortFilterProxyModel {
  public:
    explicit MetricOrder(QObject* parent) : QSortFilterProxyModel(parent) {
        setSortRole(MetricTableModel::sortRole);
    }
};

} // namespace

/// The widgets, and what has been read of the runs that are compared.
struct ComparePage::Impl {
    Impl(ComparePage* owner, std::filesystem::path file)
        : page(owner), client(std::move(file), Archive::Mode::readOnly) {}

    struct Panel {
        std::string series;
        CurvePlot* plot = nullptr;
        std::vector<Curve> curves; ///< one a run; empty until read
        bool read = false;
    };
    /// Points that still have to be handed to a plot.
    struct Pending {
        CurvePlot* plot = nullptr;
        int curve = 0;
        Curve points;
        std::vector<double> deviation; ///< empty: no band
        std::size_t next = 0;
    };

    ComparePage* page;
    ArchiveClient client;
    std::vector<std::string> wanted;
    std::vector<RunDetails> runs;
    std::vector<RunGroup> groups;
    std::vector<bool> visible; ///< a group each
    std::vector<std::string> offered;
    std::vector<Panel> panels;
    std::deque<Pending> pending;
    quint64 generation = 0; ///< answers to older questions are dropped
    QTimer feed, follow;
    bool dirty = false; ///< the archive changed since runs that go on were read

    NoticeBar* trouble = nullptr;
    NoticeBar* notice = nullptr;
    QStackedLayout* stack = nullptr;
    QLabel* emptyText = nullptr;
    QComboBox* axis = nullptr;
    QSlider* smoothing = nullptr;
    QLabel* smoothingText = nullptr;
    QCheckBox *logScale = nullptr, *overSeeds = nullptr;
    QToolButton *curveButton = nullptr, *exportButton = nullptr;
    QMenu *curveMenu = nullptr, *exportMenu = nullptr;
    QListWidget* legend = nullptr;
    QScrollArea* scroll = nullptr;
    QWidget* grid = nullptr;
    QGridLayout* gridLayout = nullptr;
    QSplitter* splitter = nullptr;
    QTabWidget* tabs = nullptr;
    QTableView *metricTable = nullptr, *differenceTable = nullptr;
    MetricTableModel metrics;
    MetricOrder* metricOrder = nullptr;
    DifferenceModel differenceModel;
    ParallelCoordinates* parallel = nullptr;
    QStringList hiddenSeries, shownSeries; ///< a person's choice against what is shown at first
    int columns = 0;

    void build();
    QWidget* makeControls();
    QTableView* makeTable(QAbstractItemModel* model);
    void readSettings();
    void writeSettings() const;

    void reload();
    void loaded(Loaded answer);
    void regroup();
    void fillLegend();
    void fillParallel();
    bool isShown(const std::string& series) const;
    void choose(const std::string& series, bool shown);
    void makePanels();
    void layOut();
    void readCurves(Panel& panel);
    void draw(Panel& panel);
    void feedPlots();
    void showGroup(std::size_t group, bool shown);
    void applyLog();
    XAxis xAxis() const { return static_cast<XAxis>(axis->currentIndex()); }
    void rowsArrived(const ArchiveClient::Rows& rows);
    QString groupName(const RunGroup& group) const;
    Panel* panelOf(const std::string& series);
    QString titleOf(const std::string& series) const;

    void exportPlots(const QString& folder, const QString& ending);
    void exportTables();
    QString chooseFolder(const QString& title);
};

QWidget* ComparePage::Impl::makeControls() {
    auto* bar = new QWidget(page);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    const auto label = [&](const QString& text, QWidget* buddy) {
        auto* made = new QLabel(text, bar);
        made->setBuddy(buddy);
        row->addWidget(made);
        row->addWidget(buddy);
    };
    axis = new QComboBox(bar);
    axis->setObjectName(QStringLiteral("axis"));
    axis->addItems({tr("Step"), tr("Epoch"), tr("Wall-clock")});
    axis->setToolTip(tr("What the curves are drawn against; wall-clock is training time without pauses"));
    label(tr("A&gainst"), axis);
    row->addSpacing(10);
    smoothing = new QSlider(Qt::Horizontal, bar);
    smoothing->setObjectName(QStringLiteral("smoothing"));
    smoothing->setRange(0, 99);
    smoothing->setFixedWidth(130);
    smoothing->setToolTip(tr("Weight of the exponential smoothing; the raw curve stays faintly behind"));
    label(tr("&Smoothing"), smoothing);
    smoothingText = new QLabel(bar);
    smoothingText->setMinimumWidth(smoothingText->fontMetrics().horizontalAdvance(QStringLiteral("0.99")) +
                                   6);
    row->addWidget(smoothingText);
    row->addSpacing(10);
    logScale = new QCheckBox(tr("&Log scale"), bar);
    logScale->setObjectName(QStringLiteral("logScale"));
    logScale->setToolTip(tr("Losses and hyperparameters on a logarithmic axis"));
    row->addWidget(logScale);
    overSeeds = new QCheckBox(tr("&Mean over seeds"), bar);
    overSeeds->setObjectName(QStringLiteral("overSeeds"));
    overSeeds->setToolTip(
        tr("Runs that differ by nothing but their seed become one curve with its deviation"));
    row->addWidget(overSeeds);
    row->addStretch(1);
    curveButton = new QToolButton(bar);
    curveButton->setText(tr("Curves"));
    curveButton->setToolTip(tr("Choose which curves are shown"));
    curveButton->setPopupMode(QToolButton::InstantPopup);
    curveMenu = new QMenu(curveButton);
    curveButton->setMenu(curveMenu);
    row->addWidget(curveButton);
    exportButton = new QToolButton(bar);
    exportButton->setText(tr("Export"));
    exportButton->setToolTip(tr("Write what is on screen to files"));
    exportButton->setPopupMode(QToolButton::InstantPopup);
    exportMenu = new QMenu(exportButton);
    for (const char* ending : {"png", "svg", "pdf"})
        exportMenu->addAction(tr("Figures as %1…").arg(QString::fromLatin1(ending).toUpper()), page,
                              [this, ending] {
                                  const QString folder = chooseFolder(tr("Folder for the figures"));
                                  if (!folder.isEmpty()) exportPlots(folder, QString::fromLatin1(ending));
                              });
    exportMenu->addAction(tr("Plotted curves as CSV…"), page, [this] {
        const QString folder = chooseFolder(tr("Folder for the curves"));
        if (!folder.isEmpty()) exportPlots(folder, QStringLiteral("csv"));
    });
    exportMenu->addAction(tr("Tables as CSV…"), page, [this] { exportTables(); });
    exportButton->setMenu(exportMenu);
    row->addWidget(exportButton);
    return bar;
}

QTableView* ComparePage::Impl::makeTable(QAbstractItemModel* model) {
    auto* table = new QTableView(page);
    table->setModel(model);
    table->setAlternatingRowColors(true);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->setTabKeyNavigation(false);
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 9);
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    return table;
}

void ComparePage::Impl::build() {
    page->setObjectName(QStringLiteral("comparePage"));
    trouble = new NoticeBar(page);
    notice = new NoticeBar(page);
    notice->setObjectName(QStringLiteral("notice"));
    trouble->setObjectName(QStringLiteral("trouble"));

    auto* content = new QWidget(page);
    auto* contentColumn = new QVBoxLayout(content);
    contentColumn->setContentsMargins(0, 0, 0, 0);
    contentColumn->addWidget(makeControls());

    legend = new QListWidget(content);
    legend->setObjectName(QStringLiteral("legend"));
    legend->setAccessibleName(tr("Runs compared"));
    legend->setToolTip(tr("Blank shows or hides a run, Enter opens it"));
    legend->setIconSize(QSize(22, 12));
    legend->setTextElideMode(Qt::ElideMiddle);
    legend->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);

    scroll = new QScrollArea(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    grid = new QWidget(scroll);
    gridLayout = new QGridLayout(grid);
    gridLayout->setContentsMargins(0, 0, 0, 0);
    scroll->setWidget(grid);
    scroll->viewport()->installEventFilter(page);

    auto* across = new QSplitter(Qt::Horizontal, content);
    across->addWidget(legend);
    across->addWidget(scroll);
    across->setStretchFactor(1, 1);
    across->setSizes({210, 1000});
    across->setChildrenCollapsible(false);

    metricOrder = new MetricOrder(page);
    metricOrder->setSourceModel(&metrics);
    metricTable = makeTable(metricOrder);
    metricTable->setObjectName(QStringLiteral("metrics"));
    metricTable->setIconSize(QSize(22, 12));
    metricTable->setSortingEnabled(true);
    metricTable->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    metricOrder->sort(-1);
    differenceTable = makeTable(&differenceModel);
    differenceTable->setObjectName(QStringLiteral("differences"));
    parallel = new ParallelCoordinates(page);
    parallel->setObjectName(QStringLiteral("parallel"));
    tabs = new QTabWidget(content);
    tabs->setDocumentMode(true);
    tabs->addTab(metricTable, tr("Best and final values"));
    tabs->addTab(differenceTable, tr("Differences"));
    tabs->addTab(parallel, tr("Parallel coordinates"));

    splitter = new QSplitter(Qt::Vertical, content);
    splitter->addWidget(across);
    splitter->addWidget(tabs);
    splitter->setStretchFactor(0, 1);
    splitter->setSizes({520, 210});
    splitter->setChildrenCollapsible(false);
    contentColumn->addWidget(splitter, 1);

    auto* empty = new QWidget(page);
    auto* emptyColumn = new QVBoxLayout(empty);
    emptyText = new QLabel(empty);
    emptyText->setObjectName(QStringLiteral("emptyText"));
    emptyText->setAlignment(Qt::AlignCenter);
    emptyText->setWordWrap(true);
    emptyText->setForegroundRole(QPalette::PlaceholderText);
    emptyColumn->addWidget(emptyText);

    auto* stacked = new QWidget(page);
    stack = new QStackedLayout(stacked);
    stack->addWidget(empty);
    stack->addWidget(content);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(8, 6, 8, 6);
    column->addWidget(trouble);
    column->addWidget(notice);
    column->addWidget(stacked, 1);

    readSettings();

    QObject::connect(axis, &QComboBox::currentIndexChanged, page, [this] {
        for (Panel& panel : panels) panel.plot->setXAxis(xAxis());
    });
    QObject::connect(smoothing, &QSlider::valueChanged, page, [this](int value) {
        smoothingText->setText(QString::number(value / 100.0, 'f', 2));
        for (Panel& panel : panels) panel.plot->setSmoothing(value / 100.0);
    });
    QObject::connect(logScale, &QCheckBox::toggled, page, [this] { applyLog(); });
    QObject::connect(overSeeds, &QCheckBox::toggled, page, [this] { regroup(); });
    QObject::connect(legend, &QListWidget::itemChanged, page, [this](QListWidgetItem* item) {
        showGroup(static_cast<std::size_t>(legend->row(item)), item->checkState() == Qt::Checked);
    });
    const auto openGroup = [this](int group) {
        if (group >= 0 && group < static_cast<int>(groups.size()))
            emit page->openRequested(
                QString::fromStdString(runs[groups[static_cast<std::size_t>(group)].members.front()].row.id));
    };
    QObject::connect(legend, &QListWidget::itemActivated, page,
                     [this, openGroup](QListWidgetItem* item) { openGroup(legend->row(item)); });
    QObject::connect(metricTable, &QTableView::activated, page, [this, openGroup](const QModelIndex& index) {
        openGroup(metricOrder->mapToSource(index).row());
    });
    QObject::connect(curveMenu, &QMenu::aboutToShow, page, [this] {
        curveMenu->clear();
        for (const std::string& series : offered) {
            QAction* const action = curveMenu->addAction(titleOf(series));
            action->setCheckable(true);
            action->setChecked(isShown(series));
            QObject::connect(action, &QAction::toggled, page,
                             [this, series](bool on) { choose(series, on); });
        }
    });
    feed.setInterval(0);
    QObject::connect(&feed, &QTimer::timeout, page, [this] { feedPlots(); });
    follow.setInterval(followInterval);
    QObject::connect(&follow, &QTimer::timeout, page, [this] {
        if (std::exchange(dirty, false)) reload();
    });
    QObject::connect(&client, &ArchiveClient::rowsArrived, page,
                     [this](const ArchiveClient::Rows& rows) { rowsArrived(rows); });
    QObject::connect(&client, &ArchiveClient::troubleChanged, page, [this](const QString& message) {
        if (message.isEmpty())
            trouble->clear();
        else if (!wanted.empty())
            trouble->say(NoticeBar::Kind::warning, message, {{tr("Try again"), [this] { reload(); }}});
    });
    QObject::connect(&client, &ArchiveClient::failed, page, [this](const QString& message) {
        if (message != trouble->text()) notice->say(NoticeBar::Kind::warning, message);
    });
}

void ComparePage::Impl::readSettings() {
    const QSettings settings;
    axis->setCurrentIndex(std::clamp(settings.value(axisKey, 1).toInt(), 0, 2));
    smoothing->setValue(settings.value(smoothingKey, 0).toInt());
    smoothingText->setText(QString::number(smoothing->value() / 100.0, 'f', 2));
    logScale->setChecked(settings.value(logKey, false).toBool());
    overSeeds->setChecked(settings.value(groupKey, false).toBool());
    hiddenSeries = settings.value(hiddenKey).toStringList();
    shownSeries = settings.value(shownKey).toStringList();
    if (const QByteArray state = settings.value(splitterKey).toByteArray(); !state.isEmpty())
        splitter->restoreState(state);
}

void ComparePage::Impl::writeSettings() const {
    QSettings settings;
    settings.setValue(axisKey, axis->currentIndex());
    settings.setValue(smoothingKey, smoothing->value());
    settings.setValue(logKey, logScale->isChecked());
    settings.setValue(groupKey, overSeeds->isChecked());
    settings.setValue(hiddenKey, hiddenSeries);
    settings.setValue(shownKey, shownSeries);
    settings.setValue(splitterKey, splitter->saveState());
}

void ComparePage::Impl::reload() {
    const quint64 asked = ++generation;
    if (wanted.empty()) {
        emptyText->setText(
            tr("Nothing to compare yet.\n\nSelect two or more runs in the archive and press Compare "
               "(Ctrl+Shift+C)."));
        stack->setCurrentIndex(0);
        return;
    }
    if (runs.empty()) {
        emptyText->setText(tr("Reading the runs…"));
        stack->setCurrentIndex(0);
    }
    client.ask(
        page, [ids = wanted](Archive& archive) { return load(archive, ids); },
        [this, asked](Loaded answer) {
            if (asked == generation) loaded(std::move(answer));
        });
}

void ComparePage::Impl::loaded(Loaded answer) {
    runs = std::move(answer.runs);
    if (!answer.missing.isEmpty())
        notice->say(NoticeBar::Kind::warning, answer.missing.join(QLatin1Char('\n')));
    if (runs.empty()) {
        emptyText->setText(tr("None of these runs can be read. Choose others in the archive."));
        stack->setCurrentIndex(0);
        return;
    }
    stack->setCurrentIndex(1);
    QStringList names;
    std::vector<std::vector<std::string>> series;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        names << groupName({{i}});
        series.push_back(drawnSeries(runs[i]));
    }
    // The names head the columns.
    std::erase_if(answer.differences, [](const Difference& difference) { return difference.path == "name"; });
    differenceModel.set(std::move(answer.differences), names);
    tabs->setTabText(1, tr("Differences (%1)").arg(differenceModel.rowCount()));
    differenceTable->resizeColumnsToContents();
    for (int i = 0; i < differenceModel.columnCount(); ++i)
        differenceTable->setColumnWidth(i, std::clamp(differenceTable->columnWidth(i), 90, 320));
    offered = comparableSeries(series);
    for (Panel& panel : panels) panel.read = false;
    regroup();
}

QString ComparePage::Impl::groupName(const RunGroup& group) const {
    const RunRow& first = runs[group.members.front()].row;
    const QString name = QString::fromStdString(first.name);
    if (group.members.size() > 1) return tr("%1 (%2 seeds)").arg(name).arg(group.members.size());
    // Runs of the same name are told apart by their UUIDs.
    const auto same = std::count_if(runs.begin(), runs.end(),
                                    [&](const RunDetails& r) { return r.row.name == first.name; });
    return same > 1 ? QStringLiteral("%1 · %2").arg(name, QString::fromStdString(first.id.substr(0, 8)))
                    : name;
}

void ComparePage::Impl::regroup() {
    if (runs.empty()) return;
    const std::vector<RunGroup> before = std::move(groups);
    std::vector<std::string> experiments;
    for (const RunDetails& run : runs) experiments.push_back(run.experimentJson);
    const std::vector<RunGroup> bySeed = groupBySeed(experiments);
    overSeeds->setEnabled(bySeed.size() < runs.size());
    groups.clear();
    if (overSeeds->isChecked()) {
        groups = bySeed;
    } else {
        for (std::size_t i = 0; i < runs.size(); ++i) groups.push_back({{i}});
    }
    // A refresh of the same runs keeps what was hidden.
    const bool same = before.size() == groups.size() &&
                      std::equal(before.begin(), before.end(), groups.begin(),
                                 [](const RunGroup& a, const RunGroup& b) { return a.members == b.members; });
    if (!same) visible.assign(groups.size(), true);
    metrics.setDark(isDark(page->palette()));
    QStringList names;
    for (const RunGroup& group : groups) names << groupName(group);
    metrics.set(runs, groups, names);
    metricTable->resizeColumnsToContents();
    metricTable->setColumnWidth(0, std::clamp(metricTable->columnWidth(0), 140, 300));
    fillLegend();
    fillParallel();
    makePanels();
}

void ComparePage::Impl::fillLegend() {
    const QSignalBlocker quiet(legend);
    const int current = legend->currentRow();
    legend->clear();
    for (std::size_t i = 0; i < groups.size(); ++i) {
        auto* item =
            new QListWidgetItem(MetricTableModel::swatch(static_cast<int>(i), isDark(page->palette())),
                                groupName(groups[i]), legend);
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
        item->setCheckState(visible[i] ? Qt::Checked : Qt::Unchecked);
        item->setToolTip(groupName(groups[i]));
    }
    legend->setCurrentRow(std::min(current, legend->count() - 1));
}

void ComparePage::Impl::fillParallel() {
    std::vector<std::string> names;
    const auto bestOf = [](const RunDetails& run) -> const EpochResult* {
        for (const EpochResult& epoch : run.epochs)
            if (run.row.bestEpoch && epoch.epoch == *run.row.bestEpoch) return &epoch;
        return nullptr;
    };
    for (const RunDetails& run : runs)
        if (const EpochResult* const best = bestOf(run))
            for (const auto& [name, value] : best->hyperparameters)
                if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    std::vector<ParallelCoordinates::Line> lines;
    std::vector<bool> shown;
    for (std::size_t g = 0; g < groups.size(); ++g)
        for (const std::size_t member : groups[g].members) {
            ParallelCoordinates::Line line{.name = QString::fromStdString(runs[member].row.name),
                                           .color = static_cast<int>(g),
                                           .values = std::vector<std::optional<double>>(names.size())};
            if (const EpochResult* const best = bestOf(runs[member]))
                for (const auto& [name, value] : best->hyperparameters)
                    line.values[static_cast<std::size_t>(std::find(names.begin(), names.end(), name) -
                                                         names.begin())] = value;
            line.values.push_back(runs[member].row.bestValidationLoss);
            lines.push_back(std::move(line));
            shown.push_back(visible[g]);
        }
    std::vector<QString> axes;
    for (const std::string& name : names) axes.push_back(QString::fromStdString(name));
    if (!names.empty()) axes.push_back(tr("best validation loss"));
    parallel->set(std::move(axes),
                  names.empty() ? std::vector<ParallelCoordinates::Line>() : std::move(lines));
    if (!names.empty())
        for (std::size_t i = 0; i < shown.size(); ++i) parallel->setLineVisible(i, shown[i]);
}

bool ComparePage::Impl::isShown(const std::string& series) const {
    const QString name = QString::fromStdString(series);
    if (hiddenSeries.contains(name)) return false;
    return shownSeries.contains(name) || shownAtFirst(series);
}

void ComparePage::Impl::choose(const std::string& series, bool shown) {
    const QString name = QString::fromStdString(series);
    hiddenSeries.removeAll(name);
    shownSeries.removeAll(name);
    if (shown != shownAtFirst(series)) (shown ? shownSeries : hiddenSeries) << name;
    makePanels();
}

ComparePage::Impl::Panel* ComparePage::Impl::panelOf(const std::string& series) {
    const auto found =
        std::find_if(panels.begin(), panels.end(), [&](const Panel& p) { return p.series == series; });
    return found == panels.end() ? nullptr : &*found;
}

QString ComparePage::Impl::titleOf(const std::string& series) const {
    return seriesTitle(series, std::all_of(runs.begin(), runs.end(),
                                           [](const RunDetails& run) { return run.row.language; }));
}

void ComparePage::Impl::makePanels() {
    pending.clear();
    std::vector<Panel> fresh;
    for (const std::string& series : offered) {
        if (!isShown(series)) continue;
        if (Panel* const old = panelOf(series)) {
            fresh.push_back(std::move(*old));
            fresh.back().plot->setTitle(titleOf(series));
            old->plot = nullptr;
            continue;
        }
        Panel panel{.series = series, .plot = new CurvePlot(titleOf(series), grid), .curves = {}};
        CurvePlot* const plot = panel.plot;
        plot->setMinimumSize(plotWidth - 60, plotHeight - 30);
        plot->setLegendShown(false);
        plot->setXAxis(xAxis());
        plot->setSmoothing(smoothing->value() / 100.0);
        plot->setPlaceholder(tr("Reading…"));
        if (isAccuracy(series)) {
            plot->setPercent(true);
            plot->setYBounds(0.0, 1.0);
        }
        // The plots are one picture: zoom and cursor go together.
        QObject::connect(plot, &CurvePlot::zoomed, page, [this, plot](double lower, double upper) {
            for (Panel& other : panels)
                if (other.plot != plot) other.plot->setXRange(lower, upper);
        });
        QObject::connect(plot, &CurvePlot::zoomReset, page, [this, plot] {
            for (Panel& other : panels)
                if (other.plot != plot) other.plot->resetZoom();
        });
        QObject::connect(plot, &CurvePlot::cursorMoved, page, [this, plot](double x) {
            for (Panel& other : panels)
                if (other.plot != plot) other.plot->setCursorAt(x);
        });
        QObject::connect(plot, &CurvePlot::cursorLeft, page, [this, plot] {
            for (Panel& other : panels)
                if (other.plot != plot) other.plot->hideCursor();
        });
        QObject::connect(plot, &CurvePlot::curveToggled, page, [this](int curve, bool on) {
            if (QListWidgetItem* const item = legend->item(curve))
                item->setCheckState(on ? Qt::Checked : Qt::Unchecked);
        });
        QObject::connect(plot, &CurvePlot::exported, page, [this](const QString& path) {
            notice->say(NoticeBar::Kind::information, tr("Written: %1").arg(path));
        });
        QObject::connect(plot, &CurvePlot::exportFailed, page,
                         [this](const QString& message) { notice->say(NoticeBar::Kind::warning, message); });
        fresh.push_back(std::move(panel));
    }
    for (Panel& old : panels)
        if (old.plot) old.plot->deleteLater();
    panels = std::move(fresh);
    columns = 0;
    layOut();
    applyLog();
    for (Panel& panel : panels) {
        if (panel.read)
            draw(panel);
        else
            readCurves(panel);
    }
}

void ComparePage::Impl::layOut() {
    const int fitting = std::max(1, scroll->viewport()->width() / plotWidth);
    const int wish = std::min(fitting, std::max(1, static_cast<int>(panels.size())));
    if (wish == columns) return;
    columns = wish;
    while (const std::unique_ptr<QLayoutItem> item{gridLayout->takeAt(0)}) {
    }
    for (std::size_t i = 0; i < panels.size(); ++i) {
        gridLayout->addWidget(panels[i].plot, static_cast<int>(i) / columns, static_cast<int>(i) % columns);
        panels[i].plot->show();
    }
    for (int i = 0; i < gridLayout->columnCount(); ++i) gridLayout->setColumnStretch(i, i < columns ? 1 : 0);
}

void ComparePage::Impl::applyLog() {
    for (Panel& panel : panels) panel.plot->setLogY(logScale->isChecked() && !isAccuracy(panel.series));
}

void ComparePage::Impl::readCurves(Panel& panel) {
    std::vector<std::string> ids;
    for (const RunDetails& run : runs) {
        const std::vector<std::string> drawn = drawnSeries(run);
        const bool has = std::find(drawn.begin(), drawn.end(), panel.series) != drawn.end();
        ids.push_back(has ? run.row.id : std::string());
    }
    client.ask(
        page,
        [ids, series = panel.series](Archive& archive) {
            const std::string loss = lossOfPerplexity(series);
            std::vector<Curve> curves;
            for (const std::string& id : ids)
                curves.push_back(id.empty()     ? Curve()
                                 : loss.empty() ? archive.curve(id, series)
                                                : perplexityOf(archive.curve(id, loss)));
            return curves;
        },
        [this, series = panel.series, asked = generation](std::vector<Curve> curves) {
            if (asked != generation) return;
            Panel* const target = panelOf(series);
            if (!target) return;
            target->curves = std::move(curves);
            target->read = true;
            draw(*target);
        });
}

void ComparePage::Impl::draw(Panel& panel) {
    std::erase_if(pending, [&](const Pending& p) { return p.plot == panel.plot; });
    panel.plot->clear();
    panel.plot->setPlaceholder(tr("None of these runs has this yet."));
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const bool several = groups[g].members.size() > 1;
        const int curve = panel.plot->addCurve(
            groupName(groups[g]),
            {.color = static_cast<int>(g), .markers = isPerEpoch(panel.series), .visible = visible[g]});
        Pending points{.plot = panel.plot, .curve = curve, .points = {}, .deviation = {}};
        if (several) {
            std::vector<const Curve*> members;
            for (const std::size_t member : groups[g].members)
                if (!panel.curves[member].step.empty()) members.push_back(&panel.curves[member]);
            MeanCurve mean = meanOf(members);
            points.points = std::move(mean.mean);
            points.deviation = std::move(mean.deviation);
        } else {
            points.points = panel.curves[groups[g].members.front()];
        }
        if (!points.points.step.empty()) pending.push_back(std::move(points));
    }
    if (!pending.empty()) feed.start();
}

void ComparePage::Impl::feedPlots() {
    std::size_t room = pointsAtOnce;
    while (room > 0 && !pending.empty()) {
        Pending& front = pending.front();
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
        if (end == c.step.size()) pending.pop_front();
    }
    if (pending.empty()) feed.stop();
}

void ComparePage::Impl::showGroup(std::size_t group, bool shown) {
    if (group >= visible.size() || visible[group] == shown) return;
    visible[group] = shown;
    for (Panel& panel : panels)
        if (static_cast<int>(group) < panel.plot->curveCount())
            panel.plot->setCurveVisible(static_cast<int>(group), shown);
    std::size_t line = 0;
    for (std::size_t g = 0; g < groups.size(); ++g)
        for (std::size_t i = 0; i < groups[g].members.size(); ++i, ++line)
            if (g == group) parallel->setLineVisible(line, shown);
}

void ComparePage::Impl::rowsArrived(const ArchiveClient::Rows& rows) {
    for (const RunRow& row : *rows)
        for (const RunDetails& run : runs)
            if (run.row.id == row.id &&
                (run.row.steps != row.steps || run.row.state != row.state || run.row.name != row.name))
                dirty = true;
}

QString ComparePage::Impl::chooseFolder(const QString& title) {
    QSettings settings;
    const QString folder =
        QFileDialog::getExistingDirectory(page, title, settings.value(folderKey).toString());
    if (!folder.isEmpty()) settings.setValue(folderKey, folder);
    return folder;
}

void ComparePage::Impl::exportPlots(const QString& folder, const QString& ending) {
    try {
        for (Panel& panel : panels)
            panel.plot->exportTo(
                freePath(QDir(folder).filePath(fileNameOf(panel.plot->title()) + QLatin1Char('.') + ending)));
        notice->say(NoticeBar::Kind::information,
                    tr("%1 files written to %2").arg(panels.size()).arg(folder));
    } catch (const std::exception& error) {
        notice->say(NoticeBar::Kind::warning, QString::fromUtf8(error.what()));
    }
}

void ComparePage::Impl::exportTables() {
    const QString folder = chooseFolder(tr("Folder for the tables"));
    if (folder.isEmpty()) return;
    const auto csv = [](const QAbstractItemModel& model) {
        const auto quoted = [](QString cell) {
            return QLatin1Char('"') + cell.replace(QLatin1Char('"'), QStringLiteral("\"\"")) +
                   QLatin1Char('"');
        };
        QString text;
        for (int row = -1; row < model.rowCount(); ++row) {
            QStringList cells;
            for (int column = 0; column < model.columnCount(); ++column)
                cells << quoted(
                    (row < 0 ? model.headerData(column, Qt::Horizontal) : model.index(row, column).data())
                        .toString());
            text += cells.join(QLatin1Char(',')) + QStringLiteral("\r\n");
        }
        return text;
    };
    const std::pair<QString, QString> tables[] = {{QStringLiteral("values.csv"), csv(*metricOrder)},
                                                  {QStringLiteral("differences.csv"), csv(differenceModel)}};
    QStringList written;
    for (const auto& [name, text] : tables) {
        const QString file = freePath(QDir(folder).filePath(name));
        QSaveFile out(file);
        const QByteArray bytes = text.toUtf8();
        if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size() || !out.commit())
            return notice->say(
                NoticeBar::Kind::warning,
                tr("%1 cannot be written: %2. Choose another folder.").arg(file, out.errorString()));
        written << QFileInfo(file).fileName();
    }
    notice->say(NoticeBar::Kind::information,
                tr("%1 written to %2").arg(written.join(QStringLiteral(", ")), folder));
}

ComparePage::ComparePage(std::filesystem::path archive, QWidget* parent)
    : QWidget(parent), impl_(std::make_unique<Impl>(this, std::move(archive))) {
    impl_->build();
    impl_->reload();
}

ComparePage::~ComparePage() {
    impl_->writeSettings();
    impl_->client.disconnect(this);
    impl_->metricTable->setModel(nullptr);
    impl_->differenceTable->setModel(nullptr);
}

void ComparePage::setRuns(const QStringList& runs) {
    std::vector<std::string> ids;
    for (const QString& run : runs)
        if (std::find(ids.begin(), ids.end(), run.toStdString()) == ids.end())
            ids.push_back(run.toStdString());
    impl_->wanted = std::move(ids);
    impl_->runs.clear();
    impl_->groups.clear();
    impl_->notice->clear();
    impl_->reload();
}

bool ComparePage::eventFilter(QObject* watched, QEvent* event) {
    if (watched == impl_->scroll->viewport() && event->type() == QEvent::Resize) impl_->layOut();
    return QWidget::eventFilter(watched, event);
}

void ComparePage::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() != QEvent::PaletteChange || !impl_->legend) return;
    impl_->metrics.setDark(isDark(palette()));
    impl_->fillLegend();
    impl_->parallel->update();
}

void ComparePage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    impl_->client.setFollowing(true);
    impl_->follow.start();
}

void ComparePage::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    impl_->client.setFollowing(false);
    impl_->follow.stop();
}

} // namespace dstn::ui
