#include "tests/program.h"
#include "ui/widgets/plain_labels.h"

#include <QApplication>
#include <QLabel>
#include <QMessageBox>
#include <QTest>
#include <QToolTip>

using namespace dstn::ui;

namespace {

const QString markup =
    QStringLiteral("<h1>a</h1><img src=\"file:///dev/zero\"> <b>bold</b> &amp; <a href=\"x\">b</a>");

} // namespace

class TestPlainLabels : public QObject {
    Q_OBJECT

    std::unique_ptr<PlainLabels> labels_;

  private slots:
    void initTestCase() { labels_ = std::make_unique<PlainLabels>(*qApp); }

    void labelShowsItsTextAsItIs() {
        QLabel label(markup);
        label.show();
        QCOMPARE(label.textFormat(), Qt::PlainText);
        QCOMPARE(label.text(), markup);
        QVERIFY(label.sizeHint().height() < 2 * label.fontMetrics().height() + 8); // no heading, no picture
        label.setText(markup + markup);
        QCOMPARE(label.textFormat(), Qt::PlainText);
    }

    void labelIsPlainBeforeItIsMeasured() {
        QLabel plain(QStringLiteral("x"));
        QLabel label(QStringLiteral("<p>x</p><p>y</p><p>z</p>"));
        QCOMPARE(label.sizeHint().height(), plain.sizeHint().height());
    }

    void markupOfOurOwnStays() {
        QLabel label(markup);
        label.setTextFormat(Qt::RichText);
        label.ensurePolished();
        QCOMPARE(label.textFormat(), Qt::RichText);
    }

    void tooltipShowsItsTextAsItIs() {
        QWidget window;
        window.resize(200, 200);
        window.show();
        QToolTip::showText(window.mapToGlobal(QPoint(20, 20)), markup, &window);
        QCOMPARE(QToolTip::text(), markup);
        int tips = 0;
        for (QWidget* widget : QApplication::topLevelWidgets())
            if (auto* label = qobject_cast<QLabel*>(widget); label && label->inherits("QTipLabel")) {
                ++tips;
                QCOMPARE(label->textFormat(), Qt::PlainText);
            }
        QVERIFY(tips > 0);
        QToolTip::hideText();
    }

    void messageBoxShowsItsTextAsItIs() {
        QMessageBox box(QMessageBox::Warning, QStringLiteral("t"), markup);
        box.setInformativeText(markup);
        box.show();
        for (const QLabel* label : box.findChildren<QLabel*>()) QVERIFY(label->textFormat() == Qt::PlainText);
    }
};

DSTN_TEST_IN(QApplication, TestPlainLabels)
#include "tst_plain_labels.moc"
