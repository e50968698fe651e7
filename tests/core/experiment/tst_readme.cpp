#include "core/archive/archive.h"
#include "core/experiment/data_fields.h"
#include "core/experiment/experiment.h"
#include "core/spec/model.h"
#include "core/spec/tuner_spec.h"
#include "core/study/study.h"
#include "tests/program.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QMap>
#include <QRegularExpression>
#include <QSet>
#include <QTemporaryDir>
#include <QTest>

namespace {

const QString root = DSTN_SOURCE_DIR "/";

QString read(const QString& name) {
    QFile file(root + name);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

QStringList captures(const QString& text, const QRegularExpression& expression) {
    QStringList all;
    for (auto match = expression.globalMatch(text); match.hasNext();) all += match.next().captured(1);
    return all;
}

/// What the code blocks of this language hold.
QStringList blocks(const QString& page, const QString& language) {
    return captures(page, QRegularExpression("```" + language + "\n(.*?)```",
                                             QRegularExpression::DotMatchesEverythingOption));
}

QString withoutBlocks(QString page) {
    static const QRegularExpression block("```.*?```", QRegularExpression::DotMatchesEverythingOption);
    return page.remove(block);
}

QStringList codeSpans(const QString& page) {
    static const QRegularExpression span("`([^`\n]+)`");
    return captures(withoutBlocks(page), span);
}

/// Everything that is to be typed: code spans, and the lines of shell blocks.
QStringList commandsOf(const QString& page) {
    QStringList all = codeSpans(page);
    for (const QString& block : blocks(page, "sh")) all += block.split('\n');
    return all;
}

/// The anchors of a page's headings, as web views of repositories make them.
QSet<QString> anchorsOf(const QString& page) {
    static const QRegularExpression heading("^#+ (.*)$", QRegularExpression::MultilineOption);
    static const QRegularExpression dropped(R"([^\w\- ])", QRegularExpression::UseUnicodePropertiesOption);
    QSet<QString> anchors;
    for (QString text : captures(withoutBlocks(page), heading))
        anchors += text.toLower().remove(dropped).replace(' ', '-');
    return anchors;
}

/// What is wrong with the links of a page that lead to files here, as lines.
QStringList brokenLinks(const QString& name, const QString& page) {
    static const QRegularExpression link(R"(\[[^\]]*\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$)",
                                         QRegularExpression::MultilineOption);
    QStringList broken;
    const QString text = withoutBlocks(page);
    for (auto match = link.globalMatch(text); match.hasNext();) {
        const auto found = match.next();
        const QString target = found.captured(1) + found.captured(2);
        if (target.contains("://")) continue;
        const QString path = target.section('#', 0, 0), anchor = target.section('#', 1);
        const QString file = path.isEmpty() ? name : QDir::cleanPath(QFileInfo(name).path() + "/" + path);
        if (!QFile::exists(root + file))
            broken += name + ": " + target + ": there is no such file";
        else if (!anchor.isEmpty() && !anchorsOf(path.isEmpty() ? page : read(file)).contains(anchor))
            broken += name + ": " + target + ": there is no such heading";
    }
    return broken;
}

} // namespace

/// What the README and the manual show must be true of the program.
class TestReadme : public QObject {
    Q_OBJECT

    QMap<QString, QString> pages_; ///< by their paths
    QString manual_;               ///< all its pages

  private slots:
    void initTestCase() {
        QStringList names{"README.md", "core/README.md", "resources/CHANGELOG.md"};
        for (const QString& name : QDir(root + "resources/manual").entryList({"*.md"}))
            names += "resources/manual/" + name;
        for (const QString& name : names) {
            pages_[name] = read(name);
            QVERIFY2(!pages_[name].isEmpty(), qPrintable(name));
            if (name.startsWith("resources/manual/")) manual_ += pages_[name];
        }
        QVERIFY(pages_.contains("resources/manual/index.md"));
    }

    void examplesAreExperimentsWithoutMistakes() {
        int count = 0;
        for (const QString& page : pages_)
            for (const QString& block : blocks(page, "json")) {
                const std::string text = block.toStdString();
                const bool study = text.find("\"methods\"") != std::string::npos;
                const auto mistakes =
                    study ? dstn::parseStudy(text, [](const auto& id) { return dstn::findPreset(id)->json; })
                                .mistakes
                          : dstn::parseExperiment(text).mistakes;
                QVERIFY2(mistakes.empty(), dstn::describe(mistakes).c_str());
                ++count;
            }
        QVERIFY(count >= 4);
    }

    void everyPartTunerAugmentationAndSourceIsNamed() {
        for (const std::string_view type : dstn::augmentationTypes)
            QVERIFY2(manual_.contains("`" + QString::fromStdString(std::string(type)) + "`"), type.data());
        for (const std::string& type : dstn::partTypes())
            QVERIFY2(manual_.contains("`" + QString::fromStdString(type) + "`"), type.c_str());
        for (const dstn::TunerTraits& tuner : dstn::tunerTypes())
            QVERIFY2(manual_.contains("`" + QString::fromUtf8(tuner.id) + "`"), tuner.id.data());
        for (const auto& source : dstn::sourceOptions)
            QVERIFY2(manual_.contains("`" + QString::fromStdString(std::string(source.name)) + "`"),
                     std::string(source.name).c_str());
    }

    void filesThatTheyNameExist() {
        static const QRegularExpression path("^(?:app|core|ui|tests|resources)/[\\w./-]+$");
        int count = 0;
        for (auto page = pages_.cbegin(); page != pages_.cend(); ++page)
            for (const QString& span : codeSpans(page.value())) {
                if (!path.match(span).hasMatch()) continue;
                QVERIFY2(QFile::exists(root + span), qPrintable(page.key() + ": " + span));
                ++count;
            }
        QVERIFY(count > 5);
    }

    void readmeIsShort() { QVERIFY(pages_["README.md"].toUtf8().size() < 15 * 1024); }

    void contributingIsTheLastSectionOfTheReadme() {
        static const QRegularExpression section("^## (.*)$", QRegularExpression::MultilineOption);
        QCOMPARE(captures(withoutBlocks(pages_["README.md"]), section).last(), QString("Contributing"));
    }

    void linksLeadSomewhere() {
        QStringList broken;
        for (auto page = pages_.cbegin(); page != pages_.cend(); ++page)
            broken += brokenLinks(page.key(), page.value());
        QVERIFY2(broken.isEmpty(), qPrintable(broken.join('\n')));
    }

    void brokenLinksAreSeen() {
        const QString page = "# A heading, with `code` & more\n[a](core/README.md) ![b](none.png)\n"
                             "[c](#a-heading-with-code--more) [d](#other) [e](core/README.md#the-house)\n"
                             "[f](core/README.md#none) [g](https://none.invalid/x)\n```\n[h](none)\n```\n"
                             "[i]: none.md\n";
        QCOMPARE(brokenLinks("README.md", page),
                 (QStringList{"README.md: none.png: there is no such file",
                              "README.md: #other: there is no such heading",
                              "README.md: core/README.md#none: there is no such heading",
                              "README.md: none.md: there is no such file"}));
    }

    void indexLeadsToEveryPageOfTheManual() {
        const QString index = pages_["resources/manual/index.md"];
        for (const QString& name : QDir(root + "resources/manual").entryList({"*.md"}))
            QVERIFY2(name == "index.md" || index.contains("](" + name + ")"), qPrintable(name));
    }

    /// Qt's reader of Markdown, which shows the manual in the window, knows no HTML here.
    void manualHasNoHtml() {
        static const QRegularExpression tag("<[a-zA-Z/!][^>\n]*>");
        const QString text = withoutBlocks(manual_).remove(QRegularExpression("`[^`\n]*`"));
        const auto match = tag.match(text);
        QVERIFY2(!match.hasMatch(), qPrintable(match.captured()));
    }

    void commandsExist() {
        static const QRegularExpression command("\\bdstn ([a-z]+)\\b");
        static const QRegularExpression preset("\\bdstn (run|study) ([a-z][a-z0-9-]+)(?![\\w./])");
        static const QRegularExpression option("(?<=[\\s(]|^)(--[a-z][a-z-]*)");
        QString sources;
        for (const QString& name : QDir(root + "app/dstn").entryList({"*.h", "*.cpp"}))
            sources += read("app/dstn/" + name);
        int commands = 0, presets = 0, options = 0;
        for (auto page = pages_.cbegin(); page != pages_.cend(); ++page)
            for (const QString& typed : commandsOf(page.value())) {
                const QByteArray place = (page.key() + ": " + typed).toUtf8();
                for (const QString& name : captures(typed, command)) {
                    QVERIFY2(QFile::exists(root + "app/dstn/command_" + name + ".cpp"), place);
                    ++commands;
                }
                for (auto match = preset.globalMatch(typed); match.hasNext(); ++presets) {
                    const auto found = match.next();
                    const std::string id = found.captured(2).toStdString();
                    QVERIFY2(found.captured(1) == "run" ? dstn::findPreset(id) != nullptr
                                                        : dstn::findStudyPreset(id) != nullptr,
                             place);
                }
                if (!typed.contains("dstn ") && !typed.startsWith("--")) continue;
                for (const QString& name : captures(typed, option)) {
                    QVERIFY2(name == "--help" || sources.contains("\"" + name + "\"") ||
                                 sources.contains("," + name + "\""),
                             place);
                    ++options;
                }
            }
        QVERIFY(commands > 20 && presets > 2 && options > 20);
    }

    void queriesAndViewsAreTheArchives() {
        const QTemporaryDir folder;
        const std::string path = (folder.path() + "/runs.sqlite").toStdString();
        const dstn::Archive archive(path);
        SQLite::Database database(path, SQLite::OPEN_READONLY);
        const QString page = pages_["resources/manual/archive.md"];
        const QStringList queries = blocks(page, "sql");
        QCOMPARE(queries.size(), 3);
        for (const QString& query : queries) {
            try {
                SQLite::Statement statement(database, query.toStdString());
                QVERIFY(!statement.executeStep());
            } catch (const SQLite::Exception& error) {
                QFAIL(qPrintable(query + error.what()));
            }
        }
        static const QRegularExpression row(R"(^\| `(\w+)` \| [^|]* \| (.*) \|$)",
                                            QRegularExpression::MultilineOption);
        QStringList views;
        for (auto match = row.globalMatch(page); match.hasNext();) {
            const auto found = match.next();
            views += found.captured(1);
            QStringList columns;
            SQLite::Statement statement(database, "SELECT name FROM pragma_table_info('" +
                                                      views.last().toStdString() + "')");
            while (statement.executeStep())
                columns += QString::fromStdString(statement.getColumn(0).getString());
            QStringList told = codeSpans(found.captured(2));
            columns.sort();
            told.sort();
            QCOMPARE(told, columns);
        }
        views.sort();
        QStringList own;
        SQLite::Statement statement(database,
                                    "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name");
        while (statement.executeStep()) own += QString::fromStdString(statement.getColumn(0).getString());
        QCOMPARE(views, own);
    }
};

DSTN_TEST(TestReadme)
#include "tst_readme.moc"
