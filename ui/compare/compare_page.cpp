#include "ui/compare/compare_page.h"

#include "ui/access/archive_client.h"
#include "ui/compare/curve_grid.h"
#include "ui/compare/difference_model.h"
#include "ui/compare/metric_table_model.h"
#include "ui/compare/parallel_coordinates.h"
#include "ui/compare/run_groups.h"
#include "ui/text/csv_text.h"
#include "ui/text/series_text.h"
#include "ui/widgets/free_path.h"
#include "ui/widgets/notice_bar.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QListWidget>
#include <QMenu>
#include <QSaveFile>
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
#include <map>
#include <utility>

namespace dstn::ui {

namespace {

/// How often runs in progress are read again.
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
            experiments.push_back(comparedDocument(loaded.runs.back()));
        } catch (const Error& error) {
            // A run that was deleted does not keep the others from being shown.
            loaded.missing << QString::fromUtf8(error.what());
        }
    }
    if (experiments.size() > 1) loaded.differences = differences(experiments);
    return loaded;
}

QString tableAsCsv(const QAbstractItemModel& model) {
    QString text;
    for (int row = -1; row < model.rowCount(); ++row) {
        QStringList cells;
        for (int column = 0; column < model.columnCount(); ++column)
            cells << (row < 0 ? model.headerData(column, Qt::Horizontal) : model.index(row, column).data())
                         .toString();
        text += csvLine(cells);
    }
    return text;
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

    ComparePage* page;
    ArchiveClient client;
    std::vector<std::string> wanted;
    std::vector<RunDetails> runs;
    std::vector<RunGroup> groups;
    std::vector<bool> visible; ///< a group each
    std::vector<std::string> offered;
    quint64 generation = 0; ///< answers to older questions are dropped
    QTimer follow;
    bool dirty = false; ///< the archive changed since runs in progress were read

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
    CurveGrid* plots = nullptr;
    QSplitter* splitter = nullptr;
    QTabWidget* tabs = nullptr;
    QTableView *metricTable = nullptr, *differenceTable = nullptr;
    MetricTableModel metrics;
    MetricOrder* metricOrder = nullptr;
    DifferenceModel differenceModel;
    ParallelCoordinates* parallel = nullptr;
    QStringList hiddenSeries, shownSeries; ///< the user's choice against what is shown at first

    void build();
    QWidget* makeControls();
    QMenu* makeExportMenu();
    QWidget* makeLegendAndPlots();
    QTabWidget* makeTabs();
    QWidget* makeEmptyPage();
    void connectControls();
    void connectLegend();
    void connectPlots();
    void connectArchive();
    void openGroup(int group);
    void fillCurveMenu();
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
    void fillPlots();
    void readCurves(const std::string& series);
    void showGroup(std::size_t group, bool shown);
    XAxis xAxis() const { return static_cast<XAxis>(axis->currentIndex()); }
    void rowsArrived(const ArchiveClient::Rows& rows);
    QString groupName(const RunGroup& group) const;
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
    axis->setToolTip(tr("Horizontal axis of the curves; wall-clock is training time without pauses"));
    label(tr("A&gainst"), axis);
    row->addSpacing(10);
    smoothing = new QSlider(Qt::Horizontal, bar);
    smoothing->setObjectName(QStringLiteral("smoothing"));
    smoothing->setRange(0, 99);
    smoothing->setFixedWidth(130);
    smoothing->setToolTip(tr("Weight of the exponential smoothing; the raw curve stays faintly visible"));
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
        tr("Runs that differ only in their seed become one curve with its standard deviation"));
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
    exportButton->setToolTip(tr("Export what is on screen to files"));
    exportButton->setPopupMode(QToolButton::InstantPopup);
    exportMenu = makeExportMenu();
    exportButton->setMenu(exportMenu);
    row->addWidget(exportButton);
    return bar;
}

QMenu* ComparePage::Impl::makeExportMenu() {
    auto* const menu = new QMenu(exportButton);
    for (const char* ending : {"png", "svg", "pdf"})
        menu->addAction(tr("Figures as %1…").arg(QString::fromLatin1(ending).toUpper()), page,
                        [this, ending] {
                            const QString folder = chooseFolder(tr("Folder for the figures"));
                            if (!folder.isEmpty()) exportPlots(folder, QString::fromLatin1(ending));
                        });
    menu->addAction(tr("Plotted curves as CSV…"), page, [this] {
        const QString folder = chooseFolder(tr("Folder for the curves"));
        if (!folder.isEmpty()) exportPlots(folder, QStringLiteral("csv"));
    });
    menu->addAction(tr("Tables as CSV…"), page, [this] { exportTables(); });
    return menu;
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
    tabs = makeTabs();
    splitter = new QSplitter(Qt::Vertical, content);
    splitter->addWidget(makeLegendAndPlots());
    splitter->addWidget(tabs);
    splitter->setStretchFactor(0, 1);
    splitter->setSizes({520, 210});
    splitter->setChildrenCollapsible(false);
    contentColumn->addWidget(splitter, 1);

    auto* stacked = new QWidget(page);
    stack = new QStackedLayout(stacked);
    stack->addWidget(makeEmptyPage());
    stack->addWidget(content);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(8, 6, 8, 6);
    column->addWidget(trouble);
    column->addWidget(notice);
    column->addWidget(stacked, 1);

    connectControls();
    connectLegend();
    connectPlots();
    connectArchive();
    readSettings();
}

QWidget* ComparePage::Impl::makeLegendAndPlots() {
    legend = new QListWidget(page);
    legend->setObjectName(QStringLiteral("legend"));
    legend->setAccessibleName(tr("Runs compared"));
    legend->setToolTip(tr("Space shows or hides a run; Enter opens it"));
    legend->setIconSize(QSize(22, 12));
    legend->setTextElideMode(Qt::ElideMiddle);
    legend->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);

    plots = new CurveGrid(page);
    auto* across = new QSplitter(Qt::Horizontal, page);
    across->addWidget(legend);
    across->addWidget(plots);
    across->setStretchFactor(1, 1);
    across->setSizes({210, 1000});
    across->setChildrenCollapsible(false);
    return across;
}

QTabWidget* ComparePage::Impl::makeTabs() {
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
    auto* const made = new QTabWidget(page);
    made->setDocumentMode(true);
    made->addTab(metricTable, tr("Best and final values"));
    made->addTab(differenceTable, tr("Differences"));
    made->addTab(parallel, tr("Parallel coordinates"));
    return made;
}

/// In place of everything where no run is shown: why, and what to do.
QWidget* ComparePage::Impl::makeEmptyPage() {
    auto* empty = new QWidget(page);
    auto* emptyColumn = new QVBoxLayout(empty);
    emptyText = new QLabel(empty);
    emptyText->setObjectName(QStringLiteral("emptyText"));
    emptyText->setAlignment(Qt::AlignCenter);
    emptyText->setWordWrap(true);
    emptyText->setForegroundRole(QPalette::PlaceholderText);
    emptyColumn->addWidget(emptyText);
    return empty;
}

void ComparePage::Impl::connectControls() {
    QObject::connect(axis, &QComboBox::currentIndexChanged, page, [this] { plots->setXAxis(xAxis()); });
    QObject::connect(smoothing, &QSlider::valueChanged, page, [this](int value) {
        smoothingText->setText(QString::number(value / 100.0, 'f', 2));
        plots->setSmoothing(value / 100.0);
    });
    QObject::connect(logScale, &QCheckBox::toggled, page, [this](bool on) { plots->setLogScale(on); });
    QObject::connect(overSeeds, &QCheckBox::toggled, page, [this] { regroup(); });
    QObject::connect(curveMenu, &QMenu::aboutToShow, page, [this] { fillCurveMenu(); });
}

void ComparePage::Impl::fillCurveMenu() {
    curveMenu->clear();
    for (const std::string& series : offered) {
        QAction* const action = curveMenu->addAction(titleOf(series));
        action->setCheckable(true);
        action->setChecked(isShown(series));
        QObject::connect(action, &QAction::toggled, page, [this, series](bool on) { choose(series, on); });
    }
}

void ComparePage::Impl::connectLegend() {
    QObject::connect(legend, &QListWidget::itemChanged, page, [this](QListWidgetItem* item) {
        showGroup(static_cast<std::size_t>(legend->row(item)), item->checkState() == Qt::Checked);
    });
    QObject::connect(legend, &QListWidget::itemActivated, page,
                     [this](QListWidgetItem* item) { openGroup(legend->row(item)); });
    QObject::connect(metricTable, &QTableView::activated, page,
                     [this](const QModelIndex& index) { openGroup(metricOrder->mapToSource(index).row()); });
}

void ComparePage::Impl::openGroup(int group) {
    if (group >= 0 && group < static_cast<int>(groups.size()))
        emit page->openRequested(
            QString::fromStdString(runs[groups[static_cast<std::size_t>(group)].members.front()].row.id));
}

void ComparePage::Impl::connectPlots() {
    QObject::connect(plots, &CurveGrid::curvesWanted, page,
                     [this](const std::string& series) { readCurves(series); });
    QObject::connect(plots, &CurveGrid::lineToggled, page, [this](int line, bool on) {
        if (QListWidgetItem* const item = legend->item(line))
            item->setCheckState(on ? Qt::Checked : Qt::Unchecked);
    });
    QObject::connect(plots, &CurveGrid::exported, page, [this](const QString& path) {
        notice->say(NoticeBar::Kind::information, tr("Saved as %1").arg(path));
    });
    QObject::connect(plots, &CurveGrid::exportFailed, page,
                     [this](const QString& message) { notice->say(NoticeBar::Kind::warning, message); });
}

void ComparePage::Impl::connectArchive() {
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
    plots->setXAxis(xAxis()); // also where the index was that already
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
    plots->forgetCurves();
    regroup();
}

QString ComparePage::Impl::groupName(const RunGroup& group) const {
    const RunRow& first = runs[group.members.front()].row;
    const QString name = QString::fromStdString(first.name);
    if (group.members.size() > 1) return tr("%1 (%2 seeds)").arg(name).arg(group.members.size());
    // Runs of the same name are distinguished by their UUIDs.
    const auto same = std::count_if(runs.begin(), runs.end(),
                                    [&](const RunDetails& r) { return r.row.name == first.name; });
    return same > 1 ? QStringLiteral("%1 · %2").arg(name, QString::fromStdString(first.id.substr(0, 8)))
                    : name;
}

void ComparePage::Impl::regroup() {
    if (runs.empty()) return;
    const std::vector<RunGroup> before = std::move(groups);
    std::vector<std::string> experiments;
    for (const RunDetails& run : runs) experiments.push_back(comparedDocument(run));
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
    fillPlots();
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
    fillPlots();
}

QString ComparePage::Impl::titleOf(const std::string& series) const {
    return seriesTitle(series, std::all_of(runs.begin(), runs.end(),
                                           [](const RunDetails& run) { return run.row.language; }));
}

void ComparePage::Impl::fillPlots() {
    std::vector<CurveGrid::Series> shown;
    for (const std::string& series : offered)
        if (isShown(series)) shown.push_back({.name = series, .title = titleOf(series)});
    std::vector<CurveGrid::Line> lines;
    for (std::size_t g = 0; g < groups.size(); ++g)
        lines.push_back({.name = groupName(groups[g]), .members = groups[g].members, .visible = visible[g]});
    plots->set(shown, std::move(lines));
}

void ComparePage::Impl::readCurves(const std::string& name) {
    std::vector<std::string> ids;
    for (const RunDetails& run : runs) {
        const std::vector<std::string> drawn = drawnSeries(run);
        const bool has = std::find(drawn.begin(), drawn.end(), name) != drawn.end();
        ids.push_back(has ? run.row.id : std::string());
    }
    client.ask(
        page,
        [ids, name](Archive& archive) {
            const std::string loss = lossOfPerplexity(name);
            std::vector<Curve> curves;
            for (const std::string& id : ids)
                curves.push_back(id.empty()     ? Curve()
                                 : loss.empty() ? archive.curve(id, name)
                                                : perplexityOf(archive.curve(id, loss)));
            return curves;
        },
        [this, name, asked = generation](std::vector<Curve> curves) {
            if (asked == generation) plots->setCurves(name, std::move(curves));
        });
}

void ComparePage::Impl::showGroup(std::size_t group, bool shown) {
    if (group >= visible.size() || visible[group] == shown) return;
    visible[group] = shown;
    plots->setLineVisible(static_cast<int>(group), shown);
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
        const std::size_t count = plots->exportTo(folder, ending);
        notice->say(NoticeBar::Kind::information, tr("%1 files written to %2").arg(count).arg(folder));
    } catch (const std::exception& error) {
        notice->say(NoticeBar::Kind::warning, QString::fromUtf8(error.what()));
    }
}

void ComparePage::Impl::exportTables() {
    const QString folder = chooseFolder(tr("Folder for the tables"));
    if (folder.isEmpty()) return;
    const std::pair<QString, QString> tables[] = {
        {QStringLiteral("values.csv"), tableAsCsv(*metricOrder)},
        {QStringLiteral("differences.csv"), tableAsCsv(differenceModel)}};
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
