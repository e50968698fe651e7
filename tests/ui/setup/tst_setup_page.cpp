#include "tests/program.h"

#include "ui/forms/experiment_file.h"
#include "ui/forms/marked_field.h"
#include "ui/forms/option_field.h"
#include "ui/forms/section_area.h"
#include "ui/setup/augmentation_table_model.h"
#include "ui/setup/hyperparameter_table_model.h"
#include "ui/setup/measured_speed.h"
#include "ui/setup/model_table_model.h"
#include "ui/setup/offered_parts.h"
#include "ui/setup/setup_page.h"
#include "ui/widgets/theme.h"
#include <QApplication>

#include <QCheckBox>
#include <QComboBox>
#include <QFile>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollBar>
#include <QSignalSpy>
#include <QStandardItemModel>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <cstdlib>
#include <memory>
#include <vector>

using namespace dstn;
using namespace dstn::ui;

namespace {

Experiment preset(std::string_view id) { return *parseExperiment(findPreset(id)->json).experiment; }

/// With a range for everything that is tuned, as searches need.
Experiment bounded() {
    Experiment experiment = preset("quickstart");
    for (Hyperparameter& each : experiment.hyperparameters) {
        if (!each.min) each.min = 1e-6;
        if (!each.max) each.max = 0.1;
    }
    return experiment;
}

EngineInfo cpuOnly() {
    EngineInfo info;
    info.torchVersion = "1.13.1";
    info.blas = "OpenBLAS";
    info.devices = {{.id = "cpu", .name = "a processor", .available = true, .reason = {}},
                    {.id = "cuda:0", .name = {}, .available = false, .reason = "this LibTorch has no CUDA"}};
    return info;
}

} // namespace

/// The real page under the offscreen platform, clicked and typed into.
class SetupPageTest : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase() {
        qRegisterMetaType<Experiment>("dstn::Experiment");
        QCoreApplication::setOrganizationName(QStringLiteral("delta-stn-workbench"));
        QCoreApplication::setApplicationName(QStringLiteral("tst_setup_page"));
    }

    void init() {
        page_ = std::make_unique<SetupPage>();
        page_->setEngineInfo(cpuOnly());
        page_->setExperiment(preset("quickstart"));
        page_->resize(1280, 800);
        page_->show();
        QVERIFY(QTest::qWaitForWindowExposed(page_.get()));
        page_->activateWindow();
        QTRY_VERIFY(button()->isEnabled() && reason().isEmpty());
    }
    void cleanup() { page_.reset(); }

    void wrongValueIsMarkedAtItsFieldAndStopsTheRun() {
        auto* rate = find<QLineEdit>("optimizers.general.lr");
        type(rate, "-1");
        QVERIFY(field(rate)->isMarked());
        QVERIFY2(field(rate)->sentence().contains("-1"), qPrintable(field(rate)->sentence()));
        QVERIFY(!button()->isEnabled());
        QVERIFY(!reason().isEmpty());
        QCOMPARE(find<QListWidget>("mistakes")->count(), 1);
        type(rate, "1e-2");
        QVERIFY(!field(rate)->isMarked());
        QVERIFY(button()->isEnabled());
        QCOMPARE(page_->experiment().optimizers.general.lr, 0.01);
    }

    void textThatIsNoNumberIsMarkedAndKeepsTheValueBefore() {
        auto* epochs = find<QLineEdit>("budget.epochs");
        type(epochs, "many");
        QVERIFY(field(epochs)->sentence().contains("many"));
        QVERIFY(!button()->isEnabled());
        QCOMPARE(page_->experiment().epochs, preset("quickstart").epochs);
        // An edit elsewhere does not touch what is being typed here.
        type(find<QLineEdit>("seed"), "5");
        QCOMPARE(epochs->text(), QStringLiteral("many"));
        QVERIFY(!button()->isEnabled());
        type(epochs, "3");
        QVERIFY(button()->isEnabled());
        QCOMPARE(page_->experiment().epochs, 3);
    }

    void runEmitsTheEditedExperiment() {
        QSignalSpy requested(page_.get(), &SetupPage::runRequested);
        type(find<QLineEdit>("budget.epochs"), "2");
        QTest::mouseClick(button(), Qt::LeftButton);
        QCOMPARE(requested.count(), 1);
        Experiment expected = preset("quickstart");
        expected.epochs = 2;
        QVERIFY(requested[0][0].value<Experiment>() == expected);
    }

    void runKeyWorksAndWaitsForTheDataThatIsBeingLookedAt() {
        QSignalSpy requested(page_.get(), &SetupPage::runRequested);
        type(find<QLineEdit>("data.examples"), "800");
        QTest::keyClick(page_.get(), Qt::Key_R, Qt::ControlModifier);
        QTRY_COMPARE(requested.count(), 1);
        QCOMPARE(requested[0][0].value<Experiment>().data.examples, 800);
    }

    void runIsDisabledWithTheReasonWhileOneIsGoingOn() {
        QSignalSpy requested(page_.get(), &SetupPage::runRequested);
        page_->setBusy(QStringLiteral("A run is in progress."));
        QVERIFY(!button()->isEnabled());
        QVERIFY(reason().contains("run is in progress"));
        page_->run();
        QCOMPARE(requested.count(), 0);
        page_->setBusy({});
        QVERIFY(button()->isEnabled());
    }

    void presetFillsEverythingInAndUndoBringsBackWhatWas() {
        type(find<QLineEdit>("name"), "Mine");
        auto* combo = find<QComboBox>("preset");
        QCOMPARE(combo->currentIndex(), -1);
        const int ridge = combo->findText(QString::fromStdString(findPreset("ridge")->title));
        choose(combo, ridge);
        QVERIFY(page_->experiment() == preset("ridge"));
        QCOMPARE(find<QLineEdit>("name")->text(), QString::fromStdString(preset("ridge").name));
        QCOMPARE(find<QTableView>("modelTable")->model()->rowCount(), 1);
        QTest::keyClick(page_.get(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(find<QLineEdit>("name")->text(), QStringLiteral("Mine"));
        // From within a text too it is the experiment's undo.
        find<QLineEdit>("name")->setFocus();
        QTest::keyClick(find<QLineEdit>("name"), Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(page_->experiment() == preset("quickstart"));
        QVERIFY(!page_->undoAction()->isEnabled());
        QTest::keyClick(page_.get(), Qt::Key_Y, Qt::ControlModifier);
        QCOMPARE(find<QLineEdit>("name")->text(), QStringLiteral("Mine"));
    }

    void undoTakesBackTextThatIsNoNumber() {
        auto* seed = find<QLineEdit>("seed");
        type(find<QLineEdit>("budget.epochs"), "4");
        type(seed, "x");
        QVERIFY(!button()->isEnabled());
        page_->undoAction()->trigger();
        QCOMPARE(seed->text(), QStringLiteral("0"));
        QVERIFY(button()->isEnabled());
    }

    void onlyFieldsThatApplyAreShown() {
        QVERIFY(find<QLineEdit>("data.noise")->isVisible());
        QVERIFY(!find<QLineEdit>("data.path")->isVisible());
        auto* source = find<QComboBox>("data.source");
        choose(source, source->findText("CSV file"));
        QVERIFY(!find<QLineEdit>("data.noise")->isVisible());
        QVERIFY(find<QLineEdit>("data.target")->isVisible());
        QVERIFY(find<QLineEdit>("optimizers.general.momentum")->isVisible());
        QVERIFY(!find<QLineEdit>("optimizers.general.alpha")->isVisible());
        auto* type = find<QComboBox>("optimizers.general.type");
        choose(type, type->findText("Adam"));
        QVERIFY(!find<QLineEdit>("optimizers.general.momentum")->isVisible());
        QVERIFY(find<QLineEdit>("optimizers.general.betas[0]")->isVisible());
        QCOMPARE(page_->experiment().optimizers.general.lr, 0.001);
    }

    void everySourceShowsItsOwnOptionsInWords() {
        auto* source = find<QComboBox>("data.source");
        for (int i = 0; i < source->count(); ++i) {
            const QString name = source->itemData(i).toString();
            // A name of the document would show the dashes and small letters of one.
            QVERIFY2(source->itemText(i) != name && source->itemText(i)[0].isUpper(), qPrintable(name));
            choose(source, i);
            const DataSpec& data = page_->experiment().data;
            QCOMPARE(optionText(data, "source").value(), name);
            QStringList wanted, shown;
            for (const FieldOption& option : optionsOf(data)) wanted.append(option.key);
            for (const OptionField* one : page_->findChildren<OptionField*>())
                if (one->editor()->objectName().startsWith("data.") && one->isVisible()) {
                    shown.append(one->key());
                    QVERIFY2(one->inputProblem().isEmpty(), qPrintable(one->key()));
                }
            QVERIFY2(wanted == shown, qPrintable(name + ": " + shown.join(' ')));
        }
    }

    void pathIsBrowsedForAsTheSourceWants() {
        auto* source = find<QComboBox>("data.source");
        const auto offers = [&](const char* name) {
            choose(source, source->findData(QLatin1String(name)));
            const QMenu* menu = find<QPushButton>("browse")->menu();
            return menu != nullptr ? int(menu->actions().size()) : 0;
        };
        QCOMPARE(offers("text"), 2); // a file, or a folder
        QCOMPARE(offers("cifar10"), 0);
        QVERIFY(find<QPushButton>("browse")->toolTip().contains("folder"));
        QCOMPARE(offers("numpy"), 2);
        QCOMPARE(offers("csv"), 0);
        QVERIFY(find<QPushButton>("browse")->toolTip().contains("file"));
        QCOMPARE(find<QLineEdit>("data.target")->placeholderText(), QStringLiteral("the last column"));
    }

    void textIsDescribedInTokensAndItsModelHasShapes() {
        const QTemporaryDir folder;
        QFile file(folder.filePath("text.txt"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        for (int i = 0; i < 3000; ++i) file.write("the cat sat on the mat and saw the other cat .\n");
        file.close();
        Experiment experiment = preset("text-lstm-small");
        experiment.data.path = file.fileName().toStdString();
        page_->setExperiment(experiment);
        QTRY_VERIFY2(find<QLabel>("found")->text().contains("different words"),
                     qPrintable(find<QLabel>("found")->text()));
        QTRY_VERIFY2(button()->isEnabled(), qPrintable(reason()));
        const auto* table = find<QTableView>("modelTable")->model();
        for (int row = 0; row < table->rowCount(); ++row)
            QVERIFY(!table->index(row, ModelTableModel::Output).data().toString().isEmpty());
    }

    void dataThatCannotBeReadIsSaidAtThePath() {
        auto* source = find<QComboBox>("data.source");
        choose(source, source->findText("CSV file"));
        auto* path = find<QLineEdit>("data.path");
        type(path, "/no/such/table.csv");
        QTRY_VERIFY(field(path)->sentence().contains("/no/such/table.csv"));
        QVERIFY(!button()->isEnabled());

        const QTemporaryDir folder;
        QFile file(folder.filePath("table.csv"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        for (int i = 0; i < 400; ++i)
            file.write(QByteArray::number(i % 7) + "," + QByteArray::number(i % 5) + "," + "abcd"[i % 4] +
                       "\n");
        file.close();
        type(path, file.fileName());
        QTRY_VERIFY(find<QLabel>("found")->text().contains("classes"));
        QTRY_VERIFY(!field(path)->isMarked());
    }

    void modelOfDataOfOneFormIsShownWithoutTheFiles() {
        Experiment experiment = preset("cifar10-resnet18");
        experiment.data.path = "/no/such/folder";
        page_->setExperiment(experiment);
        QTRY_VERIFY(field(find<QLineEdit>("data.path"))->isMarked());
        QVERIFY(find<QLabel>("found")->text().contains("cannot be read"));
        QVERIFY(!button()->isEnabled());
        QCOMPARE(find<QListWidget>("mistakes")->count(), 1);
        const auto* table = find<QTableView>("modelTable")->model();
        QCOMPARE(table->index(table->rowCount() - 1, ModelTableModel::Output).data().toString(),
                 QString::fromStdString(shapeText({10})));
    }

    void foundDataIsToldInWords() {
        QVERIFY2(find<QLabel>("found")->text().contains("4 classes"),
                 qPrintable(find<QLabel>("found")->text()));
    }

    void modelMistakeIsMarkedOnItsRowAndMendedThere() {
        auto* table = find<QTableView>("modelTable");
        const int last = table->model()->rowCount() - 1;
        const QModelIndex out = table->model()->index(last, ModelTableModel::Out);
        edit(table, out, "3");
        QVERIFY(!out.data(ModelTableModel::MistakeRole).toString().isEmpty());
        QVERIFY(find<QLabel>("modelNote")->isVisible());
        QVERIFY(!button()->isEnabled());
        edit(table, out, "4");
        QVERIFY(!find<QLabel>("modelNote")->isVisible());
        QVERIFY(button()->isEnabled());
    }

    void partsAreAddedMovedDuplicatedAndRemovedByKeys() {
        auto* table = find<QTableView>("modelTable");
        const auto before = page_->experiment().model.parts;
        table->setFocus();
        table->setCurrentIndex(table->model()->index(1, ModelTableModel::Type));
        QTest::keyClick(table, Qt::Key_D, Qt::ControlModifier);
        QCOMPARE(page_->experiment().model.parts.size(), before.size() + 1);
        QCOMPARE(table->currentIndex().row(), 2);
        QTest::keyClick(table, Qt::Key_Up, Qt::AltModifier);
        QCOMPARE(table->currentIndex().row(), 1);
        QTest::keyClick(table, Qt::Key_Delete);
        QVERIFY(page_->experiment().model.parts == before);
    }

    void templateReplacesTheModel() {
        auto* which = find<QComboBox>("template");
        which->setCurrentIndex(1);
        type(find<QLineEdit>("widths"), "20, wide");
        QTest::mouseClick(find<QPushButton>("useTemplate"), Qt::LeftButton);
        QVERIFY(find<QLabel>("modelNote")->text().contains("wide"));
        QVERIFY(page_->experiment() == preset("quickstart"));
        type(find<QLineEdit>("widths"), "20, 30");
        QTest::mouseClick(find<QPushButton>("useTemplate"), Qt::LeftButton);
        QCOMPARE(find<QTableView>("modelTable")->model()->rowCount(), 8);
        QVERIFY(button()->isEnabled());
    }

    void templateOfATextIsRecurrent() {
        auto* which = find<QComboBox>("template");
        QCOMPARE(which->currentText(), QStringLiteral("MLP"));
        page_->setExperiment(preset("text-lstm-small"));
        QCOMPARE(which->currentText(), QStringLiteral("LSTM"));
        QCOMPARE(find<QLineEdit>("widths")->text(), QStringLiteral("128, 128"));
        which->setCurrentIndex(0);
        type(find<QLineEdit>("seed"), "5");
        QCOMPARE(which->currentText(), QStringLiteral("Linear")); // a person's choice stays
        page_->setExperiment(preset("fashion-mnist-cnn"));
        QCOMPARE(which->currentText(), QStringLiteral("MLP"));
    }

    void untickedHyperparameterIsHeld() {
        auto* table = find<QTableView>("hyperparameterTable");
        const QModelIndex tune = table->model()->index(0, HyperparameterTableModel::Tune);
        table->setFocus();
        table->setCurrentIndex(tune);
        QTest::keyClick(table, Qt::Key_Space);
        QVERIFY(!page_->experiment().hyperparameters[0].tune);
        QCOMPARE(page_->experiment().tunedNames().size(), std::size_t(2));
    }

    void undeclaredNameIsAMistakeThatAddDeclares() {
        auto* decay = find<QComboBox>("regularization.weight_decay");
        type(decay->lineEdit(), "other_decay");
        QVERIFY(!button()->isEnabled());
        QVERIFY(field(decay)->isMarked());
        QTest::mouseClick(find<QToolButton>("addHyperparameter"), Qt::LeftButton);
        QVERIFY(!field(decay)->isMarked());
        QCOMPARE(page_->experiment().hyperparameters.back().name, std::string("other_decay"));
        // The one that the place named before is unused now.
        auto* table = find<QTableView>("hyperparameterTable");
        QCOMPARE(table->model()->index(2, HyperparameterTableModel::Uses).data().toString(),
                 QStringLiteral("nowhere"));
    }

    void everyTunerShowsItsOwnOptionsAndNoOther() {
        Experiment experiment = bounded();
        const auto shown = [this](const char* path) {
            return !find<QWidget>(path)->isHidden() && find<QWidget>(path)->isVisibleTo(page_.get());
        };
        struct Case {
            const char* type;
            std::vector<const char*> has, lacks;
        };
        for (const Case& one : std::vector<Case>{
                 {"delta-stn",
                  {"tuner.centered", "tuner.linearize", "tuner.entropy_weight"},
                  {"tuner.trials"}},
                 {"stn", {"tuner.tune_scales", "tuner.train_steps"}, {"tuner.centered", "tuner.linearize"}},
                 {"implicit",
                  {"tuner.inverse", "tuner.iterations", "tuner.warmup_epochs"},
                  {"tuner.neumann_step", "tuner.tune_scales"}},
                 {"unrolled", {"tuner.mode", "tuner.unroll_steps"}, {"tuner.inverse"}},
                 {"random",
                  {"tuner.trials", "tuner.sampling", "tuner.early_stopping"},
                  {"tuner.reduction", "tuner.warmup_epochs"}},
                 {"bayesian", {"tuner.start_trials"}, {"tuner.sampling"}},
                 {"grid", {"tuner.points", "tuner.values.dropout_in"}, {"tuner.early_stopping"}},
                 {"pbt", {"tuner.population", "tuner.quantile"}, {"tuner.trials"}},
                 {"fixed", {}, {"tuner.train_steps", "tuner.linearize", "tuner.population"}}}) {
            experiment.tuner = {};
            chooseTuner(experiment.tuner, one.type);
            page_->setExperiment(experiment);
            for (const char* path : one.has)
                QVERIFY2(shown(path), qPrintable(QStringLiteral("%1: no %2").arg(one.type, path)));
            for (const char* path : one.lacks)
                QVERIFY2(!shown(path), qPrintable(QStringLiteral("%1: %2").arg(one.type, path)));
        }
    }

    void anOptionOfATunerIsEditedAndItsMistakeMarked() {
        Experiment experiment = bounded();
        experiment.tuner.options = RandomOptions{};
        page_->setExperiment(experiment);
        auto* trials = find<QLineEdit>("tuner.trials");
        type(trials, "12");
        QCOMPARE(page_->experiment().tuner.optionsOr<RandomOptions>().trials, 12);
        type(trials, "0");
        QVERIFY(field(trials)->isMarked());
        type(trials, "few");
        QVERIFY(field(trials)->sentence().contains("few"));
        type(trials, "12");
        auto* early = find<QComboBox>("tuner.early_stopping");
        emit early->activated(1);
        QCOMPARE(page_->experiment().tuner.optionsOr<RandomOptions>().halving.earlyStopping,
                 EarlyStopping::asha);
        QVERIFY(find<QLineEdit>("tuner.reduction")->isVisibleTo(page_.get()));
    }

    void anotherTypeKeepsTheOptionsThatBothHave() {
        Experiment experiment = bounded();
        experiment.tuner.options =
            RandomOptions{.trials = 12, .sampling = Sampling::sobol, .halving = {.reduction = 4}};
        experiment.tuner.trainSteps = 7;
        page_->setExperiment(experiment);
        const auto choose = [this](std::string_view id) {
            auto* combo = find<QComboBox>("tuner.type");
            for (int i = 0; i < combo->count(); ++i)
                if (tunerTypes()[std::size_t(i)].id == id) emit combo->activated(i);
        };
        choose("bayesian");
        const TunerSpec bayesian = page_->experiment().tuner;
        QVERIFY(
            (bayesian.options == TunerOptions(BayesianOptions{.trials = 12, .halving = {.reduction = 4}})));
        QCOMPARE(bayesian.trainSteps, 7);
        choose("pbt");
        QVERIFY(page_->experiment().tuner.options == TunerOptions(PbtOptions{}));
    }

    void valuesOfAGridAreListsOfNumbers() {
        Experiment experiment = bounded();
        experiment.tuner.options = GridOptions{};
        page_->setExperiment(experiment);
        auto* values = find<QLineEdit>("tuner.values.dropout_in");
        QVERIFY(values->placeholderText().contains("3 points"));
        type(values, "0.1, 0.25");
        const std::vector<NamedValues> expected{{"dropout_in", {0.1, 0.25}}};
        QCOMPARE(page_->experiment().tuner.optionsOr<GridOptions>().values, expected);
        type(values, "0.1; 0.25");
        QVERIFY(field(values)->sentence().contains("commas"));
        QVERIFY(!button()->isEnabled());
        values->selectAll();
        QTest::keyClick(values, Qt::Key_Delete);
        QVERIFY(page_->experiment().tuner.optionsOr<GridOptions>().values.empty());
        QVERIFY(!field(values)->isMarked());
    }

    void whatTheTunerCannotTuneIsSaidBeforeTheRun() {
        auto* note = find<QLabel>("heldNote");
        QVERIFY(note->isHidden());
        Experiment experiment = bounded();
        experiment.tuner.options = ImplicitOptions{};
        page_->setExperiment(experiment);
        QCOMPARE(note->text(),
                 QStringLiteral("⚠ dropout_in and dropout_hidden are held at their initial values: "
                                "the training loss has no derivative with respect to them."));
        const auto* model = find<QTableView>("hyperparameterTable")->model();
        QCOMPARE(model->index(0, HyperparameterTableModel::Name).data().toString(),
                 QStringLiteral("dropout_in (held)"));
        QCOMPARE(model->index(0, HyperparameterTableModel::Name).data(Qt::EditRole).toString(),
                 QStringLiteral("dropout_in"));
        QCOMPARE(model->index(2, HyperparameterTableModel::Name).data().toString(),
                 QStringLiteral("weight_decay"));
    }

    void aSearchSaysHowManyTrainingsItIs() {
        Experiment experiment = bounded();
        experiment.tuner.options = RandomOptions{.trials = 12};
        page_->setExperiment(experiment);
        QVERIFY(button()->text().contains("search"));
        const auto figure = [this](const QString& name) {
            for (const QLabel* label : page_->findChildren<QLabel*>())
                if (label->accessibleName() == name) return label->text();
            return QString();
        };
        QCOMPARE(figure("Trainings"), QStringLiteral("12"));
        const QString steps = figure("Steps");
        experiment.tuner.options = RandomOptions{.trials = 24};
        page_->setExperiment(experiment);
        QVERIFY(figure("Steps") != steps);
        experiment.tuner.options = GridOptions{.trials = 100}; // 3 points each of three hyperparameters
        page_->setExperiment(experiment);
        QCOMPARE(figure("Trainings"), QStringLiteral("27"));
    }

    void aReplayIsToldByItsChanges() {
        Experiment experiment = preset("quickstart");
        experiment.tuner.options =
            ReplayOptions{.steps = {0, 40, 80}, .values = {{"dropout_in", {0.1, 0.2, 0.3}}}};
        page_->setExperiment(experiment);
        QCOMPARE(find<QLabel>("replayNote")->text(),
                 QStringLiteral("Replays 3 changes of 1 hyperparameter, read from another run."));
    }

    void mistakeInTheListLeadsToItsField() {
        auto* warmup = find<QLineEdit>("tuner.warmup_epochs");
        type(warmup, "-3");
        auto* list = find<QListWidget>("mistakes");
        QCOMPARE(list->count(), 1);
        find<QLineEdit>("name")->setFocus();
        QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualItemRect(list->item(0)).center());
        QVERIFY(warmup->hasFocus());
    }

    void deviceThatIsNotThereIsGreyedAndRefused() {
        auto* device = find<QComboBox>("device");
        const int cuda = device->findData("cuda:0");
        QVERIFY(cuda >= 0);
        QVERIFY(!qobject_cast<QStandardItemModel*>(device->model())->item(cuda)->isEnabled());
        QVERIFY(device->itemData(cuda, Qt::ToolTipRole).toString().contains("no CUDA"));
        Experiment experiment = preset("quickstart");
        experiment.device = "cuda";
        page_->setExperiment(experiment);
        QVERIFY(field(device)->sentence().contains("no CUDA"));
        QVERIFY(!button()->isEnabled());
    }

    void savedExperimentOpensAsTheSame() {
        const QTemporaryDir folder;
        const QString path = folder.filePath("experiment.json");
        QCOMPARE(saveExperiment(page_->experiment(), path), QString());
        const OpenedExperiment opened = openExperiment(path);
        QVERIFY(opened.experiment && *opened.experiment == page_->experiment());
    }

    void brokenFileIsRefusedWithItsNameAndItsMistakes() {
        const QTemporaryDir folder;
        QFile file(folder.filePath("broken.json"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(R"({"schema": 1, "data": {"source": "ridge"}, "model": {"parts": []}, "colour": 3})");
        file.close();
        const OpenedExperiment opened = openExperiment(file.fileName());
        QVERIFY(!opened.experiment);
        QVERIFY(opened.problem.contains("broken.json"));
        QVERIFY(opened.problem.contains("colour"));
        QVERIFY(opened.problem.contains("data.source"));
        QVERIFY(openExperiment(folder.filePath("absent.json")).problem.contains("absent.json"));
        QVERIFY(saveExperiment(page_->experiment(), folder.filePath("no/such/folder.json"))
                    .contains("folder.json"));
    }

    void lastSessionsExperimentIsReadBack() {
        const Experiment otherwise = preset("ridge");
        QFile::remove(sessionFile());
        QVERIFY(lastExperiment(otherwise).experiment == otherwise);
        QVERIFY(lastExperiment(otherwise).note.isEmpty());
        type(find<QLineEdit>("name"), "Mine");
        QCOMPARE(keepExperiment(page_->experiment()), QString());
        QVERIFY(lastExperiment(otherwise).experiment == page_->experiment());
        // With a mistake it could not be read back: the one before stays.
        type(find<QLineEdit>("optimizers.general.lr"), "-1");
        QCOMPARE(keepExperiment(page_->experiment()), QString());
        QCOMPARE(lastExperiment(otherwise).experiment.name, std::string("Mine"));

        QFile broken(sessionFile());
        QVERIFY(broken.open(QIODevice::WriteOnly | QIODevice::Truncate));
        broken.write("{\"schema\": ");
        broken.close();
        const SessionExperiment start = lastExperiment(otherwise);
        QVERIFY(start.experiment == otherwise);
        QVERIFY(start.note.contains(sessionFile()));
        page_->tell(start.note);
        QVERIFY(find<QLabel>("message")->isVisible());
        QFile::remove(sessionFile());
    }

    void optionsOfADuplicatedPartAreFilledIn() {
        page_->setExperiment(preset("fashion-mnist-cnn"));
        auto* table = find<QTableView>("modelTable");
        table->setFocus();
        table->setCurrentIndex(table->model()->index(1, ModelTableModel::Type));
        QCOMPARE(table->currentIndex().data(Qt::EditRole).toString(), QStringLiteral("conv2d"));
        QTest::keyClick(table, Qt::Key_D, Qt::ControlModifier);
        QCOMPARE(table->currentIndex().row(), 2);
        QApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        QCOMPARE(find<QLineEdit>("option.dilation")->text(), QStringLiteral("1"));
        QCOMPARE(find<QLineEdit>("option.groups")->text(), QStringLiteral("1"));
        QVERIFY(find<QCheckBox>("option.bias")->isChecked());
    }

    void smallWindowScrollsInOneDirectionOnly() {
        auto* area = find<SectionArea>("sections");
        QVERIFY(area->inTwoColumns());
        page_->resize(930, 640); // beside the navigation of a window of 1024 × 700
        for (const char* id : {"text-lstm-small", "fashion-mnist-cnn"}) {
            page_->setExperiment(preset(id));
            QTRY_COMPARE(area->horizontalScrollBar()->maximum(), 0);
            QVERIFY(!area->inTwoColumns());
        }
        const auto height = [&](QWidget* widget) { return widget->mapTo(area->widget(), QPoint()).y(); };
        QTRY_VERIFY(height(find<QComboBox>("data.source")) < height(find<QTableView>("modelTable")));
        QTRY_VERIFY(height(find<QTableView>("modelTable")) <
                    height(find<QComboBox>("optimizers.general.type")));
        page_->resize(1280, 800);
        QTRY_VERIFY(area->inTwoColumns());
        QTRY_VERIFY(height(find<QComboBox>("data.source")) < 60);
        QTRY_VERIFY(height(find<QToolButton>("addPart")) < 100);
        QCOMPARE(area->horizontalScrollBar()->maximum(), 0);
    }

    void partsAndTheirHeadingsAreReadableAtEveryWidth() {
        page_->setExperiment(preset("fashion-mnist-cnn"));
        const auto* table = find<QTableView>("modelTable");
        auto* area = find<SectionArea>("sections");
        for (const int width : {930, 1000, 1060, 1100, 1150, 1200, 1280, 1340, 1400}) {
            page_->resize(width, 700);
            QTRY_COMPARE(area->horizontalScrollBar()->maximum(), 0);
            QTRY_VERIFY(find<QLineEdit>("data.path")->width() >= 80);
            for (const auto& [column, text] : {std::pair{ModelTableModel::Type, "max_pool2d"},
                                               {ModelTableModel::Rate, "dropout_fc"},
                                               {ModelTableModel::Kernel, "Kernel"},
                                               {ModelTableModel::Weights, "2,460,192"}}) {
                const QString said = QStringLiteral("%1 at %2").arg(QString::fromLatin1(text)).arg(width);
                const int needed = table->fontMetrics().horizontalAdvance(QString::fromLatin1(text)) + 6;
                QTRY_VERIFY2(table->columnWidth(column) >= needed, qPrintable(said));
                QVERIFY2(table->columnWidth(column) >= table->horizontalHeader()->sectionSizeHint(column),
                         qPrintable(said));
            }
        }
    }

    void columnsThatNoPartHasAreHidden() {
        const auto* table = find<QTableView>("modelTable");
        QVERIFY(table->isColumnHidden(ModelTableModel::Kernel));
        page_->setExperiment(preset("fashion-mnist-cnn"));
        QVERIFY(!table->isColumnHidden(ModelTableModel::Kernel));
        QVERIFY(!table->isColumnHidden(ModelTableModel::Stride));
    }

    void noPartsOptionsWidenThePage() {
        Experiment experiment = preset("fashion-mnist-cnn");
        const int width = find<QTableView>("modelTable")->width();
        for (const OfferedPart& offered : offeredParts()) {
            experiment.model.parts = {offered.part};
            page_->setExperiment(experiment);
            QApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
            QApplication::processEvents();
            QVERIFY2(find<QTableView>("modelTable")->width() <= width, qPrintable(offered.id));
        }
    }

    void optionsOfAPartShareTheMiddleOfTheirLine() {
        page_->setExperiment(preset("fashion-mnist-cnn"));
        auto* table = find<QTableView>("modelTable");
        table->setCurrentIndex(table->model()->index(1, ModelTableModel::Type));
        QApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        QApplication::processEvents();
        std::vector<QRect> places;
        for (const char* option : {"dilation", "groups", "bias", "init", "response", "weight_decay"}) {
            auto* editor = find<QWidget>(qPrintable(QStringLiteral("option.%1").arg(option)));
            places.emplace_back(editor->mapTo(page_.get(), QPoint()), editor->size());
        }
        int together = 0;
        for (const QRect& a : places)
            for (const QRect& b : places) {
                if (&a == &b || a.top() > b.bottom() || b.top() > a.bottom()) continue; // another line
                ++together;
                QVERIFY2(std::abs(a.center().y() - b.center().y()) <= 1,
                         qPrintable(QStringLiteral("%1, %2").arg(a.center().y()).arg(b.center().y())));
            }
        QVERIFY(together > 0);
    }

    void optionOfAChosenPartIsTypedBeneathTheTable() {
        Experiment experiment = preset("text-lstm-small");
        experiment.data.path = "/no/such/text";
        page_->setExperiment(experiment);
        auto* table = find<QTableView>("modelTable");
        table->setCurrentIndex(table->model()->index(2, ModelTableModel::Type));
        QApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        QCOMPARE(find<QComboBox>("option.drop_connect")->currentText(), QStringLiteral("drop_connect"));
        type(find<QLineEdit>("option.layers"), "3");
        QCOMPARE(std::get<LstmPart>(page_->experiment().model.parts[2]).layers, 3);
        type(find<QLineEdit>("option.layers"), "three");
        QVERIFY(find<QLabel>("modelNote")->text().contains("three"));
        QCOMPARE(find<QLineEdit>("option.layers")->text(), QStringLiteral("three"));
        QCOMPARE(std::get<LstmPart>(page_->experiment().model.parts[2]).layers, 3);
    }

    void augmentationsAreAddedOrderedAndRemoved() {
        page_->setExperiment(preset("fashion-mnist-cnn"));
        auto* table = find<QTableView>("augmentationTable");
        QCOMPARE(table->model()->rowCount(), 1);
        const auto action = [this](const char* id) {
            for (QAction* one : find<QToolButton>("addAugmentation")->menu()->actions())
                if (one->text() == QLatin1String(id)) return one;
            qFatal("no augmentation %s", id);
        };
        action("rotation")->trigger();
        QCOMPARE(table->currentIndex().row(), 1);
        QCOMPARE(page_->experiment().augmentation.size(), std::size_t(2));
        QCOMPARE(page_->experiment().hyperparameters.back().name, std::string("rotation"));
        QTRY_VERIFY(button()->isEnabled());
        QTest::keyClick(table, Qt::Key_Up, Qt::AltModifier);
        QVERIFY(std::holds_alternative<RotationSpec>(page_->experiment().augmentation[0]));
        QTest::keyClick(table, Qt::Key_D, Qt::ControlModifier);
        QCOMPARE(page_->experiment().augmentation.size(), std::size_t(3));
        QTest::keyClick(table, Qt::Key_Delete);
        QTest::keyClick(table, Qt::Key_Up);
        QTest::keyClick(table, Qt::Key_Delete);
        QCOMPARE(page_->experiment().augmentation.size(), std::size_t(1));
        QVERIFY(page_->experiment() == preset("fashion-mnist-cnn"));
        QTest::keyClick(table, Qt::Key_Delete);
        QVERIFY(page_->experiment().augmentation.empty());
        QVERIFY(!table->isVisible());
        QVERIFY(find<QLabel>("augmentationNote")->text().contains("as they are"));
    }

    void numberInAnAugmentationTakesItsHyperparameterAway() {
        page_->setExperiment(preset("fashion-mnist-cnn"));
        auto* table = find<QTableView>("augmentationTable");
        const QModelIndex length = table->model()->index(0, 2);
        edit(table, length, "6");
        QCOMPARE(std::get<CutoutSpec>(page_->experiment().augmentation[0]).length.value, 6.0);
        QCOMPARE(page_->experiment().tunedNames().size(),
                 preset("fashion-mnist-cnn").tunedNames().size() - 1);
        QTRY_VERIFY(button()->isEnabled());
        edit(table, length, "-6");
        QVERIFY(!length.data(AugmentationTableModel::MistakeRole).toString().isEmpty());
        QVERIFY2(find<QLabel>("augmentationNote")->text().contains("augmentation 1, length"),
                 qPrintable(find<QLabel>("augmentationNote")->text()));
        QVERIFY(!button()->isEnabled());
    }

    void labelSmoothingIsTunedByAButton() {
        auto* smoothing = find<QComboBox>("regularization.label_smoothing");
        QCOMPARE(smoothing->currentText(), QStringLiteral("0"));
        find<QToolButton>("tuneLabelSmoothing")->click();
        QCOMPARE(page_->experiment().labelSmoothing.hyperparameter, std::string("label_smoothing"));
        QCOMPARE(page_->experiment().hyperparameters.back().name, std::string("label_smoothing"));
        QVERIFY(!find<QToolButton>("tuneLabelSmoothing")->isEnabled());
        QTRY_VERIFY(button()->isEnabled());
        type(smoothing->lineEdit(), "2");
        QVERIFY(field(smoothing)->isMarked());
        type(smoothing->lineEdit(), "0.1");
        QVERIFY(!field(smoothing)->isMarked());
        QCOMPARE(page_->experiment().labelSmoothing.value, 0.1);
    }

    void takenNameIsRefusedAndTheUsesStayApart() {
        auto* table = find<QTableView>("hyperparameterTable");
        const Experiment before = page_->experiment();
        const QModelIndex first = table->model()->index(0, HyperparameterTableModel::Name);
        const std::string taken = before.hyperparameters.at(1).name;
        edit(table, first, QString::fromStdString(taken));
        QVERIFY(page_->experiment() == before);
        QVERIFY(find<QLabel>("hyperparameterNote")->text().contains(QString::fromStdString(taken)));
        edit(table, first, "");
        QVERIFY(page_->experiment() == before);
        edit(table, first, "another");
        QCOMPARE(page_->experiment().hyperparameters[0].name, std::string("another"));
        QVERIFY(button()->isEnabled()); // used under its new name
    }

    void mnemonicsAreUniqueAndLeaveTheMenusTheirs() {
        for (const char* id : {"quickstart", "fashion-mnist-cnn"}) {
            page_->setExperiment(preset(id));
            QMap<QString, QString> owners{
                {"Alt+F", "File"}, {"Alt+E", "Edit"}, {"Alt+R", "Run"}, {"Alt+V", "View"}, {"Alt+H", "Help"}};
            const auto claim = [&](const QString& text) {
                const QString key = QKeySequence::mnemonic(text).toString();
                if (key.isEmpty()) return;
                QVERIFY2(!owners.contains(key), qPrintable(text + " against " + owners.value(key)));
                owners.insert(key, text);
            };
            for (const QLabel* label : page_->findChildren<QLabel*>())
                if (label->buddy() != nullptr && label->isVisible()) claim(label->text());
            for (const QAbstractButton* one : page_->findChildren<QAbstractButton*>())
                if (one->isVisible()) claim(one->text());
            QVERIFY(owners.size() > 12);
        }
    }

    void speedOfATinyRunIsNotTakenForTheMachines() {
        QVERIFY(!measuredSpeed(1e6, 100'000, 60)); // a tiny network
        QVERIFY(!measuredSpeed(1e10, 20, 60));     // few steps
        QVERIFY(!measuredSpeed(1e10, 1000, 2));    // a short run
        QVERIFY(!measuredSpeed(1e10, 1000, 1e6));  // a machine that slept
        QCOMPARE(*measuredSpeed(1e10, 1000, 100), 1e11);
        QCOMPARE(gigaflopsText(0.65e9), QStringLiteral("0.65"));
        QCOMPARE(gigaflopsText(7.04e9), QStringLiteral("7"));
        QCOMPARE(gigaflopsText(123.4e9), QStringLiteral("123"));
        QTRY_VERIFY(find<QLabel>("timeNote")->text().contains("80 GFLOP/s"));
        page_->setMeasuredFlops(4e6); // remembered by an earlier version
        QVERIFY(find<QLabel>("timeNote")->text().contains("80 GFLOP/s"));
        page_->setMeasuredFlops(1.3e9);
        QVERIFY(find<QLabel>("timeNote")->text().contains("1.3 GFLOP/s"));
    }

    void mistakesAgainstTheDataStandBesideTheOthers() {
        // Flat data for a network of images, and a number that is wrong in itself.
        Experiment experiment = preset("fashion-mnist-cnn");
        experiment.data = preset("quickstart").data;
        experiment.hyperparameters[0].scale = -1;
        page_->setExperiment(experiment);
        QTRY_VERIFY(find<QListWidget>("mistakes")->count() >= 3);
        QStringList lines;
        for (int i = 0; i < find<QListWidget>("mistakes")->count(); ++i)
            lines.append(find<QListWidget>("mistakes")->item(i)->text());
        const QString all = lines.join(u'\n');
        QVERIFY2(all.contains("hyperparameter 1, scale: "), qPrintable(all));
        QVERIFY2(all.contains(QRegularExpression("part \\d+")), qPrintable(all));
        QVERIFY2(all.contains("augmentation 1: "), qPrintable(all));
    }

    void anotherSourceStartsWithoutThePath() {
        auto* source = find<QComboBox>("data.source");
        choose(source, source->findText("Folder of IDX files"));
        type(find<QLineEdit>("data.path"), "/some/folder");
        choose(source, source->currentIndex());
        QCOMPARE(page_->experiment().data.path, std::string("/some/folder"));
        choose(source, source->findText("Fashion-MNIST"));
        QCOMPARE(page_->experiment().data.path, std::string());
        QVERIFY(!field(find<QLineEdit>("data.path"))->isMarked());
        page_->undoAction()->trigger();
        QCOMPARE(page_->experiment().data.path, std::string("/some/folder"));
    }

    void clipNormIsSetForEachOptimiser() {
        auto* clip = find<QLineEdit>("optimizers.response.clip_norm");
        QCOMPARE(clip->text(), QStringLiteral("none"));
        type(clip, "0.25");
        QCOMPARE(page_->experiment().optimizers.response.clipNorm, 0.25);
        QCOMPARE(page_->experiment().optimizers.general.clipNorm, 0.0);
        type(clip, "-1");
        QVERIFY(field(clip)->isMarked());
    }

    void zeroThatMeansAChoiceIsAWord() {
        auto* threads = find<QLineEdit>("threads");
        QCOMPARE(page_->experiment().threads, decltype(page_->experiment().threads)(0));
        QCOMPARE(threads->text(), QStringLiteral("all cores"));
        type(threads, "2");
        QCOMPARE(int(page_->experiment().threads), 2);
        QTest::keyClick(threads, Qt::Key_Down);
        QTest::keyClick(threads, Qt::Key_Down);
        QCOMPARE(threads->text(), QStringLiteral("all cores"));
        QCOMPARE(int(page_->experiment().threads), 0);
        type(threads, "all cores");
        QVERIFY(!field(threads)->isMarked());
        page_->setExperiment(preset("fashion-mnist-cnn"));
        QCOMPARE(find<QLineEdit>("data.limit")->text(), QStringLiteral("all"));
    }

    void marksFollowTheTheme() {
        const auto color = [&] {
            return find<QLabel>("mistakeCount")->palette().color(QPalette::WindowText);
        };
        QApplication::setPalette(lightPalette());
        QTRY_COMPARE(page_->palette().color(QPalette::Window), lightPalette().color(QPalette::Window));
        const QColor onLight = color();
        QApplication::setPalette(darkPalette());
        QTRY_VERIFY(color() != onLight);
        QVERIFY(color().lightness() > onLight.lightness());
        QApplication::setPalette(lightPalette());
        QTRY_COMPARE(color(), onLight);
    }

    void editsAreTold() {
        QSignalSpy changed(page_.get(), &SetupPage::experimentChanged);
        type(find<QLineEdit>("seed"), "42");
        QVERIFY(changed.count() >= 1);
        QCOMPARE(changed.last()[0].value<Experiment>().seed, std::uint64_t(42));
    }

  private:
    template <class Widget>
    Widget* find(const char* name) {
        auto* widget = page_->findChild<Widget*>(QString::fromLatin1(name));
        if (widget == nullptr) qFatal("no widget %s", name);
        return widget;
    }
    QPushButton* button() { return find<QPushButton>("run"); }
    QString reason() { return find<QLabel>("runReason")->text(); }
    static MarkedField* field(QWidget* editor) { return qobject_cast<MarkedField*>(editor->parentWidget()); }
    static void type(QLineEdit* edit, const QString& text) {
        edit->setFocus();
        edit->selectAll();
        QTest::keyClicks(edit, text);
    }
    static void choose(QComboBox* combo, int index) {
        QVERIFY(index >= 0);
        combo->setFocus();
        combo->setCurrentIndex(index);
        emit combo->activated(index);
    }
    static void edit(QTableView* table, const QModelIndex& index, const QString& text) {
        table->setFocus();
        table->setCurrentIndex(index);
        QTest::keyClick(table, Qt::Key_F2);
        auto* editor = table->viewport()->findChild<QLineEdit*>();
        QVERIFY(editor != nullptr);
        editor->selectAll();
        QTest::keyClicks(editor, text);
        QTest::keyClick(editor, Qt::Key_Return);
        QTest::qWait(1); // the editor is deleted later
    }

    std::unique_ptr<SetupPage> page_;
};

DSTN_TEST_IN(QApplication, SetupPageTest)
#include "tst_setup_page.moc"
