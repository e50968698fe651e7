#include "ui/setup/setup_page.h"

#include "ui/forms/data_probe.h"
#include "ui/forms/experiment_file.h"
#include "ui/forms/experiment_model.h"
#include "ui/forms/mark_board.h"
#include "ui/forms/mark_colors.h"
#include "ui/forms/section_area.h"
#include "ui/setup/augmentation_section.h"
#include "ui/setup/data_section.h"
#include "ui/setup/hyperparameter_section.h"
#include "ui/setup/machine_section.h"
#include "ui/setup/measured_speed.h"
#include "ui/setup/method_section.h"
#include "ui/setup/model_section.h"
#include "ui/setup/optimizer_section.h"
#include "ui/setup/start_bar.h"
#include "ui/setup/summary_panel.h"

#include <QFileDialog>
#include <QFutureWatcher>
#include <QKeyEvent>
#include <QLineEdit>
#include <QShowEvent>
#include <QStyle>
#include <QToolButton>
#include <QtConcurrentRun>

#include <algorithm>
#include <exception>

namespace dstn::ui {

/// What two cores reach with OpenBLAS in such training; stands until a run has been measured.
static constexpr double assumedFlops = 80e9;

namespace {
struct EngineAnswer {
    std::optional<EngineInfo> info;
    QString error;
};
} // namespace

struct SetupPage::Impl {
    explicit Impl(SetupPage& owner) : page(owner) {}

    void makeActions();
    void makeLayout();
    void open();
    void save();
    void say(const QString& text, bool isError);
    void askEngine();
    void experimentChanged(ExperimentModel::Change change);
    void probeChanged();
    void review();
    void start();
    QString reasonNotToRun() const;

    SetupPage& page;
    ExperimentModel model;
    MarkBoard board;
    DataProbe probe;

    QAction *runAction = nullptr, *openAction = nullptr, *saveAction = nullptr, *undoAction = nullptr,
            *redoAction = nullptr;
    ModelSection* modelSection = nullptr;
    MachineSection* machine = nullptr;
    SummaryPanel* summary = nullptr;
    QWidget* message = nullptr;
    QLabel* messageText = nullptr;

    std::optional<EngineInfo> engine;
    bool engineAsked = false;
    std::vector<Mistake> mistakes;
    QString busy;              ///< what is in progress
    bool runWhenKnown = false; ///< Run was asked for while the data was being looked at
    double flops = assumedFlops;
    bool measured = false;
};

SetupPage::SetupPage(QWidget* parent) : QWidget(parent), impl_(std::make_unique<Impl>(*this)) {
    impl_->makeActions();
    impl_->makeLayout();
    Impl* impl = impl_.get();
    connect(&impl->model, &ExperimentModel::changed, this,
            [impl](ExperimentModel::Change change) { impl->experimentChanged(change); });
    connect(&impl->board, &MarkBoard::inputProblemsChanged, this, [impl] { impl->review(); });
    connect(&impl->probe, &DataProbe::changed, this, [impl] { impl->probeChanged(); });
    for (QLineEdit* edit : findChildren<QLineEdit*>()) edit->installEventFilter(this);
    impl->review();
}

SetupPage::~SetupPage() {
    // The widgets refer to the models, which go with impl_.
    qDeleteAll(findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
}

bool SetupPage::eventFilter(QObject* watched, QEvent* event) {
    // A line edit would keep undo and redo for its own text: here they belong to the experiment.
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo)) {
            event->ignore();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void SetupPage::Impl::makeActions() {
    const auto make = [this](const QString& text, const QKeySequence& key, const QString& toolTip,
                             auto slot) {
        auto* action = new QAction(text, &page);
        action->setShortcut(key);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        action->setToolTip(tr("%1 (%2)").arg(toolTip, key.toString(QKeySequence::NativeText)));
        connect(action, &QAction::triggered, &page, slot);
        page.addAction(action);
        return action;
    };
    runAction = make(tr("Run"), Qt::CTRL | Qt::Key_R, tr("Starts the run"), [this] { page.run(); });
    openAction =
        make(tr("Open…"), QKeySequence::Open, tr("Opens an experiment file (JSON)"), [this] { open(); });
    saveAction = make(tr("Save as…"), QKeySequence::Save, tr("Saves the experiment as a file (JSON)"),
                      [this] { save(); });
    undoAction =
        make(tr("Undo"), Qt::CTRL | Qt::Key_Z, tr("Undoes the last change"), [this] { model.undo(); });
    redoAction =
        make(tr("Redo"), Qt::CTRL | Qt::Key_Y, tr("Redoes the last change undone"), [this] { model.redo(); });
    undoAction->setEnabled(false);
    redoAction->setEnabled(false);
}

void SetupPage::Impl::makeLayout() {
    auto* layout = new QVBoxLayout(&page);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->setSpacing(8);
    layout->addWidget(new StartBar(model, board, {openAction, saveAction, undoAction, redoAction}));

    message = new QWidget;
    auto* messageRow = new QHBoxLayout(message);
    messageRow->setContentsMargins(12, 0, 4, 0);
    messageText = new QLabel;
    messageText->setObjectName(QStringLiteral("message"));
    messageText->setWordWrap(true);
    messageText->setTextFormat(Qt::PlainText);
    messageText->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* close = new QToolButton;
    close->setText(QStringLiteral("✕"));
    close->setAccessibleName(tr("Close this message"));
    close->setToolTip(tr("Close this message"));
    close->setAutoRaise(true);
    connect(close, &QToolButton::clicked, message, &QWidget::hide);
    messageRow->addWidget(messageText, 1);
    messageRow->addWidget(close, 0, Qt::AlignTop);
    message->hide();
    layout->addWidget(message);

    modelSection = new ModelSection(model, board, probe);
    machine = new MachineSection(model, board);
    auto* scroll = new SectionArea;
    scroll->setObjectName(QStringLiteral("sections"));
    scroll->addSection(new DataSection(model, board, probe), SectionArea::left);
    scroll->addSection(modelSection, SectionArea::right);
    scroll->addSection(new AugmentationSection(model, board), SectionArea::right);
    scroll->addSection(new HyperparameterSection(model, board), SectionArea::right);
    scroll->addSection(new MethodSection(model, board), SectionArea::left);
    scroll->addSection(new OptimizerSection(model, board), SectionArea::right);
    scroll->addSection(machine, SectionArea::left);

    summary = new SummaryPanel(runAction);
    summary->setFixedWidth(std::max(230, summary->fontMetrics().horizontalAdvance(QStringLiteral("M")) * 19));
    connect(summary, &SummaryPanel::mistakeActivated, &page,
            [this](const QString& path) { board.reveal(path); });

    auto* middle = new QHBoxLayout;
    middle->setSpacing(4);
    middle->addWidget(scroll, 1);
    middle->addWidget(summary);
    layout->addLayout(middle, 1);
}

void SetupPage::tell(const QString& problem) { impl_->say(problem, true); }

void SetupPage::Impl::say(const QString& text, bool isError) {
    QPalette colours = page.palette();
    colours.setColor(QPalette::WindowText,
                     isError ? MarkColors(page.palette()).error : MarkColors(page.palette()).accent);
    messageText->setPalette(colours);
    messageText->setText(isError ? tr("⚠ %1").arg(text) : text);
    message->show();
}

void SetupPage::Impl::open() {
    const QString path = QFileDialog::getOpenFileName(&page, tr("Open an experiment"), {},
                                                      tr("Experiments (*.json);;All files (*)"));
    if (path.isEmpty()) return;
    const OpenedExperiment opened = openExperiment(path);
    if (!opened.experiment) {
        say(opened.problem, true);
        return;
    }
    message->hide();
    model.replace(*opened.experiment);
}

void SetupPage::Impl::save() {
    if (!validate(model.value()).empty() || !board.inputProblems().empty()) {
        say(tr("Fix the mistakes first: a file with mistakes could not be opened again."), true);
        return;
    }
    const QString path = QFileDialog::getSaveFileName(
        &page, tr("Save the experiment"), QStringLiteral("experiment.json"), tr("Experiments (*.json)"));
    if (path.isEmpty()) return;
    const QString problem = saveExperiment(model.value(), path);
    say(problem.isEmpty() ? tr("Saved as %1.").arg(path) : problem, !problem.isEmpty());
}

void SetupPage::Impl::askEngine() {
    if (engineAsked) return;
    engineAsked = true;
    auto* watcher = new QFutureWatcher<EngineAnswer>(&page);
    connect(watcher, &QFutureWatcherBase::finished, &page, [this, watcher] {
        const EngineAnswer answer = watcher->result();
        watcher->deleteLater();
        if (engine) return;
        if (answer.info)
            page.setEngineInfo(*answer.info);
        else
            machine->setEngineError(answer.error);
    });
    watcher->setFuture(QtConcurrent::run([]() -> EngineAnswer {
        try {
            return {.info = createEngine()->info(), .error = {}};
        } catch (const std::exception& error) {
            return {.info = {}, .error = QString::fromUtf8(error.what())};
        }
    }));
}

void SetupPage::Impl::experimentChanged(ExperimentModel::Change change) {
    undoAction->setEnabled(model.canUndo());
    redoAction->setEnabled(model.canRedo());
    const std::vector<Mistake> found = validate(model.value());
    const bool dataIsClear = std::ranges::none_of(found, [](const Mistake& mistake) {
        return liesUnder(QString::fromStdString(mistake.path), QStringLiteral("data"));
    });
    if (dataIsClear)
        probe.ask(model.value().data, model.value().seed, change == ExperimentModel::Change::edited);
    else
        probe.forget();
    review();
    emit page.experimentChanged(model.value());
}

void SetupPage::Impl::probeChanged() {
    review();
    if (probe.pending() || !runWhenKnown) return;
    runWhenKnown = false;
    start();
}

/// Collects every mistake and shows it where it was made.
void SetupPage::Impl::review() {
    const Experiment& experiment = model.value();
    mistakes = board.inputProblems();
    const std::vector<Mistake> own = validate(experiment);
    mistakes.insert(mistakes.end(), own.begin(), own.end());
    if (!probe.error().isEmpty())
        mistakes.push_back(
            {traitsOf(experiment.data.source).path == PathKind::none ? "data.source" : "data.path",
             probe.error().toStdString()});
    // At once with the others, but for what is wrong in itself already.
    if (probe.info() && !probe.pending())
        for (const Mistake& mistake : validate(experiment, *probe.info()))
            if (std::ranges::none_of(own, [&](const Mistake& known) {
                    return liesUnder(QString::fromStdString(known.path),
                                     QString::fromStdString(mistake.path)) ||
                           liesUnder(QString::fromStdString(mistake.path),
                                     QString::fromStdString(known.path));
                }))
                mistakes.push_back(mistake);
    if (engine)
        if (const QString problem = deviceProblem(experiment.device, *engine); !problem.isEmpty())
            mistakes.push_back({"device", problem.toStdString()});
    board.show(mistakes);

    SummaryPanel::Content content;
    content.trainings = trainingsOf(experiment.tuner, experiment.hyperparameters);
    content.tuned = traitsOf(experiment.tuner).searches()
                        ? std::ranges::count_if(experiment.hyperparameters, &Hyperparameter::tune)
                        : std::int64_t(experiment.tunedNames().size());
    if (probe.info()) content.model = modelSection->report();
    if (mistakes.empty() && probe.info() && !probe.pending())
        content.estimate = estimate(experiment, *probe.info());
    content.flopsPerSecond = flops;
    content.measured = measured;
    content.mistakes = mistakes;
    content.reason = reasonNotToRun();
    // While the data is being looked at a press of Run is kept until the answer is there.
    runAction->setEnabled(content.reason.isEmpty());
    if (content.reason.isEmpty() && probe.pending()) content.reason = tr("Reading the data…");
    summary->show(content);
}

QString SetupPage::Impl::reasonNotToRun() const {
    if (!busy.isEmpty()) return busy;
    if (mistakes.size() == 1) return tr("Fix the mistake above first.");
    if (!mistakes.empty()) return tr("Fix the %1 mistakes above first.").arg(mistakes.size());
    if (!probe.pending() && !probe.info()) return tr("The data has not been read yet.");
    return {};
}

void SetupPage::Impl::start() {
    if (reasonNotToRun().isEmpty()) emit page.runRequested(model.value());
}

void SetupPage::setExperiment(const Experiment& experiment) { impl_->model.replace(experiment); }

const Experiment& SetupPage::experiment() const { return impl_->model.value(); }

void SetupPage::setMeasuredFlops(double flops) {
    if (!isPlausibleSpeed(flops)) return;
    impl_->flops = flops;
    impl_->measured = true;
    impl_->review();
}

void SetupPage::setEngineInfo(const EngineInfo& info) {
    impl_->engine = info;
    impl_->engineAsked = true;
    impl_->machine->setEngineInfo(info);
    impl_->review();
}

QAction* SetupPage::runAction() const { return impl_->runAction; }
QAction* SetupPage::openAction() const { return impl_->openAction; }
QAction* SetupPage::saveAction() const { return impl_->saveAction; }
QAction* SetupPage::undoAction() const { return impl_->undoAction; }
QAction* SetupPage::redoAction() const { return impl_->redoAction; }

void SetupPage::setBusy(const QString& reason) {
    impl_->busy = reason;
    impl_->review();
}

void SetupPage::run() {
    if (!impl_->reasonNotToRun().isEmpty()) return;
    if (impl_->probe.pending())
        impl_->runWhenKnown = true;
    else
        impl_->start();
}

void SetupPage::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    // Marks have colours of their own for dark and light.
    if (event->type() == QEvent::PaletteChange && impl_ && impl_->summary != nullptr) impl_->review();
}

void SetupPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    // After the first paint: loading the engine takes a third of a second of one core.
    if (!impl_->engineAsked) QTimer::singleShot(200, this, [impl = impl_.get()] { impl->askEngine(); });
}

} // namespace dstn::ui
