#include "ui/archive/run_table_model.h"

#include "ui/archive/run_search.h"
#include "ui/text/number_text.h"
#include "ui/text/run_text.h"
#include "ui/widgets/state_icon.h"

#include <QDateTime>
#include <QFont>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace dstn::ui {

namespace {

bool same(const std::optional<double>& a, const std::optional<double>& b) {
    // NaN is a value like any other here: a diverged run must not look changed at every refresh.
    return a.has_value() == b.has_value() && (!a || *a == *b || (std::isnan(*a) && std::isnan(*b)));
}

bool same(const RunRow& a, const RunRow& b) {
    const auto plain = [](const RunRow& r) {
        return std::tie(r.name, r.dataName, r.modelName, r.method, r.state, r.reason, r.created, r.seconds,
                        r.steps, r.stepsTotal, r.stepsPerEpoch, r.bestEpoch, r.tags, r.note, r.starred,
                        r.deleted, r.resumable, r.language, r.study, r.studyName, r.trial, r.gradients);
    };
    return plain(a) == plain(b) && same(a.bestValidationLoss, b.bestValidationLoss) &&
           same(a.bestValidationAccuracy, b.bestValidationAccuracy) && same(a.testAtBest, b.testAtBest) &&
           same(a.testPerplexityAtBest, b.testPerplexityAtBest);
}

/// "run 2" before "run 10", whatever the case.
int naturalCompare(const std::string& a, const std::string& b) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    std::size_t i = 0, j = 0;
    while (i < a.size() && j < b.size()) {
        if (digit(a[i]) && digit(b[j])) {
            while (i < a.size() && a[i] == '0') ++i;
            while (j < b.size() && b[j] == '0') ++j;
            std::size_t m = i, n = j;
            while (m < a.size() && digit(a[m])) ++m;
            while (n < b.size() && digit(b[n])) ++n;
            if (m - i != n - j) return m - i < n - j ? -1 : 1;
            for (; i < m; ++i, ++j)
                if (a[i] != b[j]) return a[i] < b[j] ? -1 : 1;
            continue;
        }
        const auto x = static_cast<unsigned char>(lower(a[i++])),
                   y = static_cast<unsigned char>(lower(b[j++]));
        if (x != y) return x < y ? -1 : 1;
    }
    return i < a.size() ? 1 : j < b.size() ? -1 : 0;
}

template <class T>
int compare(const T& a, const T& b) {
    return a < b ? -1 : b < a ? 1 : 0;
}

int compare(const std::optional<double>& a, const std::optional<double>& b) {
    const auto number = [](const std::optional<double>& v) { return v && !std::isnan(*v); };
    if (number(a) && number(b)) return compare(*a, *b);
    return compare(!number(a), !number(b));
}

/// By kind first: a perplexity of 60 and an accuracy of 0.9 do not compare.
int compare(const std::optional<Figure>& a, const std::optional<Figure>& b) {
    if (a && b && a->kind != b->kind) return compare(a->kind, b->kind);
    const auto value = [](const std::optional<Figure>& f) {
        return f ? std::optional(f->value) : std::nullopt;
    };
    return compare(value(a), value(b));
}

std::string firstTag(const RunRow& row) { return row.tags.empty() ? std::string() : row.tags.front(); }

/// In the order of interest: runs in progress first.
int rank(RunState state) {
    switch (state) {
    case RunState::running:
        return 0;
    case RunState::preparing:
        return 1;
    case RunState::paused:
        return 2;
    case RunState::interrupted:
        return 3;
    case RunState::stopped:
        return 4;
    case RunState::failed:
        return 5;
    case RunState::completed:
        return 6;
    }
    return 7;
}

/// Trials begin with their study's name, which has a column of its own: what distinguishes them comes after
/// it.
QString shownName(const RunRow& run) {
    const std::string prefix = run.studyName + ": ";
    const bool named = !run.study.empty() && run.name.size() > prefix.size() && run.name.starts_with(prefix);
    return QString::fromStdString(named ? run.name.substr(prefix.size()) : run.name);
}

/// Numbers stand under one another, and their heading above them.
Qt::Alignment alignment(RunColumn column) {
    switch (column) {
    case RunColumn::validationLoss:
    case RunColumn::accuracy:
    case RunColumn::test:
    case RunColumn::duration:
    case RunColumn::gradients:
        return Qt::AlignRight | Qt::AlignVCenter;
    case RunColumn::star:
        return Qt::AlignCenter;
    default:
        return Qt::AlignLeft | Qt::AlignVCenter;
    }
}

int compareBy(const RunRow& a, const RunRow& b, RunColumn column) {
    switch (column) {
    case RunColumn::star:
        return compare(!a.starred, !b.starred);
    case RunColumn::name:
        return naturalCompare(a.name, b.name);
    case RunColumn::state:
        return compare(rank(a.state), rank(b.state));
    case RunColumn::data:
        return naturalCompare(a.dataName, b.dataName);
    case RunColumn::model:
        return naturalCompare(a.modelName, b.modelName);
    case RunColumn::method:
        return naturalCompare(a.method, b.method);
    case RunColumn::validationLoss:
        return compare(a.bestValidationLoss, b.bestValidationLoss);
    case RunColumn::accuracy:
        return compare(validationFigure(a), validationFigure(b));
    case RunColumn::test:
        return compare(testFigure(a), testFigure(b));
    case RunColumn::when:
        return compare(a.created, b.created);
    case RunColumn::duration:
        return compare(a.seconds, b.seconds);
    case RunColumn::progress:
        return compare(progressOf(a), progressOf(b));
    case RunColumn::tags:
        return naturalCompare(firstTag(a), firstTag(b));
    case RunColumn::note:
        return naturalCompare(a.note, b.note);
    case RunColumn::study:
        if (const int order = naturalCompare(a.studyName, b.studyName); order != 0) return order;
        return compare(a.study, b.study);
    case RunColumn::gradients:
        return compare(a.gradients, b.gradients);
    }
    return 0;
}

} // namespace

void RunTableModel::setRows(const std::vector<RunRow>& rows) {
    std::unordered_map<std::string, std::size_t> wanted;
    wanted.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) wanted.emplace(rows[i].id, i);

    for (std::size_t end = items_.size(); end > 0;) {
        if (wanted.contains(items_[end - 1].row.id)) {
            --end;
            continue;
        }
        std::size_t first = end - 1;
        while (first > 0 && !wanted.contains(items_[first - 1].row.id)) --first;
        beginRemoveRows({}, static_cast<int>(first), static_cast<int>(end) - 1);
        items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(first),
                     items_.begin() + static_cast<std::ptrdiff_t>(end));
        endRemoveRows();
        end = first;
    }

    const auto before = [&](const Item& a, const Item& b) {
        return wanted.at(a.row.id) < wanted.at(b.row.id);
    };
    if (!std::is_sorted(items_.begin(), items_.end(), before)) {
        emit layoutAboutToBeChanged({}, QAbstractItemModel::VerticalSortHint);
        const QModelIndexList old = persistentIndexList();
        std::vector<std::string> ids;
        for (const QModelIndex& index : old) ids.push_back(row(index.row()).id);
        std::stable_sort(items_.begin(), items_.end(), before);
        QModelIndexList moved;
        for (std::size_t i = 0; i < ids.size(); ++i)
            moved << index(indexOf(QString::fromStdString(ids[i])), old[static_cast<qsizetype>(i)].column());
        changePersistentIndexList(old, moved);
        emit layoutChanged({}, QAbstractItemModel::VerticalSortHint);
    }

    // Now the table is a subsequence of what is wanted: one pass inserts what is new, in blocks.
    for (std::size_t i = 0; i < rows.size();) {
        if (i < items_.size() && items_[i].row.id == rows[i].id) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < rows.size() && !(i < items_.size() && items_[i].row.id == rows[end].id)) ++end;
        std::vector<Item> fresh;
        fresh.reserve(end - i);
        for (std::size_t k = i; k < end; ++k) fresh.push_back({rows[k], RunSearch::haystackOf(rows[k])});
        beginInsertRows({}, static_cast<int>(i), static_cast<int>(end) - 1);
        items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(i), std::make_move_iterator(fresh.begin()),
                      std::make_move_iterator(fresh.end()));
        endInsertRows();
        i = end;
    }

    for (std::size_t i = 0; i < rows.size(); ++i)
        if (!same(items_[i].row, rows[i])) update(i, rows[i]);
}

void RunTableModel::update(std::size_t position, const RunRow& row) {
    items_[position] = {row, RunSearch::haystackOf(row)};
    const int line = static_cast<int>(position);
    emit dataChanged(index(line, 0), index(line, runColumnCount - 1));
}

int RunTableModel::indexOf(const QString& id) const {
    const std::string wanted = id.toStdString();
    const auto found =
        std::find_if(items_.begin(), items_.end(), [&](const Item& i) { return i.row.id == wanted; });
    return found == items_.end() ? -1 : static_cast<int>(found - items_.begin());
}

QString RunTableModel::title(RunColumn column) {
    switch (column) {
    case RunColumn::star:
        return tr("Star");
    case RunColumn::name:
        return tr("Name");
    case RunColumn::state:
        return tr("State");
    case RunColumn::data:
        return tr("Data");
    case RunColumn::model:
        return tr("Model");
    case RunColumn::method:
        return tr("Method");
    case RunColumn::validationLoss:
        return tr("Val. loss");
    case RunColumn::accuracy:
        return tr("Accuracy");
    case RunColumn::test:
        return tr("Test");
    case RunColumn::when:
        return tr("When");
    case RunColumn::duration:
        return tr("Duration");
    case RunColumn::progress:
        return tr("Progress");
    case RunColumn::tags:
        return tr("Tags");
    case RunColumn::note:
        return tr("Note");
    case RunColumn::study:
        return tr("Study");
    case RunColumn::gradients:
        return tr("Gradient eval.");
    }
    return {};
}

QString RunTableModel::text(int line, RunColumn column) const {
    const RunRow& run = row(line);
    switch (column) {
    case RunColumn::star:
        return run.starred ? QStringLiteral("★") : QStringLiteral("☆");
    case RunColumn::name:
        return QString::fromStdString(run.name);
    case RunColumn::state:
        return stateText(run.state);
    case RunColumn::data:
        return QString::fromStdString(run.dataName);
    case RunColumn::model:
        return QString::fromStdString(run.modelName);
    case RunColumn::method:
        return QString::fromStdString(run.method);
    case RunColumn::validationLoss:
        return valueText(run.bestValidationLoss);
    case RunColumn::accuracy:
        return figureText(validationFigure(run));
    case RunColumn::test:
        return figureText(testFigure(run));
    case RunColumn::when:
        return whenText(momentOf(run.created));
    case RunColumn::duration:
        return durationText(run.seconds);
    case RunColumn::progress:
        if (const std::optional<double> share = progressOf(run))
            return QStringLiteral("%1 %").arg(static_cast<int>(std::floor(100.0 * *share)));
        return {};
    case RunColumn::tags:
        return tagsText(run);
    case RunColumn::note:
        return QString::fromStdString(run.note).simplified();
    case RunColumn::study:
        return QString::fromStdString(run.studyName);
    case RunColumn::gradients:
        return run.gradients > 0.0 ? countText(std::llround(run.gradients)) : QString();
    }
    return {};
}

bool RunTableModel::hasValue(int line, RunColumn column) const {
    const RunRow& run = row(line);
    const auto figure = [](const std::optional<Figure>& f) { return f && !std::isnan(f->value); };
    switch (column) {
    case RunColumn::validationLoss:
        return run.bestValidationLoss && !std::isnan(*run.bestValidationLoss);
    case RunColumn::accuracy:
        return figure(validationFigure(run));
    case RunColumn::test:
        return figure(testFigure(run));
    case RunColumn::progress:
        return progressOf(run).has_value();
    case RunColumn::tags:
        return !run.tags.empty();
    case RunColumn::note:
        return !run.note.empty();
    case RunColumn::study:
        return !run.study.empty();
    case RunColumn::gradients:
        return run.gradients > 0.0;
    default:
        return true;
    }
}

bool RunTableModel::lessThan(int first, int second, RunColumn column) const {
    const RunRow& a = row(first);
    const RunRow& b = row(second);
    if (const int order = compareBy(a, b, column); order != 0) return order < 0;
    return std::tie(b.created, b.id) < std::tie(a.created, a.id);
}

int RunTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(items_.size());
}

int RunTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : runColumnCount;
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const RunRow& run = row(index.row());
    const auto column = static_cast<RunColumn>(index.column());
    switch (role) {
    case Qt::DisplayRole:
        return column == RunColumn::name ? shownName(run) : text(index.row(), column);
    case Qt::EditRole:
        return text(index.row(), column);
    case Qt::AccessibleTextRole:
        if (column == RunColumn::star) return run.starred ? tr("starred") : tr("not starred");
        return text(index.row(), column);
    case Qt::DecorationRole:
        if (column == RunColumn::state) return stateIcon(run.state);
        return {};
    case Qt::TextAlignmentRole:
        return QVariant(alignment(column));
    case Qt::FontRole:
        if (run.deleted) {
            QFont font;
            font.setStrikeOut(true);
            return font;
        }
        return {};
    case Qt::ToolTipRole:
        switch (column) {
        case RunColumn::star:
            return run.starred ? tr("Starred (press S to unstar)") : tr("Press S to star this run");
        case RunColumn::state:
            return run.reason.empty() ? stateText(run.state)
                                      : QStringLiteral("%1: %2").arg(stateText(run.state),
                                                                     QString::fromStdString(run.reason));
        case RunColumn::when:
            return relativeText(momentOf(run.created), QDateTime::currentDateTimeUtc());
        case RunColumn::progress:
            return tr("step %1 of %2").arg(run.steps).arg(run.stepsTotal);
        case RunColumn::validationLoss:
        case RunColumn::accuracy:
        case RunColumn::test:
            if (run.bestEpoch)
                return tr("at the epoch with the lowest validation loss: %1").arg(*run.bestEpoch);
            return {};
        case RunColumn::note:
            return QString::fromStdString(run.note);
        case RunColumn::study:
            return run.study.empty()
                       ? QString()
                       : tr("%1\nDouble-click to open the study.").arg(QString::fromStdString(run.studyName));
        case RunColumn::name:
            return QStringLiteral("%1\n%2").arg(QString::fromStdString(run.name),
                                                QString::fromStdString(run.id));
        default:
            return text(index.row(), column);
        }
    case idRole:
        return QString::fromStdString(run.id);
    case stateRole:
        return static_cast<int>(run.state);
    case progressRole:
        if (const std::optional<double> share = progressOf(run)) return *share;
        return {};
    default:
        return {};
    }
}

bool RunTableModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (!index.isValid() || role != Qt::EditRole) return false;
    RunRow changed = row(index.row());
    const QString id = QString::fromStdString(changed.id);
    if (index.column() == static_cast<int>(RunColumn::name)) {
        const QString text = value.toString().simplified();
        // A run without a name could not be found again.
        if (text.isEmpty() || text == QString::fromStdString(changed.name)) return false;
        changed.name = text.toStdString();
        update(static_cast<std::size_t>(index.row()), changed);
        emit renamed(id, text);
        return true;
    }
    if (index.column() == static_cast<int>(RunColumn::star)) {
        changed.starred = value.toBool();
        update(static_cast<std::size_t>(index.row()), changed);
        emit starred(id, changed.starred);
        return true;
    }
    return false;
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= runColumnCount) return {};
    const auto column = static_cast<RunColumn>(section);
    if (role == Qt::TextAlignmentRole) return QVariant(alignment(column));
    if (role == Qt::DisplayRole) return column == RunColumn::star ? QStringLiteral("★") : title(column);
    if (role == Qt::ToolTipRole) {
        if (column == RunColumn::validationLoss) return tr("Lowest validation loss over all epochs");
        if (column == RunColumn::accuracy)
            return tr("Validation accuracy, or perplexity (ppl) of a language model, at the epoch of the "
                      "lowest validation loss.\nSorting keeps accuracies and perplexities apart.");
        if (column == RunColumn::test)
            return tr("Test accuracy, perplexity (ppl) of a language model, or loss in regression, at the "
                      "epoch of the lowest validation loss.\nSorting keeps the three apart.");
        if (column == RunColumn::study) return tr("The study that the run belongs to");
        if (column == RunColumn::gradients)
            return tr(
                "Gradient evaluations spent; 1 is the forward and backward pass of a plain training step");
        return title(column);
    }
    return {};
}

Qt::ItemFlags RunTableModel::flags(const QModelIndex& index) const {
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (index.column() == static_cast<int>(RunColumn::name)) flags |= Qt::ItemIsEditable;
    return flags;
}

} // namespace dstn::ui
