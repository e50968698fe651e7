#include "ui/setup/data_section.h"

#include "core/experiment/data_fields.h"
#include "ui/text/number_text.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>

#include <algorithm>

namespace dstn::ui {

QString describeData(const DataInfo& info, TextLevel level) {
    if (info.task == TaskKind::language) {
        const QString parts =
            info.test > 0 ? QObject::tr("%1 training tokens, %2 for validation, %3 for testing")
                                .arg(countText(info.train), countText(info.validation), countText(info.test))
                          : QObject::tr("%1 training tokens, %2 for validation, no test split")
                                .arg(countText(info.train), countText(info.validation));
        return (level == TextLevel::word ? QObject::tr("%1; %2 different words")
                                         : QObject::tr("%1; %2 different characters"))
            .arg(parts, countText(info.vocabulary));
    }
    QString text =
        QObject::tr("%1 training, %2 validation").arg(countText(info.train), countText(info.validation));
    text = info.test > 0 ? QObject::tr("%1 and %2 test examples").arg(text, countText(info.test))
                         : QObject::tr("%1 examples, no test split").arg(text);
    const QString shape = QString::fromStdString(shapeText(info.input));
    if (info.task == TaskKind::classification)
        return QObject::tr("%1; each %2, %3 classes").arg(text, shape, countText(info.outputs));
    return QObject::tr("%1; each %2, regression on %3")
        .arg(text, shape)
        .arg(info.outputs == 1 ? QObject::tr("one number") : QObject::tr("%1 numbers").arg(info.outputs));
}

/// The same, with what was decided about the data and what to look at.
static QString describeFindings(const DataInfo& info, TextLevel level) {
    QStringList lines{describeData(info, level)};
    for (const std::string& warning : info.warnings)
        lines.append(QStringLiteral("⚠ ") + QString::fromStdString(warning));
    for (const std::string& decision : info.decisions) lines.append(QString::fromStdString(decision));
    return lines.join(u'\n');
}

/// The words on the page for an option or a choice; one without a line here goes by its own name.
struct Words {
    const char* of;
    QString text;
};
static QString worded(const std::vector<Words>& words, const QString& of, const QString& otherwise) {
    for (const Words& one : words)
        if (of == QLatin1String(one.of)) return one.text;
    return otherwise;
}

static QString labelOf(const FieldOption& option) {
    static const std::vector<Words> words{{"source", QObject::tr("&Source")},
                                          {"path", QObject::tr("Pa&th")},
                                          {"validation", QObject::tr("Val&idation share")},
                                          {"test", QObject::tr("Test share")},
                                          {"split", QObject::tr("Validation part")},
                                          {"normalize", QObject::tr("Normalise")},
                                          {"level", QObject::tr("Tokens")},
                                          {"min_count", QObject::tr("Minimum count")},
                                          {"decimal", QObject::tr("Decimals")},
                                          {"missing", QObject::tr("Missing values")},
                                          {"on_missing", QObject::tr("On missing values")},
                                          {"ignore", QObject::tr("Ignored columns")},
                                          {"sequence", QObject::tr("Sequence length")}};
    return worded(words, option.key, option.title);
}

static QString choiceText(const QString& key, const QString& choice) {
    static const std::vector<Words> words{
        {"source.fashion-mnist", QObject::tr("Fashion-MNIST")},
        {"source.idx", QObject::tr("Folder of IDX files")},
        {"source.cifar10", QObject::tr("CIFAR-10")},
        {"source.cifar100", QObject::tr("CIFAR-100")},
        {"source.image-folder", QObject::tr("Folder of images")},
        {"source.csv", QObject::tr("CSV file")},
        {"source.numpy", QObject::tr("NumPy arrays")},
        {"source.text", QObject::tr("Text")},
        {"source.synthetic-regression", QObject::tr("Synthetic regression")},
        {"source.synthetic-classification", QObject::tr("Synthetic classification")},
        {"split.auto", QObject::tr("Automatic")},
        {"split.given", QObject::tr("The data's own part")},
        {"split.stratified", QObject::tr("A share of each class")},
        {"split.random", QObject::tr("Random, by the seed")},
        {"split.tail", QObject::tr("Last examples")},
        {"folders.auto", QObject::tr("Automatic")},
        {"folders.parts", QObject::tr("Parts of the data")},
        {"folders.classes", QObject::tr("Classes")},
        {"layout.auto", QObject::tr("Automatic")},
        {"layout.NHWC", QObject::tr("Channels last, NHWC")},
        {"layout.NCHW", QObject::tr("Channels first, NCHW")},
        {"normalize.unit", QObject::tr("To [0, 1]")},
        {"normalize.standardize", QObject::tr("Standardise")},
        {"normalize.none", QObject::tr("Unchanged")},
        {"delimiter.auto", QObject::tr("Automatic")},
        {"header.auto", QObject::tr("Automatic")},
        {"header.true", QObject::tr("First line is a header")},
        {"header.false", QObject::tr("None")},
        {"decimal.auto", QObject::tr("Automatic")},
        {"decimal.point", QObject::tr("1.5")},
        {"decimal.comma", QObject::tr("1,5")},
        {"on_missing.refuse", QObject::tr("Refuse the file")},
        {"on_missing.drop", QObject::tr("Drop the rows")},
        {"on_missing.mean", QObject::tr("Column's mean")},
        {"task.auto", QObject::tr("Automatic")},
        {"level.word", QObject::tr("Words")},
        {"level.character", QObject::tr("Characters")}};
    const QString plain = QString(choice).replace(u'-', u' ').replace(u'_', u' ');
    return worded(words, key + u'.' + choice, plain.left(1).toUpper() + plain.mid(1));
}

static QString zeroText(const QString& key) {
    static const std::vector<Words> words{{"limit", QObject::tr("all")},
                                          {"vocabulary", QObject::tr("all")},
                                          {"image_size", QObject::tr("unchanged")}};
    return worded(words, key, {});
}

/// What an empty text stands for.
static QString emptyText(const QString& key, DataSource source) {
    if (key == u"path") return QObject::tr("the package's folder");
    if (key == u"ignore" || key == u"thousands") return QObject::tr("none");
    if (key == u"missing") return QObject::tr("empty cells alone");
    if (source == DataSource::csv) return QObject::tr("the last column");
    return QObject::tr("detected by its name");
}

/// Every option that any source has, each once, in the order of the documents.
static std::vector<FieldOption> optionsOfAllSources() {
    std::vector<FieldOption> all;
    for (const auto& source : sourceOptions) {
        std::size_t next = 0;
        for (const FieldOption& option : optionsOf(DataSpec{.source = source.value})) {
            const auto known = std::ranges::find(all, option.key, &FieldOption::key);
            if (known != all.end()) {
                next = std::size_t(known - all.begin()) + 1;
            } else {
                all.insert(all.begin() + std::ptrdiff_t(next), option);
                ++next;
            }
        }
    }
    return all;
}

DataSection::DataSection(ExperimentModel& model, MarkBoard& board, const DataProbe& probe, QWidget* parent)
    : Section(tr("Data"), model, board, parent), probe_(probe) {
    QGridLayout* grid = addGrid();
    for (const FieldOption& option : optionsOfAllSources()) addField(grid, option);
    onChange([this](const Experiment& experiment, bool replaced) { showValues(experiment, replaced); });

    found_ = addNote();
    found_->setObjectName(QStringLiteral("found"));
    connect(&probe_, &DataProbe::changed, this, &DataSection::showFound);
    showFound();
}

void DataSection::addField(QGridLayout* grid, const FieldOption& option) {
    const OptionWording wording{
        .zero = zeroText(option.key),
        .choice = [key = option.key](const QString& choice) { return choiceText(key, choice); }};
    auto* field = new OptionField(option, MarkedField::Size::full, wording);
    const QString path = QStringLiteral("data.%1").arg(option.key);
    field->editor()->setObjectName(path);
    board().add(path, field);
    connect(field, &OptionField::edited, this, [this, field](const QString& text) { apply(field, text); });
    if (option.key == u"path") {
        // A word would leave the path too little room in a narrow column.
        browse_ = new QPushButton(QStringLiteral("…"));
        browse_->setAccessibleName(tr("Browse"));
        browse_->setShortcut(Qt::ALT | Qt::Key_B);
        browse_->setFixedWidth(browse_->fontMetrics().horizontalAdvance(QStringLiteral("…")) + 30);
        browse_->setObjectName(QStringLiteral("browse"));
        field->setTrailing(browse_);
        connect(browse_, &QPushButton::clicked, this,
                [this] { browse(traitsOf(model().value().data.source).path != PathKind::file); });
    }
    if (option.kind == FieldOption::Kind::boolean)
        grid->addWidget(field, grid->rowCount(), 0, 1, 2);
    else
        addRow(grid, labelOf(option), field);
    fields_.push_back(field);
}

void DataSection::apply(OptionField* field, const QString& text) {
    DataSpec spec = model().value().data;
    const bool hadProblem = !field->inputProblem().isEmpty();
    field->setInputProblem(setOption(spec, field->key(), text));
    if (field->inputProblem().isEmpty()) {
        // One source's folder is another one's mistake.
        if (spec.source != model().value().data.source) spec.path.clear();
        const bool choice = field->option().kind == FieldOption::Kind::choice;
        model().edit(choice ? QString() : QStringLiteral("data.%1").arg(field->key()),
                     [&spec](Experiment& experiment) { experiment.data = spec; });
    }
    if (hadProblem || !field->inputProblem().isEmpty()) emit board().inputProblemsChanged();
}

void DataSection::showValues(const Experiment& experiment, bool replaced) {
    const std::vector<FieldOption> options = optionsOf(experiment.data);
    for (OptionField* field : fields_) {
        const auto here = std::ranges::find(options, field->key(), &FieldOption::key);
        field->setApplicable(here != options.end());
        if (here == options.end()) {
            field->setInputProblem({});
            continue;
        }
        field->setMeaning(here->toolTip);
        field->showValue(optionText(experiment.data, field->key()).value_or(QString()), replaced);
        if (here->kind == FieldOption::Kind::text)
            qobject_cast<QLineEdit*>(field->editor())
                ->setPlaceholderText(here->required ? QString()
                                                    : emptyText(field->key(), experiment.data.source));
    }
    refreshBrowse(experiment.data.source);
}

/// Where a file or a folder will do, the button asks which.
void DataSection::refreshBrowse(DataSource source) {
    const PathKind path = traitsOf(source).path;
    const bool either = path == PathKind::either;
    browse_->setToolTip(path == PathKind::file ? tr("Choose the file (Alt+B)")
                        : either               ? tr("Choose the file or the folder (Alt+B)")
                                               : tr("Choose the folder (Alt+B)"));
    if (either == (browse_->menu() != nullptr)) return;
    if (!either) {
        browse_->menu()->deleteLater();
        browse_->setMenu(nullptr);
        return;
    }
    auto* menu = new QMenu(browse_);
    menu->addAction(tr("A &file…"), this, [this] { browse(false); });
    menu->addAction(tr("A f&older…"), this, [this] { browse(true); });
    browse_->setMenu(menu);
}

static QString filesOf(DataSource source) {
    const QString all = QObject::tr("All files (*)");
    const std::string_view own = traitsOf(source).files;
    return own.empty() ? all : QString::fromUtf8(own) + QStringLiteral(";;") + all;
}

void DataSection::browse(bool folder) {
    const DataSpec& spec = model().value().data;
    const QString current = QString::fromStdString(spec.path);
    const QString meaning = QString::fromUtf8(traitsOf(spec.source).pathMeaning);
    const QString chosen =
        folder ? QFileDialog::getExistingDirectory(this, meaning, current)
               : QFileDialog::getOpenFileName(this, meaning, QFileInfo(current).path(), filesOf(spec.source));
    if (chosen.isEmpty()) return;
    model().edit({}, [&chosen](Experiment& experiment) { experiment.data.path = chosen.toStdString(); });
}

void DataSection::showFound() {
    if (!probe_.error().isEmpty())
        found_->setText(tr("⚠ The data cannot be read."));
    else if (probe_.info())
        found_->setText(describeFindings(*probe_.info(), model().value().data.level));
    else if (probe_.pending())
        found_->setText(tr("Reading the data…"));
    else
        found_->setText(tr("The data has not been read yet."));
}

} // namespace dstn::ui
