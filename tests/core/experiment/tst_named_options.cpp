#include "core/experiment/experiment.h"
#include "tests/program.h"

#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

#include <nlohmann/json.hpp>

using namespace dstn;

/// The options of the data that messages and the manual name are options that a document takes.
class TestNamedOptions : public QObject {
    Q_OBJECT

    static void collect(const nlohmann::json& schema, QSet<QString>& names) {
        for (const char* list : {"oneOf", "anyOf"})
            if (schema.contains(list))
                for (const auto& kind : schema.at(list)) collect(kind, names);
        if (!schema.contains("properties")) return;
        for (const auto& property : schema.at("properties").items())
            names.insert(QString::fromStdString(property.key()));
    }

  private slots:
    void optionsInMessagesExist() {
        QSet<QString> options;
        collect(nlohmann::json::parse(experimentSchema()).at("properties").at("data"), options);
        QVERIFY(options.contains("on_missing") && options.contains("layout"));
        static const QRegularExpression literal("\"(?:[^\"\\\\]|\\\\.)*\"");
        // "data.csv" is a file in an example.
        static const QRegularExpression option("\\bdata\\.(?!csv\\b)([a-z_]+)\\b(?![(.])");
        int named = 0;
        for (const char* folder : {"core", "app", "ui"}) {
            QDirIterator files(QString(DSTN_SOURCE_DIR) + '/' + folder, {"*.cpp", "*.h"}, QDir::Files,
                               QDirIterator::Subdirectories);
            while (files.hasNext()) {
                QFile file(files.next());
                QVERIFY(file.open(QIODevice::ReadOnly));
                const QString text = QString::fromUtf8(file.readAll());
                for (auto strings = literal.globalMatch(text); strings.hasNext();) {
                    const QString words = strings.next().captured();
                    if (words.contains("#include") || words.contains('/')) continue;
                    for (auto found = option.globalMatch(words); found.hasNext();) {
                        const QString name = found.next().captured(1);
                        ++named;
                        QVERIFY2(options.contains(name), qPrintable(file.fileName() + ": data." + name));
                    }
                }
            }
        }
        QVERIFY(named > 50);
    }
};

DSTN_TEST(TestNamedOptions)
#include "tst_named_options.moc"
