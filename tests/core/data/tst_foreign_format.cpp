#include "core/data/dataset.h"
#include "core/data/foreign_format.h"
#include "core/error.h"
#include "tests/program.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace dstn;
using namespace std::string_literals;

namespace {

QString refusal(const std::string& content, WantedText wanted) {
    try {
        refuseForeignFormat(content, "d.file", wanted);
    } catch (const Error& error) {
        return error.kind() == ErrorKind::data ? error.what() : "another kind";
    }
    return {};
}

} // namespace

class TestForeignFormat : public QObject {
    Q_OBJECT

  private slots:
    void formatIsNamedWithWhatToDo_data() {
        QTest::addColumn<std::string>("content");
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("advice");
        const auto row = [](const char* name, std::string content, const char* what, const char* advice) {
            QTest::newRow(name) << std::move(content) << QString(what) << QString(advice);
        };
        row("xlsx", "PK\x03\x04....[Content_Types].xml....xl/workbook.xml", "an Excel workbook", "as CSV");
        row("ods", "PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "OpenDocument",
            "as CSV");
        row("docx", "PK\x03\x04....word/document.xml", "word processor", "plain text");
        row("npz", "PK\x03\x04....x_train.npy", "a NumPy archive", "data.source to numpy");
        row("zip", "PK\x03\x04....table.csv", "a ZIP archive", "Unpack it");
        row("xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1...", "older Office", "as CSV");
        row("parquet", "PAR1\x15\x04\0..."s, "a Parquet file", "to_csv");
        row("feather", "ARROW1\0\0"s, "Feather", "to_csv");
        row("pdf", "%PDF-1.7\n", "a PDF document", "as CSV");
        row("png", "\x89PNG\r\n\x1a\n", "a PNG image", "image-folder");
        row("jpeg", "\xFF\xD8\xFF\xE0", "a JPEG image", "image-folder");
        row("webp", "RIFF\x10\0\0\0WEBPVP8 "s, "a WebP image", "image-folder");
        row("bmp", "BM\x36\x10\0\0\0\0\0\0\x36\0\0\0"s, "a BMP image", "image-folder");
        row("npy", "\x93NUMPY\x01", "a NumPy array", "data.source to numpy");
        row("hdf5", "\x89HDF\r\n\x1a\n", "an HDF5 file", "numpy.savez");
        row("pickle", "\x80\x04\x95", "a Python pickle", "as CSV");
        row("sqlite", "SQLite format 3\0"s, "an SQLite database", "as CSV");
        row("tar", std::string(257, 'a') + "ustar\0"s, "a tar archive", "Unpack it");
        row("7z", "7z\xBC\xAF\x27\x1C", "a 7-Zip archive", "Unpack it");
        row("zstd", "\x28\xB5\x2F\xFD", "zstd", "unzstd");
        row("xz", "\xFD"s + "7zXZ\0"s, "xz", "unxz");
        row("bzip2", "BZh91AY&SY\0"s, "bzip2", "bunzip2");
        row("utf-16", "\xFF\xFE"s + "a\0"s, "UTF-16", "as UTF-8");
        row("lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:", "Git LFS", "git lfs pull");
    }

    void formatIsNamedWithWhatToDo() {
        QFETCH(const std::string, content);
        QFETCH(const QString, what);
        QFETCH(const QString, advice);
        for (const WantedText wanted : {WantedText::table, WantedText::prose}) {
            const QString told = refusal(content, wanted);
            QVERIFY2(told.startsWith("d.file: is ") && told.contains(what) && told.contains(advice),
                     qPrintable(told));
        }
    }

    void markupIsNoTableButAText() {
        for (const char* page : {"\n<!DOCTYPE html><html>", "<HTML>", "<?xml version=\"1.0\"?>",
                                 "{\"a\": [1]}", "[{\"a\": 1}]", "\xEF\xBB\xBF{ \"a\": 1}"}) {
            QVERIFY2(refusal(page, WantedText::table).startsWith("d.file: is a"), page);
            QCOMPARE(refusal(page, WantedText::prose), QString());
        }
    }

    void tablesThatBeginAlikeAreTables() {
        for (const char* table :
             {"PAR1,PAR2\n1,2\n", "FEA1,FEA2\n1,2\n", "BM,BN\n1,2\n3,4\n", "MM,IN\n1,2\n", "Rar!,b\n",
              "[m/s],[kg]\n1,2\n", "{a},b\n1,2\n", "<5,>5\n1,2\n", "PK,b\n1,2\n", ""})
            QCOMPARE(refusal(table, WantedText::table), QString());
    }

    void aWorkbookGivenAsCsvIsRefusedWhereItIsRead() {
        const QTemporaryDir folder;
        QFile file(folder.filePath("d.xlsx"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("PK\x03\x04xl/workbook.xml");
        file.close();
        for (const DataSource source : {DataSource::csv, DataSource::text}) {
            QString told;
            try {
                probeDataset({.source = source, .path = file.fileName().toStdString()});
            } catch (const Error& error) {
                told = error.what();
            }
            QVERIFY2(told.contains("d.xlsx: is an Excel workbook, not a "), qPrintable(told));
        }
    }
};

DSTN_TEST(TestForeignFormat)
#include "tst_foreign_format.moc"
