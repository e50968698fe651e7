#include "ui/live/hypergradient_panel.h"

#include "core/archive/archive.h"
#include "core/archive/run_requests.h"
#include "core/run/engine.h"
#include "core/run/same_data.h"
#include "ui/forms/number_edit.h"
#include "ui/live/changed_data_question.h"
#include "ui/text/number_text.h"

#include <QBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <QtConcurrent>

#include <algorithm>

namespace dstn::ui {

static constexpr std::int64_t most = 1'000'000;

HypergradientSource hypergradientsAt(std::filesystem::path archive, const std::string& run) {
    return [archive = std::move(archive), run](const HypergradientOptions& options, bool acceptChangedData) {
        const Archive opened(archive, Archive::Mode::readOnly);
        RunRequest request = checkpointRequest(opened, run);
        request.acceptChangedData = acceptChangedData;
        return createEngine()->hypergradients(request, options);
    };
}

static QTableView* makeTable(QAbstractItemModel* model, const QString& name, const QString& accessible) {
    auto* table = new QTableView;
    table->setObjectName(name);
    table->setAccessibleName(accessible);
    table->setModel(model);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 9);
    table->horizontalHeader()->setHighlightSections(false);
    return table;
}

HypergradientPanel::HypergradientPanel(const QString& title, HypergradientSource source, QWidget* parent)
    : QWidget(parent, Qt::Window),
      source_(std::move(source)),
      fit_(new NumberEdit(NumberEdit::Kind::integer)),
      reference_(new NumberEdit(NumberEdit::Kind::integer)),
      examples_(new NumberEdit(NumberEdit::Kind::integer)),
      compute_(new QPushButton(tr("&Compute"))),
      status_(new QLabel),
      cosineTable_(makeTable(&cosines_, QStringLiteral("cosines"), tr("Cosines between hypergradients"))),
      valueTable_(
          makeTable(&values_, QStringLiteral("hypergradients"), tr("Hypergradients and their cost"))) {
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Hypergradients: %1").arg(title));
    resize(980, 640);
    const HypergradientOptions usual;
    fit_->setNumber(usual.fitSteps);
    reference_->setNumber(usual.referenceSteps);
    examples_->setNumber(usual.examples);
    auto* row = new QHBoxLayout;
    const auto add = [&](const QString& text, NumberEdit* edit, const QString& name, const QString& toolTip) {
        auto* label = new QLabel(text);
        label->setBuddy(edit);
        label->setToolTip(toolTip);
        edit->setObjectName(name);
        edit->setToolTip(toolTip);
        edit->setMaximumWidth(90);
        row->addWidget(label);
        row->addWidget(edit);
        connect(edit, &QLineEdit::textEdited, this, &HypergradientPanel::review);
        connect(edit, &QLineEdit::returnPressed, compute_, &QPushButton::click);
    };
    add(tr("&Fitting steps"), fit_, QStringLiteral("fitSteps"),
        tr("Training steps that fit a response where the run has none"));
    add(tr("&Reference steps"), reference_, QStringLiteral("referenceSteps"),
        tr("Training steps of the long unrolled reference"));
    add(tr("&Examples"), examples_, QStringLiteral("examples"),
        tr("Maximum number from the training batch and from the validation batch"));
    compute_->setObjectName(QStringLiteral("computeHypergradients"));
    row->addWidget(compute_);
    row->addStretch(1);
    status_->setObjectName(QStringLiteral("hypergradientStatus"));
    status_->setWordWrap(true);
    status_->setTextFormat(Qt::PlainText);
    const auto heading = [](const QString& text) {
        auto* label = new QLabel(text);
        QFont bold = label->font();
        bold.setBold(true);
        label->setFont(bold);
        return label;
    };
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 14, 16, 12);
    layout->addLayout(row);
    layout->addWidget(status_);
    layout->addWidget(heading(tr("Cosines")));
    layout->addWidget(cosineTable_, 1);
    layout->addWidget(heading(tr("dL_V/dλ in unconstrained units, and its cost")));
    layout->addWidget(valueTable_, 1);
    connect(compute_, &QPushButton::clicked, this, &HypergradientPanel::compute);
    connect(&watcher_, &QFutureWatcherBase::finished, this, &HypergradientPanel::answered);
    status_->setText(tr("Runs every method at the run's weights and hyperparameters, on the same examples. "
                        "This takes minutes if training steps are slow."));
    review();
}

void HypergradientPanel::review() {
    QString problem;
    for (const NumberEdit* edit : {fit_, reference_, examples_}) {
        if (problem.isEmpty()) problem = edit->problem();
        if (problem.isEmpty() && (*edit->integer() < 1 || *edit->integer() > most))
            problem = tr("Expected whole numbers from 1 to %1.").arg(countText(most));
    }
    if (!problem.isEmpty()) status_->setText(tr("⚠ %1").arg(problem));
    compute_->setEnabled(problem.isEmpty() && !watcher_.isRunning());
}

void HypergradientPanel::compute() { computeWith(false); }

void HypergradientPanel::computeWith(bool acceptChangedData) {
    if (!compute_->isEnabled()) return;
    const HypergradientOptions options{.fitSteps = *fit_->integer(),
                                       .referenceSteps = *reference_->integer(),
                                       .examples = *examples_->integer()};
    status_->setText(tr("Computing…"));
    watcher_.setFuture(QtConcurrent::run([source = source_, options, acceptChangedData]() -> Answer {
        try {
            return {.report = source(options, acceptChangedData), .error = {}};
        } catch (const ChangedData& error) {
            return {.report = {}, .error = QString::fromUtf8(error.what()), .dataChanged = true};
        } catch (const std::exception& error) {
            return {.report = {}, .error = QString::fromUtf8(error.what())};
        }
    }));
    review();
}

void HypergradientPanel::answered() {
    const Answer answer = watcher_.result();
    compute_->setEnabled(true);
    if (!answer.report) {
        status_->setText(tr("⚠ %1").arg(answer.error));
        if (answer.dataChanged) askAboutChangedData(this, answer.error, [this] { computeWith(true); });
        return;
    }
    status_->setText(tr("After %1 training steps. The last method is the reference; “held” marks "
                        "hyperparameters that a method cannot differentiate. A cosine is taken over the "
                        "hyperparameters that both methods have; for a single one it is ±1.")
                         .arg(countText(answer.report->step)));
    for (const std::string& warning : answer.report->warnings)
        status_->setText(tr("⚠ %1").arg(QString::fromStdString(warning)) + QLatin1Char('\n') +
                         status_->text());
    cosines_.setReport(*answer.report);
    values_.setReport(*answer.report);
    cosineTable_->resizeColumnsToContents();
    valueTable_->resizeColumnsToContents();
}

} // namespace dstn::ui
