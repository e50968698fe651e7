#include "ui/archive/run_preview.h"

#include "ui/text/number_text.h"
#include "ui/text/run_text.h"
#include "ui/widgets/json_view.h"
#include "ui/widgets/state_icon.h"

#include <QDateTime>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QStackedLayout>
#include <QTabWidget>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace dstn::ui {

namespace {

constexpr int typingPause = 400;

/// A tree of headings and rows: what, and one or more values.
QTreeWidget* makeTable(const QStringList& headers, QWidget* parent) {
    auto* table = new QTreeWidget(parent);
    table->setHeaderLabels(headers);
    table->setRootIsDecorated(false);
    table->setIndentation(0);
    table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    table->setTextElideMode(Qt::ElideRight);
    table->setUniformRowHeights(true);
    table->setAlternatingRowColors(true);
    return table;
}

void addHeading(QTreeWidget* table, const QString& text) {
    auto* item = new QTreeWidgetItem(table, {text});
    QFont font = table->font();
    font.setBold(true);
    item->setFont(0, font);
    item->setFlags(Qt::ItemIsEnabled);
    item->setFirstColumnSpanned(true);
}

void addRow(QTreeWidget* table, const QStringList& cells) {
    if (std::all_of(cells.begin() + 1, cells.end(), [](const QString& c) { return c.isEmpty(); })) return;
    auto* item = new QTreeWidgetItem(table, cells);
    for (int i = 0; i < cells.size(); ++i) item->setToolTip(i, cells[i]);
}

std::optional<double> valueOf(const std::vector<std::pair<std::string, double>>& values,
                              const std::string& name) {
    for (const auto& [key, value] : values)
        if (key == name) return value;
    return std::nullopt;
}

const EpochResult* bestOf(const RunDetails& details) {
    if (details.epochs.empty()) return nullptr;
    for (const EpochResult& epoch : details.epochs)
        if (details.row.bestEpoch && epoch.epoch == *details.row.bestEpoch) return &epoch;
    return nullptr;
}

} // namespace

/// For the headings.
static QFont largeFont(QFont font) {
    font.setPointSizeF(font.pointSizeF() * 1.2);
    font.setBold(true);
    return font;
}

RunPreview::RunPreview(QWidget* parent)
    : QWidget(parent),
      pages_(new QStackedLayout(this)),
      nothing_(new QLabel(this)),
      title_(new QLabel(this)),
      stateSign_(new QLabel(this)),
      state_(new QLabel(this)),
      tags_(new QLineEdit(this)),
      note_(new QPlainTextEdit(this)),
      tabs_(new QTabWidget(this)),
      values_(makeTable({tr("Value"), tr("Best epoch"), tr("Last epoch")}, this)),
      configuration_(new JsonView(this)),
      events_(makeTable({tr("When"), tr("What")}, this)),
      severalTitle_(new QLabel(this)),
      severalTags_(new QLineEdit(this)) {
    nothing_->setText(tr("Select a run to see its values, configuration and events."));
    nothing_->setWordWrap(true);
    nothing_->setAlignment(Qt::AlignCenter);
    nothing_->setForegroundRole(QPalette::PlaceholderText);
    nothing_->setMargin(24);
    setUpFields();
    setUpTabs();
    pages_->addWidget(nothing_);
    pages_->addWidget(makePageOfOne());
    pages_->addWidget(makePageOfSeveral());

    typing_.setSingleShot(true);
    typing_.setInterval(typingPause);
    connect(&typing_, &QTimer::timeout, this, &RunPreview::flush);
    connect(note_, &QPlainTextEdit::textChanged, this, [this] { typing_.start(); });
    connect(tags_, &QLineEdit::textEdited, this, [this] { typing_.start(); });
    connect(tags_, &QLineEdit::editingFinished, this, &RunPreview::flush);
    connect(tags_, &QLineEdit::returnPressed, this, &RunPreview::tagsDone);
    connect(severalTags_, &QLineEdit::returnPressed, this, [this] {
        if (severalTags_->text().trimmed().isEmpty()) return;
        emit tagsAdded(several_, severalTags_->text());
        severalTags_->clear();
        emit tagsDone();
    });
    showNothing();
}

void RunPreview::setUpFields() {
    title_->setFont(largeFont(title_->font()));
    title_->setWordWrap(true);
    title_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    state_->setWordWrap(true);
    state_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    tags_->setPlaceholderText(tr("Tags, separated by commas"));
    tags_->setAccessibleName(tr("Tags"));
    tags_->setObjectName(QStringLiteral("tags"));
    note_->setPlaceholderText(tr("Note: what you tried and what you saw. Saved as you type."));
    note_->setAccessibleName(tr("Note"));
    note_->setObjectName(QStringLiteral("note"));
    note_->setTabChangesFocus(true);
    note_->setFixedHeight(4 * fontMetrics().lineSpacing() + 12);
}

void RunPreview::setUpTabs() {
    tabs_->setDocumentMode(true);
    tabs_->addTab(values_, tr("Values"));
    tabs_->addTab(configuration_, tr("Configuration"));
    tabs_->addTab(events_, tr("Events"));
    values_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    values_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    values_->header()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
    values_->header()->setStretchLastSection(false);
    values_->setObjectName(QStringLiteral("values"));
    // Names that begin alike ("dropout_first", "dropout_second") still differ at their ends.
    values_->setTextElideMode(Qt::ElideMiddle);
    events_->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
}

QWidget* RunPreview::makePageOfOne() {
    auto* page = new QWidget(this);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(8, 4, 4, 4);
    column->addWidget(title_);
    auto* stateRow = new QHBoxLayout;
    stateRow->addWidget(stateSign_, 0, Qt::AlignTop);
    stateRow->addWidget(state_, 1);
    column->addLayout(stateRow);
    column->addWidget(tags_);
    column->addWidget(note_);
    column->addWidget(tabs_, 1);
    return page;
}

QWidget* RunPreview::makePageOfSeveral() {
    auto* several = new QWidget(this);
    auto* severalColumn = new QVBoxLayout(several);
    severalColumn->setContentsMargins(8, 4, 4, 4);
    severalTitle_->setFont(largeFont(severalTitle_->font()));
    auto* severalHint = new QLabel(
        tr("Ctrl+Shift+C overlays their curves and shows the differences between their configurations."),
        several);
    severalHint->setWordWrap(true);
    severalTags_->setPlaceholderText(tr("Tags to add to all of them; press Enter"));
    severalTags_->setAccessibleName(tr("Add tags to all selected runs"));
    severalTags_->setObjectName(QStringLiteral("severalTags"));
    severalColumn->addWidget(severalTitle_);
    severalColumn->addWidget(severalHint);
    severalColumn->addWidget(severalTags_);
    severalColumn->addStretch(1);
    return several;
}

RunPreview::~RunPreview() = default;

void RunPreview::flush() {
    typing_.stop();
    if (run_.isEmpty()) return;
    const std::string note = note_->toPlainText().toStdString();
    if (note != noteShown_) {
        noteShown_ = note;
        emit noteEdited(run_, QString::fromStdString(note));
    }
    if (tagsFromText(tags_->text()) != tagsFromText(QString::fromStdString(tagsShown_))) {
        tagsShown_ = tags_->text().toStdString();
        emit tagsEdited(run_, tags_->text());
    }
}

void RunPreview::showNothing() {
    flush();
    run_.clear();
    several_.clear();
    pages_->setCurrentIndex(0);
}

void RunPreview::showSeveral(const QStringList& runs) {
    flush();
    run_.clear();
    several_ = runs;
    severalTitle_->setText(tr("%1 runs selected").arg(runs.size()));
    pages_->setCurrentIndex(2);
}

void RunPreview::fillTags(const RunRow& row) {
    tagsShown_ = tagsText(row).toStdString();
    tags_->setText(QString::fromStdString(tagsShown_));
}

void RunPreview::showRun(const RunRow& row) {
    const QString id = QString::fromStdString(row.id);
    const bool other = id != run_;
    if (other) {
        flush();
        run_ = id;
        values_->clear();
        events_->clear();
        configuration_->setJson({});
    }
    several_.clear();
    pages_->setCurrentIndex(1);
    title_->setText(QString::fromStdString(row.name));
    title_->setToolTip(id);
    stateSign_->setPixmap(stateIcon(row.state).pixmap(QSize(16, 16), devicePixelRatioF()));
    QString line = stateText(row.state);
    const QDateTime created = momentOf(row.created);
    if (created.isValid())
        line += QStringLiteral(" · %1 (%2)")
                    .arg(whenText(created), relativeText(created, QDateTime::currentDateTimeUtc()));
    if (row.seconds > 0.0) line += QStringLiteral(" · ") + durationText(row.seconds);
    if (!row.reason.empty()) line += QStringLiteral("\n") + QString::fromStdString(row.reason);
    state_->setText(line);
    // What a person is typing is newer than what the archive says.
    if (other || (!typing_.isActive() && !tags_->hasFocus())) fillTags(row);
    if (other || (!typing_.isActive() && row.note != noteShown_)) {
        const QSignalBlocker quiet(note_);
        noteShown_ = row.note;
        if (note_->toPlainText().toStdString() != row.note)
            note_->setPlainText(QString::fromStdString(row.note));
    }
}

void RunPreview::showDetails(const RunDetails& details) {
    if (QString::fromStdString(details.row.id) != run_) return;
    const int scrolled = values_->verticalScrollBar()->value();
    values_->setUpdatesEnabled(false);
    values_->clear();
    const EpochResult* const best = bestOf(details);
    const EpochResult* const last = details.epochs.empty() ? nullptr : &details.epochs.back();
    const auto both = [&](const QString& title, auto&& textOf) {
        addRow(values_, {title, best ? textOf(*best) : QString(), last ? textOf(*last) : QString()});
    };
    addHeading(values_, tr("Metrics"));
    if (!last) addRow(values_, {tr("No epoch has been evaluated yet"), QStringLiteral(" ")});
    both(tr("epoch"), [](const EpochResult& e) { return countText(e.epoch); });
    both(tr("val. loss"), [](const EpochResult& e) { return valueText(e.validationLoss); });
    // The token accuracy of a language model is not a figure of merit.
    const bool language = details.row.language;
    const auto perplexity = [language](const std::optional<double>& loss) {
        return language && loss ? valueText(perplexityOf(*loss)) : QString();
    };
    const auto accuracy = [language](const std::optional<double>& value) {
        return !language && value ? percentText(*value) : QString();
    };
    both(tr("val. perplexity"), [&](const EpochResult& e) { return perplexity(e.validationLoss); });
    both(tr("val. accuracy"), [&](const EpochResult& e) { return accuracy(e.validationAccuracy); });
    both(tr("training loss"), [](const EpochResult& e) { return valueText(e.trainLoss); });
    both(tr("training perplexity"), [&](const EpochResult& e) { return perplexity(e.trainLoss); });
    both(tr("training accuracy"), [&](const EpochResult& e) { return accuracy(e.trainAccuracy); });
    both(tr("test loss"), [](const EpochResult& e) { return valueText(e.testLoss); });
    both(tr("test perplexity"), [&](const EpochResult& e) { return perplexity(e.testLoss); });
    both(tr("test accuracy"), [&](const EpochResult& e) { return accuracy(e.testAccuracy); });
    if (last && !last->hyperparameters.empty()) {
        addHeading(values_, tr("Hyperparameters"));
        for (const auto& entry : last->hyperparameters)
            both(QString::fromStdString(entry.first), [&](const EpochResult& e) {
                QString text = valueText(valueOf(e.hyperparameters, entry.first));
                if (const auto scale = valueOf(e.scales, entry.first))
                    text +=
                        QStringLiteral("  σ %1").arg(roundedText(*scale, 2)); // its size is enough to know
                return text;
            });
    }
    addHeading(values_, tr("Run"));
    const auto fact = [&](const QString& title, const QString& value) {
        if (value.isEmpty()) return;
        auto* item = new QTreeWidgetItem(values_, {QStringLiteral("%1: %2").arg(title, value)});
        item->setFirstColumnSpanned(true);
        item->setToolTip(0, value);
    };
    const RunRow& row = details.row;
    fact(tr("steps"), row.stepsTotal > 0 ? tr("%1 of %2").arg(countText(row.steps), countText(row.stepsTotal))
                                         : countText(row.steps));
    fact(tr("data"), QString::fromStdString(row.dataName));
    fact(tr("data read"), QString::fromStdString(identityText(details.data)));
    fact(tr("model"), QString::fromStdString(row.modelName));
    fact(tr("method"), QString::fromStdString(row.method));
    const Environment& where = details.environment;
    fact(tr("device"), QString::fromStdString(where.device));
    fact(tr("hardware"), QString::fromStdString(where.deviceName));
    fact(tr("host"), QString::fromStdString(where.host));
    fact(tr("threads"), where.threads > 0 ? countText(where.threads) : QString());
    fact(tr("LibTorch"), QString::fromStdString(where.torchVersion));
    fact(tr("BLAS"), QString::fromStdString(where.blas));
    fact(tr("workbench"), QString::fromStdString(where.programVersion));
    fact(tr("run"), shortId(row.id));
    if (!details.amendments.empty()) addHeading(values_, tr("Changed on resuming"));
    for (const Amendment& each : details.amendments) {
        const auto text = [](const std::string& json) {
            return json.empty() ? tr("nothing") : QString::fromStdString(json);
        };
        fact(each.path.empty() ? tr("the whole experiment") : QString::fromStdString(each.path),
             tr("%1, was %2; after step %3").arg(text(each.after), text(each.before), countText(each.step)));
    }
    values_->setUpdatesEnabled(true);
    values_->verticalScrollBar()->setValue(scrolled);

    configuration_->setJson(QString::fromStdString(details.experimentJson));

    // Events are only ever added.
    for (int i = events_->topLevelItemCount(); i < static_cast<int>(details.events.size()); ++i) {
        const auto& [time, text] = details.events[static_cast<std::size_t>(i)];
        const QDateTime moment = momentOf(time);
        addRow(events_, {moment.isValid() ? moment.toLocalTime().toString(QStringLiteral("HH:mm:ss"))
                                          : QString::fromStdString(time),
                         QString::fromStdString(text)});
        if (moment.isValid())
            events_->topLevelItem(events_->topLevelItemCount() - 1)->setToolTip(0, secondText(moment));
    }
}

void RunPreview::focusTags() {
    QLineEdit* const field = run_.isEmpty() ? severalTags_ : tags_;
    field->setFocus();
    field->end(false);
}

void RunPreview::focusNote() { note_->setFocus(); }

} // namespace dstn::ui
