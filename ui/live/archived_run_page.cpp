#include "ui/live/archived_run_page.h"

#include "ui/live/hypergradient_panel.h"
#include "ui/live/run_header.h"
#include "ui/live/run_view.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/icons.h"

#include <QBoxLayout>
#include <QEvent>
#include <QPushButton>

#include <utility>

namespace dstn::ui {

ArchivedRunPage::ArchivedRunPage(std::filesystem::path archive, QWidget* parent)
    : QWidget(parent),
      archive_(std::move(archive)),
      view_(new RunView),
      banner_(new Banner),
      back_(new QPushButton(tr("&Back to the archive"))),
      resume_(new QPushButton(tr("Res&ume"))),
      duplicate_(new QPushButton(tr("&Duplicate"))),
      hypergradients_(new QPushButton(tr("Hyper&gradients…"))) {
    back_->setShortcut(QKeySequence(Qt::ALT | Qt::Key_Left));
    back_->setToolTip(tr("Back to the list of runs (Alt+Left)"));
    resume_->setToolTip(tr("Resume this run from its last checkpoint"));
    hypergradients_->setToolTip(
        tr("Compare the hypergradients of all methods at this run's last checkpoint"));
    hypergradients_->setEnabled(false);
    connect(hypergradients_, &QPushButton::clicked, this, [this] {
        const RunSummary& run = view_->summary();
        auto* panel =
            new HypergradientPanel(run.name, hypergradientsAt(archive_, run.run.toStdString()), window());
        panel->show();
    });
    duplicate_->setToolTip(tr("Load this run's experiment into Set up"));
    auto* controls = new QWidget;
    auto* row = new QHBoxLayout(controls);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(6);
    for (QPushButton* button : {resume_, duplicate_, hypergradients_, back_}) row->addWidget(button);
    view_->header()->addControls(controls);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 14, 16, 12);
    layout->setSpacing(10);
    layout->addWidget(banner_);
    layout->addWidget(view_, 1);
    resume_->setEnabled(false);
    duplicate_->setEnabled(false);
    connect(back_, &QPushButton::clicked, this, &ArchivedRunPage::closed);
    connect(resume_, &QPushButton::clicked, this, [this] { emit resumeRequested(view_->summary().run); });
    connect(duplicate_, &QPushButton::clicked, this,
            [this] { emit duplicateRequested(view_->experimentJson()); });
    connect(view_, &RunView::opened, this, [this] {
        resume_->setEnabled(view_->isResumable());
        duplicate_->setEnabled(true);
        hypergradients_->setEnabled(true);
    });
    connect(view_, &RunView::openFailed, this,
            [this](const QString& message) { banner_->showMessage(message, Tone::bad); });
    connect(view_, &RunView::exportFailed, this,
            [this](const QString& message) { banner_->showMessage(message, Tone::bad); });
    connect(view_, &RunView::exported, this,
            [this](const QString& path) { banner_->showMessage(tr("Saved as %1").arg(path), Tone::good); });
    restyle();
}

void ArchivedRunPage::open(const QString& run) {
    banner_->hide();
    resume_->setEnabled(false);
    duplicate_->setEnabled(false);
    hypergradients_->setEnabled(false);
    view_->open(archive_, run);
}

void ArchivedRunPage::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) restyle();
}

void ArchivedRunPage::restyle() {
    back_->setIcon(themedIcon(QStringLiteral("back"), palette()));
    resume_->setIcon(themedIcon(QStringLiteral("run"), palette()));
    duplicate_->setIcon(themedIcon(QStringLiteral("duplicate"), palette()));
}

} // namespace dstn::ui
