#include "ui/studies/paired_test_model.h"

#include "ui/text/number_text.h"
#include "ui/text/run_text.h"
#include "ui/text/study_text.h"

#include <QColor>
#include <QGuiApplication>

#include <cmath>

namespace dstn::ui {

void PairedTestModel::setResults(const StudyResults& results) {
    beginResetModel();
    names_.clear();
    for (const MethodResult& method : results.methods) names_.push_back(QString::fromStdString(method.name));
    tests_ = results.tests;
    endResetModel();
}

int PairedTestModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(names_.size());
}
int PairedTestModel::columnCount(const QModelIndex& parent) const { return rowCount(parent); }

std::optional<PairedTest> PairedTestModel::test(int row, int column) const {
    for (PairedTest found : tests_) {
        if (int(found.first) == row && int(found.second) == column) return found;
        if (int(found.first) != column || int(found.second) != row) continue;
        std::swap(found.first, found.second);
        found.difference = -found.difference;
        if (found.testDifference) found.testDifference = -*found.testDifference;
        return found;
    }
    return {};
}

/// −1: better (lower), 1: worse, 0: no telling.
static int verdict(const PairedTest& test) {
    if (!test.p || !(*test.p < PairedTestModel::significant)) return 0;
    return test.difference < 0.0 ? -1 : 1;
}

QVariant PairedTestModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    if (role == Qt::TextAlignmentRole) return int(Qt::AlignCenter);
    const bool own = index.row() == index.column();
    const std::optional<PairedTest> found = own ? std::nullopt : test(index.row(), index.column());
    switch (role) {
    case Qt::DisplayRole: {
        if (own) return {};
        if (!found || found->pairs == 0) return QStringLiteral("–");
        if (!found->p) return tr("%1, no test").arg(signedText(found->difference));
        const int which = verdict(*found);
        const QString sign = which < 0 ? tr("▲ better, ") : which > 0 ? tr("▼ worse, ") : QString();
        return tr("%1%2, p %3")
            .arg(sign, signedText(found->difference),
                 *found->p < 0.001 ? probabilityText(*found->p)
                                   : QStringLiteral("= %1").arg(probabilityText(*found->p)));
    }
    case Qt::BackgroundRole: {
        const int which = found ? verdict(*found) : 0;
        if (which == 0) return {};
        QColor colour = toneColor(which < 0 ? Tone::good : Tone::bad, isDark(QGuiApplication::palette()));
        colour.setAlpha(50);
        return colour;
    }
    case Qt::ToolTipRole: {
        if (own) return {};
        const QString row = names_[std::size_t(index.row())], column = names_[std::size_t(index.column())];
        if (!found || found->pairs == 0) return tr("%1 and %2 have no seed in common yet.").arg(row, column);
        QString text = tr("Best validation loss of %1 minus that of %2: %3 on average over %4.")
                           .arg(row, column, signedText(found->difference),
                                found->pairs == 1 ? tr("1 seed") : tr("%1 seeds").arg(found->pairs));
        text += found->p ? tr("\nPaired t-test, two-sided: p %1%2; not corrected for the number of pairs.")
                               .arg(*found->p < 0.001 ? QString() : QStringLiteral("= "),
                                    probabilityText(*found->p))
                         : tr("\nA paired test needs at least two seeds.");
        if (found->testDifference)
            text += tr("\nOn test losses: %1%2.")
                        .arg(signedText(*found->testDifference),
                             found->testP ? tr(", p %1%2")
                                                .arg(*found->testP < 0.001 ? QString() : QStringLiteral("= "),
                                                     probabilityText(*found->testP))
                                          : QString());
        return text;
    }
    default:
        return {};
    }
}

QVariant PairedTestModel::headerData(int section, Qt::Orientation, int role) const {
    if (section < 0 || section >= rowCount()) return {};
    if (role == Qt::DisplayRole || role == Qt::ToolTipRole) return names_[std::size_t(section)];
    return {};
}

} // namespace dstn::ui
