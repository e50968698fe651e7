#include "core/experiment/data_fields.h"
#include "core/experiment/experiment.h"
#include "core/spec/step_cost.h"
#include "tests/program.h"

#include <QTest>

#include <set>
#include <stdexcept>

using namespace dstn;

namespace {

/// An experiment that every type of tuner can be put to: a hyperparameter with a range, by which the training
/// loss has a derivative.
Experiment experimentWith(std::string_view tuner) {
    const ParsedExperiment parsed = parseExperiment(R"({
        "schema": 1, "name": "small",
        "data": {"source": "synthetic-regression", "features": 3},
        "model": {"parts": [{"type": "linear", "out": 1}]},
        "regularization": {"weight_decay": "decay"},
        "hyperparameters": [{"name": "decay", "initial": 0.1, "min": 0.01, "max": 1, "log": true}]})");
    if (!parsed.experiment) qFatal("%s", describe(parsed.mistakes).c_str());
    Experiment experiment = *parsed.experiment;
    chooseTuner(experiment.tuner, tuner);
    if (auto* schedule = std::get_if<ReplayOptions>(&experiment.tuner.options))
        *schedule = {.steps = {0, 5}, .values = {{"decay", {0.1, 0.2}}}};
    return experiment;
}

} // namespace

/// What the program knows of each type of tuner and of data source.
class TestTunerTypes : public QObject {
    Q_OBJECT

    static void everyType() {
        QTest::addColumn<QString>("id");
        for (const TunerTraits& type : tunerTypes())
            QTest::newRow(std::string(type.id).c_str()) << QString::fromUtf8(type.id);
    }

  private Q_SLOTS:
    void everyAlternativeHasARowOfItsOwn() {
        QCOMPARE(tunerTypes().size(), std::variant_size_v<TunerOptions>);
        std::set<std::string_view> ids, titles, descriptions;
        for (const TunerTraits& type : tunerTypes()) {
            QVERIFY(!type.id.empty() && !type.title.empty() && !type.description.empty());
            ids.insert(type.id);
            titles.insert(type.title);
            descriptions.insert(type.description);
            QCOMPARE(findTuner(type.id), &type);
            const TunerSpec spec{.options = tunerOptions(type.id)};
            QCOMPARE(&traitsOf(spec), &type);
        }
        QCOMPARE(ids.size(), tunerTypes().size());
        QCOMPARE(titles.size(), tunerTypes().size());
        QCOMPARE(descriptions.size(), tunerTypes().size());
        QCOMPARE(findTuner("annealing"), nullptr);
        QVERIFY_THROWS_EXCEPTION(std::out_of_range, tunerOptions("annealing"));
        TunerSpec spec;
        QVERIFY_THROWS_EXCEPTION(std::out_of_range, chooseTuner(spec, "annealing"));
    }

    void rowsDoNotContradictThemselves_data() { everyType(); }
    void rowsDoNotContradictThemselves() {
        QFETCH(QString, id);
        const TunerTraits& type = *findTuner(id.toStdString());
        QCOMPARE(type.trials != nullptr, type.searches());
        if (type.sideBySide || type.points != nullptr || type.stopsEarly != nullptr) QVERIFY(type.searches());
        if (type.perturbs || type.needsDerivatives || type.followsRun) QVERIFY(type.moves());
        if (type.learnsResponse || type.mapsAllWeights) QVERIFY(type.perturbs);
        if (type.linearizes || type.centered != nullptr) QVERIFY(type.learnsResponse);
        if (type.needsSgd) QVERIFY(type.needsDerivatives);
        if (type.cost != nullptr) QVERIFY(type.moves());
        const StepCost cost = costOf({.options = tunerOptions(type.id)}, 3);
        QVERIFY(cost.train >= 1.0 && cost.least <= cost.validate);
        QCOMPARE(cost.validate > 0.0, type.moves() && !type.followsRun);
    }

    void documentsOfEveryTypeComeBack_data() { everyType(); }
    void documentsOfEveryTypeComeBack() {
        QFETCH(QString, id);
        const Experiment experiment = experimentWith(id.toStdString());
        QVERIFY2(validate(experiment).empty(), describe(validate(experiment)).c_str());
        const std::string document = toJson(experiment);
        const ParsedExperiment parsed = parseExperiment(document);
        QVERIFY2(parsed.experiment, describe(parsed.mistakes).c_str());
        QVERIFY(*parsed.experiment == experiment);
        QCOMPARE(toJson(*parsed.experiment), document);
        // So does one that another type was assigned to, and assigned back.
        const std::string other = id == "fixed" ? "stn" : "fixed";
        const ParsedExperiment away = parseExperiment(document, {{"tuner.type", other}});
        QVERIFY2(away.experiment, describe(away.mistakes).c_str());
        QCOMPARE(traitsOf(away.experiment->tuner).id, std::string_view(other));
    }

    void anotherTypeKeepsWhatBothHave() {
        TunerSpec spec{.trainSteps = 9,
                       .options = RandomOptions{.trials = 7,
                                                .sampling = Sampling::sobol,
                                                .halving = {.earlyStopping = EarlyStopping::asha}}};
        chooseTuner(spec, "bayesian");
        QVERIFY(spec.options == TunerOptions(BayesianOptions{
                                    .trials = 7, .halving = {.earlyStopping = EarlyStopping::asha}}));
        chooseTuner(spec, "grid");
        QVERIFY(spec.options == TunerOptions(GridOptions{.trials = 7}));
        chooseTuner(spec, "implicit");
        QVERIFY(spec.options == TunerOptions(ImplicitOptions{}));
        QCOMPARE(spec.trainSteps, 9);
        // The values of a schedule are no values of a grid.
        spec.options = ReplayOptions{.steps = {0}, .values = {{"decay", {0.1}}}};
        chooseTuner(spec, "grid");
        QVERIFY(spec.options == TunerOptions(GridOptions{}));
    }

    void everySourceHasARowOfItsOwn() {
        std::set<std::string_view> ids;
        for (std::size_t i = 0; i < std::size(sourceTypes); ++i) {
            const SourceTraits& row = sourceTypes[i];
            QCOMPARE(static_cast<std::size_t>(row.source), i);
            QCOMPARE(sourceOptions[i].value, row.source);
            QCOMPARE(sourceOptions[i].name, row.id);
            ids.insert(row.id);
            // In a list of runs it goes by a name of its own, or by that of its file.
            QVERIFY(!row.name.empty() || row.path != PathKind::none);
            QCOMPARE(row.pathMeaning.empty(), row.path == PathKind::none);
        }
        QCOMPARE(ids.size(), std::size(sourceTypes));
    }
};

DSTN_TEST(TestTunerTypes)
#include "tst_tuner_types.moc"
