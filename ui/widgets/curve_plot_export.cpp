// Figures fit for a paper, and the numbers behind them.
#include "core/error.h"
#include "ui/text/csv_text.h"
#include "ui/text/file_name.h"
#include "ui/widgets/curve_plot_private.h"
#include "ui/widgets/theme.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QTextStream>

namespace dstn::ui {

namespace {

QString exact(double value) { return QString::number(value, 'g', 17); }

[[noreturn]] void refuse(const QString& message) { throw Error(ErrorKind::usage, message.toStdString()); }

} // namespace

QString CurvePlot::csv() const {
    QString text;
    QTextStream out(&text);
    out << "curve," << (quantity_.isEmpty() ? QStringLiteral("step,epoch,seconds") : csvCell(quantity_))
        << ",value,smoothed,lower,upper\n";
    const QCPRange range = plot_->xAxis->range();
    for (const auto& curve : curves_) {
        if (!curve->visible) continue;
        const CurveData& data = curve->data;
        const auto& x = data.x(axis_);
        for (std::size_t i = 0; i < data.size(); ++i) {
            if (!followX_ && !range.contains(x[i])) continue;
            out << csvCell(curve->name) << ',' << exact(data.x(XAxis::step)[i]) << ',';
            if (quantity_.isEmpty())
                out << exact(data.x(XAxis::epoch)[i]) << ',' << exact(data.x(XAxis::seconds)[i]) << ',';
            out << exact(data.values()[i]) << ',';
            if (data.smoothed().size() > 0) out << exact(data.smoothed()[i]);
            out << ',';
            if (data.hasBand()) out << exact(data.lower()[i]);
            out << ',';
            if (data.hasBand()) out << exact(data.upper()[i]);
            out << '\n';
        }
    }
    return text;
}

void CurvePlot::exportTo(const QString& path) {
    const QString kind = QFileInfo(path).suffix().toLower();
    if (kind == QLatin1String("csv")) {
        QSaveFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(csv().toUtf8()) < 0 || !file.commit())
            refuse(tr("%1 cannot be written: %2. Choose another folder.").arg(path, file.errorString()));
        return;
    }
    if (kind != QLatin1String("png") && kind != QLatin1String("svg") && kind != QLatin1String("pdf"))
        refuse(tr("%1: the name must end in .png, .svg, .pdf or .csv.").arg(path));

    rebuild();
    hideCursor();
    restyle(false, true);
    rebuild(); // pens' dashes
    plot_->plotLayout()->insertRow(0);
    QFont bold = font();
    bold.setBold(true);
    auto* heading = new QCPTextElement(plot_, title(), bold);
    plot_->plotLayout()->addElement(0, 0, heading);
    plot_->legend->setVisible(curves_.size() > 1);
    plot_->legend->setFont(plot_->xAxis->tickLabelFont());
    plot_->legend->setBorderPen(QPen(borderColor(lightPalette())));
    for (const auto& curve : curves_)
        if (curve->visible) (curve->smooth->visible() ? curve->smooth : curve->raw)->addToLegend();

    const int width = std::max(plot_->width(), 480), height = std::max(plot_->height(), 300);
    bool written = false;
    if (kind == QLatin1String("png")) {
        written = plot_->savePng(path, width, height, 2.0);
    } else if (kind == QLatin1String("pdf")) {
        written = plot_->savePdf(path, width, height, QCP::epAllowCosmetic,
                                 QStringLiteral("Delta-STN Workbench"), title());
    } else {
        QSvgGenerator svg;
        svg.setFileName(path);
        svg.setSize(QSize(width, height));
        svg.setViewBox(QRect(0, 0, width, height));
        // Not every Qt escapes it.
        svg.setTitle(title().remove(QLatin1Char('<')).remove(QLatin1Char('>')).remove(QLatin1Char('&')));
        QCPPainter painter;
        if (painter.begin(&svg)) {
            painter.setMode(QCPPainter::pmVectorized);
            painter.setMode(QCPPainter::pmNoCaching);
            plot_->toPainter(&painter, width, height);
            painter.end();
            written = QFileInfo(path).size() > 0;
        }
    }

    for (const auto& curve : curves_) {
        curve->raw->removeFromLegend();
        curve->smooth->removeFromLegend();
    }
    plot_->legend->setVisible(false);
    plot_->plotLayout()->remove(heading);
    plot_->plotLayout()->simplify();
    restyle(isDark(palette()), false);
    markDirty();
    if (!written) refuse(tr("%1 cannot be written. Choose another folder or name.").arg(path));
}

void CurvePlot::askForExport() {
    auto* dialog = new QFileDialog(this, tr("Export what is shown"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters({tr("Picture (*.png)"), tr("Vector graphics (*.svg)"), tr("PDF (*.pdf)"),
                            tr("Plotted data (*.csv)")});
    dialog->setDefaultSuffix(QStringLiteral("png"));
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& filter) {
        dialog->setDefaultSuffix(filter.section(QStringLiteral("*."), 1).chopped(1));
    });
    dialog->selectFile(fileName(title().toLower(), QStringLiteral("plot")));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        try {
            exportTo(path);
            emit exported(path);
        } catch (const std::exception& error) {
            emit exportFailed(QString::fromUtf8(error.what()));
        }
    });
    dialog->open();
}

} // namespace dstn::ui
