#include "ui/setup/data_section.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QPushButton>

namespace dstn {

QString describeData(const DataInfo& info) {
    QString text = QObject::tr("%1 training, %2 validation")
                       .arg(groupedDigits(info.train), groupedDigits(info.validation));
    text = info.test > 0 ? QObject::tr("%1 and %2 test examples").arg(text, groupedDigits(info.test))
                         : QObject::tr("%1 examples, no test part").arg(text);
    const QString shape = QString::fromStdString(shapeText(info.input));
    if (info.task == TaskKind::classification)
        return QObject::tr("%1; each %2, %3 classes").arg(text, shape, groupedDigits(info.outputs));
    return QObject::tr("%1; each %2, regression on %3")
        .arg(text, shape)
        .arg(info.outputs == 1 ? QObject::tr("one number") : QObject::tr("%1 numbers").arg(info.outputs));
}

static bool synthetic(DataSource source) {
    return source == DataSource::syntheticRegression || source == DataSource::syntheticClassification;
}

DataSection::DataSection(ExperimentModel& model, MarkBoard& board, const DataProbe& probe, QWidget* parent)
    : Section(tr("Data"), model, board, parent), probe_(probe) {
    QGridLayout* grid = addGrid();
    const auto applies = [this](MarkedField* field, auto when) {
        onChange([field, when](const Experiment& experiment, bool) {
            field->setApplicable(when(experiment.data.source));
        });
    };

    addRow(grid, tr("&Source"),
           choiceField<DataSource>(
               QStringLiteral("data.source"), tr("Where the examples come from."),
               {{DataSource::fashionMnist, tr("Fashion-MNIST")},
                {DataSource::idx, tr("Folder of IDX files")},
                {DataSource::csv, tr("CSV file")},
                {DataSource::syntheticRegression, tr("Synthetic regression")},
                {DataSource::syntheticClassification, tr("Synthetic classification")}},
               [](auto& e) -> auto& { return e.data.source; }, MarkedField::Size::full,
               // One source's folder is another one's mistake.
               [](Experiment& experiment) { experiment.data.path.clear(); }));

    auto* path = textField(
        QStringLiteral("data.path"), {},
        tr("IDX: the folder with the train- and t10k- files, plain or gzip. CSV: the file.\n"
           "Fashion-MNIST: empty for the files of the package dataset-fashion-mnist."),
        [](auto& e) -> auto& { return e.data.path; });
    auto* browseButton = new QPushButton(tr("&Browse…"));
    browseButton->setToolTip(tr("Choose the file or folder."));
    path->setTrailing(browseButton);
    connect(browseButton, &QPushButton::clicked, this, &DataSection::browse);
    addRow(grid, tr("Pa&th"), path);
    applies(path, [](DataSource source) { return !synthetic(source); });
    onChange([edit = qobject_cast<QLineEdit*>(path->editor())](const Experiment& experiment, bool) {
        edit->setPlaceholderText(
            experiment.data.source == DataSource::fashionMnist ? tr("the package's folder") : QString());
    });

    const auto csv = [](DataSource source) { return source == DataSource::csv; };
    auto* delimiter = choiceField<Delimiter>(
        QStringLiteral("data.delimiter"), tr("What separates the columns."),
        {{Delimiter::automatic, tr("Found out")},
         {Delimiter::comma, tr("Comma")},
         {Delimiter::semicolon, tr("Semicolon")},
         {Delimiter::tab, tr("Tab")},
         {Delimiter::space, tr("Space")}},
        [](auto& e) -> auto& { return e.data.delimiter; });
    addRow(grid, tr("Delimiter"), delimiter);
    applies(delimiter, csv);
    auto* header = choiceField<Header>(
        QStringLiteral("data.header"), tr("Whether the first line names the columns."),
        {{Header::automatic, tr("Found out")},
         {Header::present, tr("First line names columns")},
         {Header::absent, tr("None")}},
        [](auto& e) -> auto& { return e.data.header; });
    addRow(grid, tr("Header"), header);
    applies(header, csv);
    auto* target = textField(
        QStringLiteral("data.target"), tr("the last column"),
        tr("The column that is to be predicted: its name, or its index from 0 (negative from the end)."),
        [](auto& e) -> auto& { return e.data.target; });
    addRow(grid, tr("Target"), target);
    applies(target, csv);
    auto* task = choiceField<TaskKind>(
        QStringLiteral("data.task"), tr("What the target column is."),
        {{TaskKind::automatic, tr("Found out")},
         {TaskKind::classification, tr("Classification")},
         {TaskKind::regression, tr("Regression")}},
        [](auto& e) -> auto& { return e.data.task; });
    addRow(grid, tr("Task"), task);
    applies(task, csv);

    auto* examples = numberField(
        QStringLiteral("data.examples"), tr("Examples to make, all parts together."),
        [](auto& e) -> auto& { return e.data.examples; });
    addRow(grid, tr("Examples"), examples);
    applies(examples, synthetic);
    auto* features = numberField(
        QStringLiteral("data.features"), tr("Input features of an example."),
        [](auto& e) -> auto& { return e.data.features; });
    addRow(grid, tr("Features"), features);
    applies(features, synthetic);
    auto* classes = numberField(
        QStringLiteral("data.classes"), tr("Classes."), [](auto& e) -> auto& { return e.data.classes; });
    addRow(grid, tr("Classes"), classes);
    applies(classes, [](DataSource source) { return source == DataSource::syntheticClassification; });
    auto* noise = numberField(
        QStringLiteral("data.noise"),
        tr("Standard deviation of the target's noise (regression) or of a class around its centre."),
        [](auto& e) -> auto& { return e.data.noise; });
    addRow(grid, tr("Noise"), noise);
    applies(noise, synthetic);

    addRow(grid, tr("Val&idation share"),
           numberField(
               QStringLiteral("data.validation"),
               tr("Share of the training examples held out; the hyperparameters are tuned on the validation "
                  "loss L_V of these."),
               [](auto& e) -> auto& { return e.data.validation; }));
    auto* test = numberField(
        QStringLiteral("data.test"),
        tr("Share held out for testing first, where the source has no test part of its own."),
        [](auto& e) -> auto& { return e.data.test; });
    addRow(grid, tr("Test share"), test);
    applies(test, [](DataSource source) { return source != DataSource::fashionMnist; });
    addRow(grid, tr("Split"),
           choiceField<SplitKind>(
               QStringLiteral("data.split"), tr("Which training examples are held out for validation."),
               {{SplitKind::tail, tr("The last ones, in file order")},
                {SplitKind::random, tr("Drawn by the seed")}},
               [](auto& e) -> auto& { return e.data.split; }));
    addRow(grid, tr("Normalise"),
           choiceField<Normalize>(
               QStringLiteral("data.normalize"),
               tr("To [0, 1]: pixels over 255, columns by the training part's range.\n"
                  "Standardise: minus the mean, over the deviation, of the training part."),
               {{Normalize::unit, tr("To [0, 1]")},
                {Normalize::standardize, tr("Standardise")},
                {Normalize::none, tr("As they are")}},
               [](auto& e) -> auto& { return e.data.normalize; }));
    addRow(grid, tr("Limit"),
           numberField(
               QStringLiteral("data.limit"),
               tr("At most so many training examples, before the split; 0: all."),
               [](auto& e) -> auto& { return e.data.limit; }, MarkedField::Size::full, tr("all")));

    found_ = addNote();
    found_->setObjectName(QStringLiteral("found"));
    connect(&probe_, &DataProbe::changed, this, &DataSection::showFound);
    showFound();
}

void DataSection::browse() {
    const DataSpec& spec = model().value().data;
    const QString current = QString::fromStdString(spec.path);
    const QString chosen =
        spec.source == DataSource::csv
            ? QFileDialog::getOpenFileName(this, tr("Choose a CSV file"), QFileInfo(current).path(),
                                           tr("Tables (*.csv *.tsv *.txt *.data);;All files (*)"))
            : QFileDialog::getExistingDirectory(this, tr("Choose a folder of IDX files"), current);
    if (chosen.isEmpty()) return;
    model().edit({}, [&chosen](Experiment& experiment) { experiment.data.path = chosen.toStdString(); });
}

void DataSection::showFound() {
    if (probe_.info())
        found_->setText(describeData(*probe_.info()));
    else if (probe_.pending())
        found_->setText(tr("Looking at the data…"));
    else if (!probe_.error().isEmpty())
        found_->setText(tr("⚠ The data cannot be read."));
    else
        found_->setText(tr("The data is not known yet."));
}

} // namespace dstn
