#include "tests/program.h"
#include "ui/forms/experiment_model.h"
#include "ui/forms/field_options.h"
#include "ui/forms/mark_board.h"
#include "ui/forms/number_edit.h"
#include "ui/forms/tunable_edit.h"
#include "ui/forms/tunable_places.h"
#include "ui/setup/augmentation_table_model.h"
#include "ui/setup/data_section.h"
#include "ui/setup/hyperparameter_table_model.h"
#include "ui/setup/model_table_model.h"
#include "ui/setup/model_templates.h"
#include "ui/setup/offered_augmentations.h"
#include "ui/setup/offered_parts.h"
#include "ui/setup/transform_view.h"
#include "ui/text/number_text.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

#include <cmath>

using namespace dstn;
using namespace dstn::ui;

Q_DECLARE_METATYPE(dstn::Part)

namespace {

const Shape image{1, 28, 28};
DataInfo images() {
    return {.input = image,
            .task = TaskKind::classification,
            .outputs = 10,
            .train = 1000,
            .validation = 200,
            .test = 0,
            .classNames = {},
            .featureNames = {},
            .vocabulary = 0};
}
DataInfo words() {
    return {.input = {35},
            .task = TaskKind::language,
            .outputs = 500,
            .train = 48'000,
            .validation = 9'000,
            .test = 0,
            .classNames = {},
            .featureNames = {},
            .vocabulary = 500};
}

Experiment preset(std::string_view id) { return *parseExperiment(findPreset(id)->json).experiment; }

/// Keeps what it is given, as a place on the page would.
struct Place : MarkTarget {
    void setMistakes(const std::vector<Mistake>& mistakes) override { shown = mistakes; }
    void reveal(const QString& path) override { revealed = path; }
    QString inputProblem() const override { return problem; }
    std::vector<Mistake> shown;
    QString revealed, problem;
};

} // namespace

/// Every option reads back as it is written, and refuses what is no value of its kind.
template <class Owner>
static void checkOptions(const Owner& owner, const QString& name) {
    using Kind = FieldOption::Kind;
    for (const FieldOption& option : optionsOf(owner)) {
        Owner changed = owner;
        QVERIFY(!option.toolTip.isEmpty());
        QVERIFY(!option.title.contains(u'_'));
        const auto text = optionText(changed, option.key);
        QVERIFY(text);
        QCOMPARE(setOption(changed, option.key, *text), QString());
        QVERIFY2(changed == owner, qPrintable(name + u'.' + option.key));
        const QString wrong = option.kind == Kind::tunable    ? QStringLiteral(" ")
                              : option.kind == Kind::tunables ? QStringLiteral(" , ")
                                                              : QStringLiteral("x y");
        QVERIFY(!setOption(changed, option.key, wrong).isEmpty());
        QVERIFY(changed == owner);
    }
}

/// The decisions of the set-up page, without a window.
class SetupModelsTest : public QObject {
    Q_OBJECT

  private slots:
    void initTestCase() { qRegisterMetaType<Part>("dstn::Part"); }

    void historyJoinsEditsOfOneFieldAndUndoesThemTogether() {
        ExperimentModel model;
        model.replace(preset("ridge"));
        const Experiment start = model.value();
        for (const int epochs : {1, 12, 120})
            model.edit("budget.epochs", [epochs](Experiment& e) { e.epochs = epochs; });
        model.edit("seed", [](Experiment& e) { e.seed = 7; });
        QCOMPARE(model.value().epochs, 120);
        model.undo();
        QCOMPARE(model.value().epochs, 120);
        QCOMPARE(model.value().seed, start.seed);
        model.undo();
        QVERIFY(model.value() == start);
        QVERIFY(!model.canUndo());
        model.redo();
        QCOMPARE(model.value().epochs, 120);
        QVERIFY(model.canRedo());
        model.edit("seed", [](Experiment& e) { e.seed = 9; });
        QVERIFY(!model.canRedo());
    }

    void editThatChangesNothingIsNoStep() {
        ExperimentModel model;
        model.replace(preset("ridge"));
        QSignalSpy changed(&model, &ExperimentModel::changed);
        model.edit("seed", [](Experiment& e) { e.seed = 0; });
        QCOMPARE(changed.count(), 0);
        QVERIFY(!model.canUndo());
    }

    void historyIsBoundedAndKeepsTheNewest() {
        ExperimentModel model;
        model.replace(preset("ridge"));
        for (std::uint64_t seed = 1; seed <= 500; ++seed)
            model.edit({}, [seed](Experiment& e) { e.seed = seed; });
        int steps = 0;
        while (model.canUndo()) {
            model.undo();
            ++steps;
        }
        QCOMPARE(steps, 199);
        QCOMPARE(model.value().seed, std::uint64_t(301));
    }

    void numbersAreReadInTheCLocaleWithExponents() {
        QCOMPARE(parseReal(u" 1e-3 "), std::optional(1e-3));
        QVERIFY(!parseReal(u"0,5"));
        QVERIFY(!parseReal(u"nan"));
        QVERIFY(!parseReal(u"1e999"));
        QVERIFY(!parseReal(u""));
        QCOMPARE(parseInteger(u"6e4"), std::optional<std::int64_t>(60000));
        QVERIFY(!parseInteger(u"1.5"));
        QVERIFY(!parseInteger(u"1e300"));
        QCOMPARE(parseUnsigned(u"18446744073709551615"), std::optional<std::uint64_t>(18446744073709551615U));
        QVERIFY(!parseUnsigned(u"-1"));
    }

    void steppingFollowsOneTwoFive() {
        QCOMPARE(steppedReal(0.01, 1), 0.02);
        QCOMPARE(steppedReal(0.02, 1), 0.05);
        QCOMPARE(steppedReal(0.05, 1), 0.1);
        QCOMPARE(steppedReal(0.1, -1), 0.05);
        QCOMPARE(steppedReal(0.03, -1), 0.02);
        QCOMPARE(steppedReal(-2, 1), -1.0);
    }

    void everyOptionOfEveryPartCanBeReadAndSet() {
        QCOMPARE(offeredParts().size(), partTypes().size());
        for (const OfferedPart& offered : offeredParts()) {
            QCOMPARE(QString::fromStdString(partType(offered.part)), offered.id);
            QVERIFY2(!offered.toolTip.isEmpty(), qPrintable(offered.id));
            QVERIFY(partGroups().contains(offered.group));
            checkOptions(offered.part, offered.id);
        }
    }

    void everyOptionOfEveryAugmentationCanBeReadAndSet() {
        QCOMPARE(offeredAugmentations().size(), std::variant_size_v<Augmentation>);
        for (const OfferedAugmentation& offered : offeredAugmentations()) {
            QVERIFY2(!offered.toolTip.isEmpty(), qPrintable(offered.id));
            checkOptions(offered.augmentation, offered.id);
        }
    }

    void addedAugmentationsDeclareHyperparametersOfTheirOwn() {
        Experiment experiment = preset("fashion-mnist-cnn");
        experiment.augmentation.clear();
        experiment.model.parts = {FlattenPart{}, LinearPart{.out = 10}};
        experiment.hyperparameters.clear();
        for (const OfferedAugmentation& offered : offeredAugmentations())
            // A mixture of mixtures is a mistake of its own.
            for (int times = offered.id == u"mixup" ? 1 : 2; times > 0; --times)
                experiment.augmentation.push_back(withHyperparameters(experiment, offered.augmentation));
        const auto mistakes = validate(experiment);
        QVERIFY2(mistakes.empty(), describe(mistakes).c_str());
        const QStringList names = hyperparameterNames(experiment);
        for (const char* name : {"cutout_holes", "cutout_length", "cutout_length2", "rotation", "rotation2"})
            QVERIFY2(names.contains(QLatin1String(name)), name);
        QVERIFY(experiment.hyperparameters.front().discrete); // holes are whole
        for (const QString& name : names)
            QCOMPARE(usesOf(experiment, name.toStdString()).size(), qsizetype(1));
    }

    void augmentationTableShowsOptionsAndMarksTheCell() {
        AugmentationTableModel table;
        const QAbstractItemModelTester tester(&table);
        Experiment experiment = preset("fashion-mnist-cnn");
        experiment.augmentation = {CutoutSpec{.holes = {.value = 2}, .length = {.hyperparameter = "len"}},
                                   RotationSpec{}};
        table.setExperiment(experiment);
        QCOMPARE(table.rowCount(), 2);
        QCOMPARE(table.columnCount(), 3);
        QCOMPARE(table.index(0, 0).data().toString(), QStringLiteral("cutout"));
        QCOMPARE(table.index(0, 1).data().toString(), QStringLiteral("Holes: 2"));
        QCOMPARE(table.index(0, 2).data(Qt::EditRole).toString(), QStringLiteral("len"));
        QVERIFY(!table.index(1, 2).data().isValid());
        QVERIFY(!table.flags(table.index(1, 2)).testFlag(Qt::ItemIsEditable));
        QCOMPARE(table.columnOf(0, "length"), 2);

        table.setMistakes({{"augmentation[1].degrees", "too far"}});
        const auto mistake = [&table](int row, int column) {
            return table.index(row, column).data(AugmentationTableModel::MistakeRole).toString();
        };
        QCOMPARE(mistake(1, 1), QStringLiteral("too far"));
        QCOMPARE(mistake(0, 1), QString());
        QVERIFY(table.index(1, 0).data().toString().startsWith(u'⚠'));

        Augmentation edited;
        connect(&table, &AugmentationTableModel::augmentationEdited, &table,
                [&edited](int, const Augmentation& one) { edited = one; });
        QString why;
        connect(&table, &AugmentationTableModel::editRefused, &table,
                [&why](int, const QString& text) { why = text; });
        QVERIFY(table.setData(table.index(1, 1), "15"));
        QCOMPARE(std::get<RotationSpec>(edited).strength.value, 15.0);
        QVERIFY(!table.setData(table.index(1, 1), " "));
        QVERIFY(why.contains("nothing"));
        QVERIFY(!table.setData(table.index(1, 2), "1"));
        QVERIFY(!table.setData(table.index(1, 0), "origami"));
    }

    void optionsOfDataFollowTheSource() {
        DataSpec data;
        const auto has = [&data](const char* key) {
            return optionText(data, QString::fromLatin1(key)).has_value();
        };
        QVERIFY(has("split") && !has("level"));
        QCOMPARE(setOption(data, "source", "text"), QString());
        QVERIFY(data.source == DataSource::text);
        QVERIFY(!has("split") && has("level") && has("vocabulary"));
        QVERIFY(setOption(data, "source", "tape").contains("image-folder"));
        QCOMPARE(setOption(data, "path", " a b "), QString());
        QCOMPARE(data.path, std::string(" a b "));
        QVERIFY(!setOption(data, "split", "tail").isEmpty());
    }

    void foundTextIsToldInTokens() {
        DataInfo text = words();
        text.vocabulary = 3912;
        QCOMPARE(describeData(text, TextLevel::word),
                 QStringLiteral(
                     "48,000 training tokens, 9,000 for validation, no test split; 3,912 different words"));
        text.test = 8000;
        QVERIFY(describeData(text, TextLevel::character)
                    .endsWith("8,000 for testing; 3,912 different characters"));
        QVERIFY(describeData(images(), TextLevel::word).contains("10 classes"));
    }

    void offeredPartsStartWithinTheirRanges() {
        for (const OfferedPart& offered : offeredParts()) {
            Experiment experiment = preset("ridge");
            experiment.model.parts = {offered.part};
            for (const Mistake& mistake : validate(experiment))
                QVERIFY2(optionOfPath(mistake.path).isEmpty(),
                         qPrintable(offered.id + u' ' + QString::fromStdString(mistake.message)));
        }
    }

    void weightDecayTakesNumbersAndNames() {
        Part part = LinearPart{.out = 3};
        QCOMPARE(setOption(part, "weight_decay", "1e-4, decay1"), QString());
        const auto& decay = std::get<LinearPart>(part).weightDecay;
        QCOMPARE(decay.size(), std::size_t(2));
        QCOMPARE(decay[0].value, 1e-4);
        QCOMPARE(decay[1].hyperparameter, std::string("decay1"));
        QCOMPARE(setOption(part, "weight_decay", "  "), QString());
        QVERIFY(std::get<LinearPart>(part).weightDecay.empty());
        Part block = ResidualBlockPart{.out = 3};
        QVERIFY(setOption(block, "weight_decay", "1e-4, 1e-3").contains("1e-4, 1e-3"));
    }

    void modelTableFollowsTheShapeThroughTheParts() {
        ModelTableModel table;
        const QAbstractItemModelTester tester(&table);
        const Experiment experiment = preset("fashion-mnist-cnn");
        table.setExperiment(experiment, images());
        QCOMPARE(table.rowCount(), 14);
        const auto shown = [&table](int row, int column) {
            return table.index(row, column).data().toString();
        };
        QCOMPARE(shown(1, ModelTableModel::Type), QStringLiteral("conv2d"));
        QCOMPARE(shown(1, ModelTableModel::Out), QStringLiteral("16"));
        QCOMPARE(shown(1, ModelTableModel::Output), QString::fromStdString(shapeText({16, 28, 28})));
        QCOMPARE(shown(1, ModelTableModel::Weights), QStringLiteral("416"));
        // Twice the layer's numbers and 2 · out · H, less the layer itself.
        QCOMPARE(shown(1, ModelTableModel::Response), QStringLiteral("608"));
        QCOMPARE(shown(0, ModelTableModel::Rate), QStringLiteral("dropout0"));
        QCOMPARE(shown(1, ModelTableModel::Rate), QString());
        QVERIFY(!table.flags(table.index(1, ModelTableModel::Rate)).testFlag(Qt::ItemIsEditable));
        QVERIFY(table.flags(table.index(1, ModelTableModel::Kernel)).testFlag(Qt::ItemIsEditable));
        table.setExperiment(experiment, {});
        QCOMPARE(shown(1, ModelTableModel::Output), QString());
    }

    void modelTableShowsThePartsOfATextModel() {
        ModelTableModel table;
        const QAbstractItemModelTester tester(&table);
        const Experiment experiment = preset("text-lstm-small");
        table.setExperiment(experiment, words());
        QVERIFY(table.report().ok);
        const auto shown = [&table](int row, int column) {
            return table.index(row, column).data().toString();
        };
        QCOMPARE(shown(0, ModelTableModel::Out), QStringLiteral("128"));
        QCOMPARE(shown(0, ModelTableModel::Weights), QStringLiteral("64,000")); // 500 tokens × 128
        QCOMPARE(shown(2, ModelTableModel::Out), QStringLiteral("128"));
        QCOMPARE(shown(6, ModelTableModel::Output), QString::fromStdString(shapeText({35, 500})));
        QCOMPARE(ModelTableModel::columnOf("hidden", experiment.model.parts[2]), int(ModelTableModel::Out));
        QCOMPARE(ModelTableModel::columnOf("layers", experiment.model.parts[2]), -1);
        Part edited;
        connect(&table, &ModelTableModel::partEdited, &table,
                [&edited](int, const Part& part) { edited = part; });
        QVERIFY(table.setData(table.index(2, ModelTableModel::Out), "64"));
        QCOMPARE(std::get<LstmPart>(edited).hidden, 64);
    }

    void modelTableAsksForEditsAndRefusesWhatIsNoValue() {
        ModelTableModel table;
        const QAbstractItemModelTester tester(&table);
        table.setExperiment(preset("fashion-mnist-cnn"), images());
        Part edited;
        connect(&table, &ModelTableModel::partEdited, &table,
                [&edited](int, const Part& part) { edited = part; });
        QString why;
        connect(&table, &ModelTableModel::editRefused, &table,
                [&why](int, const QString& text) { why = text; });
        QVERIFY(table.setData(table.index(1, ModelTableModel::Kernel), "7"));
        QCOMPARE(std::get<Conv2dPart>(edited).kernel, 7);
        QVERIFY(!table.setData(table.index(1, ModelTableModel::Kernel), "seven"));
        QVERIFY(why.contains("seven"));
        QVERIFY(!table.setData(table.index(2, ModelTableModel::Kernel), "3"));
        // A change of type keeps what both types have.
        QVERIFY(table.setData(table.index(3, ModelTableModel::Type), "conv2d"));
        QCOMPARE(std::get<Conv2dPart>(edited).kernel, 2);
    }

    void modelTableMarksTheRowAndTheCell() {
        ModelTableModel table;
        table.setExperiment(preset("fashion-mnist-cnn"), images());
        table.setMistakes({{"model.parts[1].kernel", "too large"}, {"model.parts", "nothing learns"}});
        const auto mistake = [&table](int row, int column) {
            return table.index(row, column).data(ModelTableModel::MistakeRole).toString();
        };
        QCOMPARE(mistake(1, ModelTableModel::Kernel), QStringLiteral("too large"));
        QCOMPARE(mistake(1, ModelTableModel::Type), QStringLiteral("too large"));
        QCOMPARE(mistake(1, ModelTableModel::Out), QString());
        QCOMPARE(mistake(2, ModelTableModel::Type), QString());
        QVERIFY(table.index(1, ModelTableModel::Type).data().toString().startsWith(u'⚠'));
    }

    void hyperparameterTableShowsRangesAndUses() {
        HyperparameterTableModel table;
        const QAbstractItemModelTester tester(&table);
        table.setExperiment(preset("fashion-mnist-cnn"));
        QCOMPARE(table.rowCount(), 6);
        QCOMPARE(table.index(0, HyperparameterTableModel::Initial).data().toString(), QStringLiteral("0.05"));
        QCOMPARE(table.index(0, HyperparameterTableModel::Uses).data().toString(),
                 QStringLiteral("rate of part 1"));
        QCOMPARE(table.index(4, HyperparameterTableModel::Discrete).data(Qt::CheckStateRole).toInt(),
                 int(Qt::Checked));

        Hyperparameter edited;
        connect(&table, &HyperparameterTableModel::hyperparameterEdited, &table,
                [&edited](int, const Hyperparameter& one) { edited = one; });
        QVERIFY(
            table.setData(table.index(0, HyperparameterTableModel::Tune), Qt::Unchecked, Qt::CheckStateRole));
        QVERIFY(!edited.tune);
        QVERIFY(table.setData(table.index(0, HyperparameterTableModel::Max), ""));
        QVERIFY(!edited.max);
        QVERIFY(!table.setData(table.index(0, HyperparameterTableModel::Initial), "much"));
        QVERIFY(!table.setData(table.index(0, HyperparameterTableModel::Scale), ""));
    }

    void renamingAHyperparameterRenamesItsUses() {
        Experiment experiment = preset("fashion-mnist-cnn");
        renameHyperparameter(experiment, 0, "input_dropout");
        QCOMPARE(std::get<Dropout2dPart>(experiment.model.parts[0]).rate.hyperparameter,
                 std::string("input_dropout"));
        QVERIFY(validate(experiment).empty());
    }

    void removingAHyperparameterLeavesItsInitialValue() {
        Experiment experiment = preset("fashion-mnist-cnn");
        removeHyperparameter(experiment, 0);
        QVERIFY(!std::get<Dropout2dPart>(experiment.model.parts[0]).rate.named());
        QCOMPARE(std::get<Dropout2dPart>(experiment.model.parts[0]).rate.value, 0.05);
        QVERIFY(validate(experiment).empty());
    }

    void undeclaredNamesAreFoundOnceWithTheirKind() {
        Experiment experiment = preset("ridge");
        experiment.weightDecay = {{.hyperparameter = "decay_all"}};
        const auto names = undeclaredNames(experiment);
        QCOMPARE(names.size(), std::size_t(1));
        QCOMPARE(names[0].first, std::string("decay_all"));
        declareHyperparameter(experiment, names[0].first, *names[0].second);
        QVERIFY(experiment.hyperparameters.back().log);
        QVERIFY(undeclaredNames(experiment).empty());
    }

    void templatesFitTheirDataAndDeclareWhatTheyUse_data() {
        QTest::addColumn<int>("kind");
        QTest::addColumn<bool>("dropout");
        QTest::newRow("linear") << 0 << true;
        QTest::newRow("mlp") << 1 << true;
        QTest::newRow("mlp without dropout") << 1 << false;
        QTest::newRow("cnn") << 2 << true;
        QTest::newRow("cnn without dropout") << 2 << false;
    }
    void templatesFitTheirDataAndDeclareWhatTheyUse() {
        QFETCH(int, kind);
        QFETCH(bool, dropout);
        Experiment experiment = preset("fashion-mnist-cnn");
        DataInfo info = images();
        info.outputs = 7;
        applyTemplate(experiment, {.kind = ModelTemplate::Kind(kind), .widths = {8, 12}, .dropout = dropout},
                      info);
        const auto mistakes = validate(experiment);
        QVERIFY2(mistakes.empty(), describe(mistakes).c_str());
        const auto withData = validate(experiment, info);
        QVERIFY2(withData.empty(), describe(withData).c_str());
        QCOMPARE(inspectModel(experiment.model, image, 0).output, Shape{7});
        const bool has = std::ranges::any_of(
            experiment.hyperparameters, [](const Hyperparameter& one) { return one.name == "dropout0"; });
        QCOMPARE(has, dropout && kind != 0);
    }

    void templateForTextFitsTextAndIsTiedToItsEmbedding() {
        for (const bool dropout : {true, false}) {
            Experiment experiment = preset("text-lstm-small");
            applyTemplate(experiment,
                          {.kind = ModelTemplate::Kind::lstm, .widths = {8, 12, 16}, .dropout = dropout},
                          words());
            if (!dropout) experiment.tuner.options = FixedOptions{}; // nothing is left to tune
            auto mistakes = validate(experiment);
            QVERIFY2(mistakes.empty(), describe(mistakes).c_str());
            mistakes = validate(experiment, words());
            QVERIFY2(mistakes.empty(), describe(mistakes).c_str());
            QCOMPARE(experiment.hyperparameters.size(), std::size_t(dropout ? 4 : 0));
            QCOMPARE(std::get<EmbeddingPart>(experiment.model.parts.front()).width, 16);
        }
    }

    void boardGivesAMistakeToTheNearestPlace() {
        MarkBoard board;
        Place rate, optimizers, model;
        board.add("optimizers", &optimizers);
        board.add("optimizers.general.lr", &rate);
        board.add("model", &model);
        board.show({{"optimizers.general.lr", "a"},
                    {"optimizers.general.lrx", "b"},
                    {"model.parts[3].kernel", "c"},
                    {"modelling", "d"}});
        QCOMPARE(rate.shown, (std::vector<Mistake>{{"optimizers.general.lr", "a"}}));
        QCOMPARE(optimizers.shown, (std::vector<Mistake>{{"optimizers.general.lrx", "b"}}));
        QCOMPARE(model.shown, (std::vector<Mistake>{{"model.parts[3].kernel", "c"}}));
        QVERIFY(board.reveal("model.parts[3].kernel"));
        QCOMPARE(model.revealed, QStringLiteral("model.parts[3].kernel"));
        QVERIFY(!board.reveal("modelling"));
        board.show({});
        QVERIFY(rate.shown.empty());
        rate.problem = "no number";
        QCOMPARE(board.inputProblems(), (std::vector<Mistake>{{"optimizers.general.lr", "no number"}}));
    }

    void sentencesBeginWithACapitalLetterButNamesStay() {
        QCOMPARE(sentenceOf({"epochs", "expected 1, found 0"}), QStringLiteral("Expected 1, found 0."));
        QCOMPARE(sentenceOf({"data.path", "cifar-10: there is no such folder."}),
                 QStringLiteral("cifar-10: there is no such folder."));
    }

    void bandOfTheInitialPointIsThatOfTheTransform() {
        const Hyperparameter rate{.name = "rate", .initial = 0.475, .min = 0, .max = 0.95, .scale = 1.0};
        const auto band = initialBand(rate);
        QVERIFY(band);
        QVERIFY(std::abs(band->unconstrained) < 1e-12);
        QVERIFY(std::abs(band->high - 0.95 / (1 + std::exp(-1.0))) < 1e-12);
        QVERIFY(!initialBand({.name = "outside", .initial = 2, .min = 0, .max = 1}));
    }

    void tunableTextIsANumberOrAName() {
        QCOMPARE(tunableFromText("0.5").value, 0.5);
        QVERIFY(!tunableFromText("0.5").named());
        QCOMPARE(tunableFromText(" dropout0 ").hyperparameter, std::string("dropout0"));
        QCOMPARE(tunableText({.value = 1e-4}), QStringLiteral("1e-4"));
    }
};

DSTN_TEST(SetupModelsTest)
#include "tst_setup_models.moc"
