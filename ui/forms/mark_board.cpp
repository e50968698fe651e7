#include "ui/forms/mark_board.h"

#include <QObject>
#include <QRegularExpression>

#include <algorithm>
#include <charconv>

namespace dstn::ui {

QString sentenceOf(const Mistake& mistake) {
    QString text = QString::fromStdString(mistake.message);
    if (text.isEmpty()) return text;
    // A word takes a capital letter; a file's name is another one with it.
    const QString first = text.section(u' ', 0, 0);
    if (std::ranges::all_of(first, [](QChar c) { return c.isLetter(); })) text[0] = text[0].toUpper();
    return text.endsWith(u'.') ? text : text + u'.';
}

bool liesUnder(const QString& path, const QString& prefix) {
    if (!path.startsWith(prefix)) return false;
    if (path.size() == prefix.size()) return true;
    const QChar next = path[prefix.size()];
    return next == u'.' || next == u'[';
}

int rowOfPath(const std::string& path, std::string_view list) {
    if (path.size() <= list.size() || !path.starts_with(list) || path[list.size()] != '[') return -1;
    int row = -1;
    std::from_chars(path.data() + list.size() + 1, path.data() + path.size(), row);
    return row;
}

QString optionOfPath(const std::string& path) {
    const std::size_t end = path.find("].");
    if (end == std::string::npos) return {};
    const QString rest = QString::fromStdString(path.substr(end + 2));
    return rest.left(rest.indexOf(u'['));
}

QString placeText(const QString& path) {
    static const QRegularExpression row(
        QStringLiteral(R"(^(model\.parts|hyperparameters|augmentation)\[(\d+)\](?:\.(.*))?$)"));
    const QRegularExpressionMatch match = row.match(path);
    if (!match.hasMatch()) return path;
    const QString list = match.captured(1);
    const QString owner = list == u"model.parts"       ? QObject::tr("part %1")
                          : list == u"hyperparameters" ? QObject::tr("hyperparameter %1")
                                                       : QObject::tr("augmentation %1");
    const QString place = owner.arg(match.captured(2).toInt() + 1);
    return match.captured(3).isEmpty() ? place : QStringLiteral("%1, %2").arg(place, match.captured(3));
}

void MarkBoard::add(const QString& path, MarkTarget* target) { targets_.emplace_back(path, target); }

MarkTarget* MarkBoard::targetOf(const QString& path) const {
    MarkTarget* found = nullptr;
    qsizetype length = -1;
    for (const auto& [prefix, target] : targets_)
        if (liesUnder(path, prefix) && prefix.size() > length) {
            found = target;
            length = prefix.size();
        }
    return found;
}

void MarkBoard::show(std::vector<Mistake> mistakes) {
    mistakes_ = std::move(mistakes);
    // One share a target, however many paths lead to it.
    std::vector<std::pair<MarkTarget*, std::vector<Mistake>>> shares;
    for (const auto& entry : targets_)
        if (std::ranges::none_of(shares, [&](const auto& share) { return share.first == entry.second; }))
            shares.emplace_back(entry.second, std::vector<Mistake>());
    for (const Mistake& mistake : mistakes_) {
        MarkTarget* target = targetOf(QString::fromStdString(mistake.path));
        for (auto& [owner, share] : shares)
            if (owner == target) share.push_back(mistake);
    }
    for (auto& [target, share] : shares) target->setMistakes(share);
    emit shown();
}

bool MarkBoard::reveal(const QString& path) {
    MarkTarget* target = targetOf(path);
    if (target == nullptr) return false;
    target->reveal(path);
    return true;
}

std::vector<Mistake> MarkBoard::inputProblems() const {
    std::vector<Mistake> problems;
    for (const auto& entry : targets_) {
        const MarkTarget* target = entry.second;
        const QString problem = target->inputProblem();
        const bool known = std::ranges::any_of(problems, [&](const Mistake& mistake) {
            return targetOf(QString::fromStdString(mistake.path)) == target;
        });
        if (!problem.isEmpty() && !known)
            problems.push_back({entry.first.toStdString(), problem.toStdString()});
    }
    return problems;
}

} // namespace dstn::ui
