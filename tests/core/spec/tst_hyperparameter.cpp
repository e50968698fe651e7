#include "core/spec/hyperparameter.h"
#include "tests/program.h"

#include <QDir>
#include <QTest>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace dstn;

namespace {

bool close(double a, double b, double tolerance) {
    return std::abs(a - b) <= tolerance * std::max({1.0, std::abs(a), std::abs(b)});
}

} // namespace

class tst_hyperparameter : public QObject {
    Q_OBJECT

  private slots:
    void shapeFollowsTheBounds();
    void naturalValueComesBack_data();
    void naturalValueComesBack();
    void unconstrainedValueComesBack_data();
    void unconstrainedValueComesBack();
    void derivativeAgreesWithACentralDifference_data();
    void derivativeAgreesWithACentralDifference();
    void extremeValuesStayInTheRange_data();
    void extremeValuesStayInTheRange();
    void valueOnABoundHasNoFiniteCounterpart();
    void softplusHasAnExactInverse();
    void bandLiesAroundTheUnconstrainedValue_data();
    void bandLiesAroundTheUnconstrainedValue();
    void referenceFiguresAreMet_data();
    void referenceFiguresAreMet();

  private:
    static void addKinds();
    static Hyperparameter kind(const QString& name);
};

Hyperparameter tst_hyperparameter::kind(const QString& name) {
    Hyperparameter h{.name = "h"};
    h.log = name.contains("log");
    if (name.contains("min")) h.min = 0.25;
    if (name.contains("max")) h.max = 8.0;
    return h;
}

void tst_hyperparameter::addKinds() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"free", "min", "max", "min max", "log", "log min", "log max", "log min max"})
        QTest::newRow(name) << name;
}

void tst_hyperparameter::shapeFollowsTheBounds() {
    using enum Transform::Shape;
    const auto shape = [](const char* name) { return Transform(kind(name)).shape(); };
    QVERIFY(shape("free") == identity && shape("log") == identity);
    QVERIFY(shape("min") == lower && shape("log min") == lower);
    QVERIFY(shape("max") == upper && shape("log max") == upper);
    QVERIFY(shape("min max") == interval && shape("log min max") == interval);
    // The formulas of the design, at a point.
    QCOMPARE(Transform(kind("free")).toNatural(-1.5), -1.5);
    QCOMPARE(Transform(kind("log")).toNatural(-1.5), std::exp(-1.5));
    QCOMPARE(Transform(kind("min")).toNatural(0.5), 0.25 + std::log(1 + std::exp(0.5)));
    QCOMPARE(Transform(kind("min max")).toNatural(0.5), 0.25 + 7.75 / (1 + std::exp(-0.5)));
}

void tst_hyperparameter::naturalValueComesBack_data() { addKinds(); }

void tst_hyperparameter::naturalValueComesBack() {
    QFETCH(QString, name);
    const Transform transform(kind(name));
    for (const double natural : {0.2500001, 0.26, 0.5, 1.0, 3.0, 7.5, 7.9999})
        QVERIFY(close(transform.toNatural(transform.toUnconstrained(natural)), natural, 1e-12));
}

void tst_hyperparameter::unconstrainedValueComesBack_data() { addKinds(); }

void tst_hyperparameter::unconstrainedValueComesBack() {
    QFETCH(QString, name);
    const Transform transform(kind(name));
    for (const double u : {-8.0, -3.0, -0.5, 0.0, 0.5, 3.0, 8.0})
        QVERIFY(close(transform.toUnconstrained(transform.toNatural(u)), u, 1e-9));
}

void tst_hyperparameter::derivativeAgreesWithACentralDifference_data() { addKinds(); }

void tst_hyperparameter::derivativeAgreesWithACentralDifference() {
    QFETCH(QString, name);
    const Transform transform(kind(name));
    constexpr double step = 1e-5;
    for (const double u : {-6.0, -2.0, -0.25, 0.0, 0.25, 2.0, 6.0}) {
        const double difference =
            (transform.toNatural(u + step) - transform.toNatural(u - step)) / (2 * step);
        QVERIFY2(close(transform.derivative(u), difference, 1e-8), qPrintable(QString::number(u)));
    }
}

void tst_hyperparameter::extremeValuesStayInTheRange_data() { addKinds(); }

void tst_hyperparameter::extremeValuesStayInTheRange() {
    QFETCH(QString, name);
    const Hyperparameter h = kind(name);
    const Transform transform(h);
    const double slack = 1e-12;
    for (const double u : {-1e4, -745.0, -40.0, 40.0, 700.0, 1e4}) {
        const double natural = transform.toNatural(u);
        QVERIFY(!std::isnan(natural));
        QVERIFY(!std::isnan(transform.derivative(u)));
        if (h.min) QVERIFY(natural >= *h.min - slack);
        if (h.max) QVERIFY(natural <= *h.max + slack);
        if (h.log) QVERIFY(natural >= 0);
        if (h.min && h.max) QVERIFY(std::isfinite(transform.derivative(u)));
    }
}

void tst_hyperparameter::valueOnABoundHasNoFiniteCounterpart() {
    QVERIFY(!std::isfinite(Transform(kind("min max")).toUnconstrained(0.25)));
    QVERIFY(!std::isfinite(Transform(kind("min max")).toUnconstrained(8.0)));
    QVERIFY(!std::isfinite(Transform(kind("min")).toUnconstrained(0.25)));
    QVERIFY(!std::isfinite(Transform(kind("max")).toUnconstrained(8.0)));
    QVERIFY(!std::isfinite(Transform(kind("log")).toUnconstrained(0.0)));
}

void tst_hyperparameter::softplusHasAnExactInverse() {
    QCOMPARE(softplus(0.0), std::log(2.0));
    for (const double raw : {-700.0, -30.0, -1.0, 0.0, 1.0, 30.0, 1e6})
        QVERIFY(close(inverseSoftplus(softplus(raw)), raw, 1e-12));
    for (const double value : {1e-300, 1e-8, 0.5, 1.0, 50.0, 1e8})
        QVERIFY(std::abs(softplus(inverseSoftplus(value)) / value - 1) < 1e-12);
}

void tst_hyperparameter::referenceFiguresAreMet_data() {
    QTest::addColumn<QString>("file");
    const QDir folder(QString(DSTN_TEST_DATA) + "/reference");
    for (const QString& file : folder.entryList({"*.json"}))
        QTest::newRow(qPrintable(file)) << folder.filePath(file);
}

void tst_hyperparameter::referenceFiguresAreMet() {
    QFETCH(QString, file);
    std::ifstream stream(file.toStdString());
    const auto reference = nlohmann::json::parse(stream);
    const auto& declared = reference["hyperparameters"];
    QVERIFY(!declared.empty());
    for (std::size_t i = 0; i < declared.size(); ++i) {
        Hyperparameter h{.name = declared[i]["name"], .initial = declared[i]["value"]};
        // A bound that is not there is written as text.
        if (declared[i]["min"].is_number()) h.min = declared[i]["min"].get<double>();
        if (declared[i]["max"].is_number()) h.max = declared[i]["max"].get<double>();
        const Transform transform(h);
        const double unconstrained = reference["h"][i];
        QVERIFY(close(transform.toUnconstrained(h.initial), unconstrained, 1e-12));
        QVERIFY(close(transform.toNatural(unconstrained), h.initial, 1e-12));
        const double raw = reference["h_scale_raw"][i];
        QVERIFY(close(softplus(raw), declared[i]["scale"], 1e-12));
        QVERIFY(close(inverseSoftplus(declared[i]["scale"]), raw, 1e-12));
    }
}

void tst_hyperparameter::bandLiesAroundTheUnconstrainedValue_data() { addKinds(); }
void tst_hyperparameter::bandLiesAroundTheUnconstrainedValue() {
    QFETCH(QString, name);
    const Transform transform(kind(name));
    for (const double u : {-2.0, 0.25, 1.5}) {
        const HyperparameterPoint at = pointAt(transform, u, 0.5);
        QVERIFY(at.value == transform.toNatural(u));
        QCOMPARE(at.spread->scale, 0.5);
        QVERIFY(at.spread->lower == transform.toNatural(u - 0.5));
        QVERIFY(at.spread->upper == transform.toNatural(u + 0.5));
        QVERIFY(at.spread->lower < at.value && at.value < at.spread->upper);
        QVERIFY(!pointAt(transform, u, std::nullopt).spread);
        // From the natural value alone, which is kept as it is.
        const HyperparameterPoint of = pointOf(transform, at.value, 0.5);
        QVERIFY(of.value == at.value);
        QVERIFY(close(of.spread->lower, at.spread->lower, 1e-12));
        QVERIFY(close(of.spread->upper, at.spread->upper, 1e-12));
        QVERIFY(!pointOf(transform, at.value, std::nullopt).spread);
    }
}

DSTN_TEST(tst_hyperparameter)
#include "tst_hyperparameter.moc"
