#include "ui/live/live_page.h"

#include "core/run/overloaded.h"
#include "ui/live/changed_data_question.h"
#include "ui/live/event_list.h"
#include "ui/live/nudge_panel.h"
#include "ui/live/run_header.h"
#include "ui/live/run_view.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/icons.h"

#include <QAction>
#include <QBoxLayout>
#include <QEvent>
#include <QGroupBox>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>

#include <algorithm>

namespace dstn::ui {

LivePage::LivePage(RunController& controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      stack_(new QStackedWidget),
      empty_(new EmptyState(QStringLiteral("live"), tr("No run yet"),
                            tr("Press Run (Ctrl+R).\nThe curves of the losses and of every hyperparameter "
                               "appear here within seconds."))),
      view_(new RunView),
      banner_(new Banner),
      nudge_(new NudgePanel),
      events_(new EventList),
      splitter_(new QSplitter(Qt::Horizontal)),
      pause_(new QAction(tr("&Pause"), this)),
      stop_(new QAction(tr("&Stop"), this)),
      checkpoint_(new QAction(tr("&Checkpoint"), this)) {
    pause_->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_P));
    stop_->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Period));
    checkpoint_->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_K));
    stop_->setToolTip(tr("End the run after this step; it is kept with a checkpoint (Ctrl+.)"));
    checkpoint_->setToolTip(tr("Save everything needed to resume from here (Ctrl+K)"));

    view_->header()->addControls(makeControls());
    splitter_->addWidget(view_);
    splitter_->addWidget(makeSide());
    splitter_->setStretchFactor(0, 1);
    splitter_->setStretchFactor(1, 0);
    splitter_->setSizes({1000, 270});
    splitter_->setHandleWidth(14);
    splitter_->setChildrenCollapsible(true);
    splitter_->setCollapsible(0, false);

    empty_->setAction(tr("Go to Set up"));
    connect(empty_, &EmptyState::actionChosen, this, &LivePage::setUpRequested);
    stack_->addWidget(empty_);
    stack_->addWidget(splitter_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 14, 16, 12);
    layout->setSpacing(10);
    layout->addWidget(banner_);
    layout->addWidget(stack_, 1);

    connectActions();
    connectController();
    connectView();
    updateActions();
}

QWidget* LivePage::makeControls() {
    auto* controls = new QWidget;
    auto* controlLayout = new QHBoxLayout(controls);
    controlLayout->setContentsMargins(0, 0, 0, 0);
    controlLayout->setSpacing(6);
    for (QAction* action : {pause_, stop_, checkpoint_}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setMinimumHeight(30);
        button->setFocusPolicy(Qt::StrongFocus);
        controlLayout->addWidget(button);
    }
    return controls;
}

QWidget* LivePage::makeSide() {
    auto* nudgeBox = new QGroupBox(tr("Nudge"));
    auto* nudgeLayout = new QVBoxLayout(nudgeBox);
    auto* nudgeScroll = new QScrollArea;
    nudgeScroll->setFrameShape(QFrame::NoFrame);
    nudgeScroll->setWidgetResizable(true);
    nudgeScroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* nudgeSheet = new QWidget;
    auto* nudgeSheetLayout = new QVBoxLayout(nudgeSheet);
    nudgeSheetLayout->setContentsMargins(0, 0, 6, 0);
    nudgeSheetLayout->addWidget(nudge_);
    nudgeSheetLayout->addStretch(1);
    nudgeScroll->setWidget(nudgeSheet);
    // The box's own ground shines through.
    nudgeScroll->viewport()->setAutoFillBackground(false);
    nudgeSheet->setAutoFillBackground(false);
    nudgeLayout->addWidget(nudgeScroll);
    auto* eventBox = new QGroupBox(tr("Events"));
    auto* eventLayout = new QVBoxLayout(eventBox);
    eventLayout->addWidget(events_);
    auto* side = new QSplitter(Qt::Vertical);
    side->setMinimumWidth(236);
    side->addWidget(nudgeBox);
    side->addWidget(eventBox);
    side->setStretchFactor(0, 3);
    side->setStretchFactor(1, 2);
    return side;
}

void LivePage::connectActions() {
    connect(pause_, &QAction::triggered, this, [this] {
        // Pressing again before the engine has confirmed takes the command back.
        const bool halted =
            controller_.pending() == Pending::pausing ||
            (controller_.state() == RunState::paused && controller_.pending() != Pending::resuming);
        if (halted)
            controller_.resume();
        else
            controller_.pause();
    });
    connect(stop_, &QAction::triggered, &controller_, &RunController::stop);
    connect(checkpoint_, &QAction::triggered, &controller_, &RunController::takeCheckpoint);
    connect(nudge_, &NudgePanel::nudged, &controller_, &RunController::setHyperparameter);
}

void LivePage::connectController() {
    connect(&controller_, &RunController::eventArrived, this, &LivePage::feed);
    connect(&controller_, &RunController::pendingChanged, this, [this](Pending pending) {
        if (pending == Pending::starting) {
            banner_->hide();
            // A resumed run goes on beneath what is known of it.
            if (resuming_.isEmpty()) {
                view_->clear();
                events_->clear();
            }
            resuming_.clear();
            showRun(true);
        }
        view_->setPending(pending);
        updateActions();
    });
    connect(&controller_, &RunController::stateChanged, this, [this](RunState state, const QString& reason) {
        // A pause that nobody asked for, or a failure, needs to be seen at once.
        if (state == RunState::failed || (state == RunState::paused && !reason.isEmpty()))
            banner_->showMessage(reason, state == RunState::failed ? Tone::bad : Tone::warning);
        updateActions();
    });
    connect(&controller_, &RunController::recordingTroubled, this,
            [this](const QString& message) { banner_->showMessage(message, Tone::bad); });
    connect(&controller_, &RunController::failed, this, [this](const QString& message) {
        banner_->showMessage(message, Tone::bad);
        // A new run; one that could not be resumed is as it was.
        if (view_->summary().run.isEmpty() && !controller_.isActive())
            feed(StateChanged{.state = RunState::failed, .reason = message.toStdString()});
    });
    connect(&controller_, &RunController::runFinished, this, [this](const RunFinished& finished) {
        if (!finished.dataChanged) return;
        askAboutChangedData(this, QString::fromStdString(finished.message), [this] {
            // What is known of a resumed run stays.
            if (controller_.isIdle() && view_->summary().run == controller_.run())
                resuming_ = controller_.run();
            controller_.continueWithChangedData();
        });
    });
    connect(&controller_, &RunController::idled, this, &LivePage::updateActions);
}

void LivePage::connectView() {
    connect(view_, &RunView::opened, this, [this] {
        if (resuming_.isEmpty()) return;
        events_->showEarlier(view_->archivedEvents());
        controller_.resumeFromArchive(resuming_);
    });
    connect(view_, &RunView::openFailed, this, [this](const QString& message) {
        resuming_.clear();
        banner_->showMessage(message, Tone::bad);
        showRun(false);
    });
    connect(view_, &RunView::exported, this,
            [this](const QString& path) { banner_->showMessage(tr("Saved as %1").arg(path), Tone::good); });
    connect(view_, &RunView::exportFailed, this,
            [this](const QString& message) { banner_->showMessage(message, Tone::bad); });
}

void LivePage::resumeFromArchive(const QString& run) {
    if (!controller_.isIdle()) {
        banner_->showMessage(tr("A run is already in progress. Stop it before you resume another one."),
                             Tone::warning);
        return;
    }
    banner_->hide();
    resuming_ = run;
    showRun(true);
    view_->open(controller_.archive(), run);
}

void LivePage::feed(const Event& event) {
    view_->feed(event);
    events_->feed(event);
    std::visit(
        overloaded{[&](const RunStarted& started) {
                       nudge_->setHyperparameters(started.experiment.hyperparameters);
                   },
                   [&](const HyperparametersSampled& sampled) {
                       const std::vector<Hyperparameter>& declared = view_->experiment().hyperparameters;
                       for (std::size_t i = 0; i < std::min(declared.size(), sampled.points.size()); ++i)
                           nudge_->showValue(declared[i].name, sampled.points[i].value);
                   },
                   [&](const HyperparameterSet& set) { nudge_->confirm(set); },
                   [&](const LogLine& line) {
                       if (line.level != LogLevel::info)
                           banner_->showMessage(QString::fromStdString(line.text),
                                                line.level == LogLevel::error ? Tone::bad : Tone::warning);
                   },
                   ignore<SamplesTaken, ProgressMade, EpochFinished, StateChanged, CheckpointTaken,
                          RunFinished, LoadingProgressed>},
        event);
}

void LivePage::updateActions() {
    const bool active = controller_.isActive();
    const Pending pending = controller_.pending();
    const bool stopping = pending == Pending::stopping;
    const bool halted = pending == Pending::pausing ||
                        (controller_.state() == RunState::paused && pending != Pending::resuming);
    pause_->setText(active && halted ? tr("Res&ume") : tr("&Pause"));
    pause_->setIcon(
        themedIcon(active && halted ? QStringLiteral("run") : QStringLiteral("pause"), palette()));
    pause_->setToolTip(active && halted ? tr("Resume (Ctrl+P)") : tr("Pause after this step (Ctrl+P)"));
    stop_->setIcon(themedIcon(QStringLiteral("stop"), palette()));
    checkpoint_->setIcon(themedIcon(QStringLiteral("checkpoint"), palette()));
    pause_->setEnabled(active && !stopping);
    stop_->setEnabled(active && !stopping);
    checkpoint_->setEnabled(active && !stopping);
    nudge_->setActive(active && !stopping);
}

void LivePage::showRun(bool any) {
    stack_->setCurrentWidget(any ? static_cast<QWidget*>(splitter_) : empty_);
}

void LivePage::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) updateActions();
}

QByteArray LivePage::saveLayout() const { return splitter_->saveState(); }
void LivePage::restoreLayout(const QByteArray& layout) { splitter_->restoreState(layout); }

} // namespace dstn::ui
