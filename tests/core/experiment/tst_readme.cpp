#include "core/experiment/data_fields.h"
#include "core/experiment/experiment.h"
#include "core/spec/model.h"
#include "core/spec/tuner_spec.h"
#include "core/study/study.h"
#include "tests/program.h"

#include <QFile>
#include <QRegularExpression>
#include <QTest>

/// What the README shows must be true of the program.
class TestReadme : public QObject {
    Q_OBJECT

    QString readme_;

  private slots:
    void initTestCase() {
        QFile file(QString(DSTN_SOURCE_DIR) + "/README.md");
        QVERIFY(file.open(QIODevice::ReadOnly));
        readme_ = QString::fromUtf8(file.readAll());
    }

    void examplesAreExperimentsWithoutMistakes() {
        static const QRegularExpression block("```json\n(.*?)```",
                                              QRegularExpression::DotMatchesEverythingOption);
        int count = 0;
        for (auto match = block.globalMatch(readme_); match.hasNext(); ++count) {
            const std::string text = match.next().captured(1).toStdString();
            const bool study = text.find("\"methods\"") != std::string::npos;
            const auto mistakes =
                study ? dstn::parseStudy(text, [](const auto& id) { return dstn::findPreset(id)->json; })
                            .mistakes
                      : dstn::parseExperiment(text).mistakes;
            QVERIFY2(mistakes.empty(), dstn::describe(mistakes).c_str());
        }
        QVERIFY(count > 0);
    }

    void everyPartTunerAndAugmentationIsNamed() {
        for (const std::string_view type : dstn::augmentationTypes)
            QVERIFY2(readme_.contains("`" + QString::fromStdString(std::string(type)) + "`"), type.data());
        for (const std::string& type : dstn::partTypes())
            QVERIFY2(readme_.contains("`" + QString::fromStdString(type) + "`"), type.c_str());
        for (const dstn::TunerTraits& tuner : dstn::tunerTypes())
            QVERIFY2(readme_.contains("`" + QString::fromUtf8(tuner.id) + "`"), tuner.id.data());
    }

    void filesThatItNamesExist() {
        static const QRegularExpression path("`((?:app|core|ui|tests|resources)/[\\w./-]+)`");
        int count = 0;
        for (auto match = path.globalMatch(readme_); match.hasNext(); ++count) {
            const QString name = match.next().captured(1);
            QVERIFY2(QFile::exists(QString(DSTN_SOURCE_DIR) + "/" + name), qPrintable(name));
        }
        QVERIFY(count > 5);
    }
};

DSTN_TEST(TestReadme)
#include "tst_readme.moc"
