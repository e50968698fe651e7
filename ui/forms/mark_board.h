#pragma once

#include "core/experiment/experiment.h"

#include <QObject>
#include <QString>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dstn::ui {

/// Something on the page that shows the mistakes made in it.
class MarkTarget {
  public:
    virtual ~MarkTarget() = default;
    virtual void setMistakes(const std::vector<Mistake>& mistakes) = 0;
    /// Brings the place of the mistake into view and gives it the focus.
    virtual void reveal(const QString& path) = 0;
    /// Why what was typed is not a value; empty where it is one.
    virtual QString inputProblem() const { return {}; }
};

/// Knows where on the page each path of an experiment is shown, and hands every mistake to the place of the
/// longest registered path that it lies under ("optimizers.general.lr", "model.parts" for
/// "model.parts[3].kernel").
class MarkBoard : public QObject {
    Q_OBJECT

  public:
    explicit MarkBoard(QObject* parent = nullptr) : QObject(parent) {}

    /// The target must outlive the board's use; several paths may lead to one target.
    void add(const QString& path, MarkTarget* target);
    void show(std::vector<Mistake> mistakes);
    /// False where no place on the page is registered for the path.
    bool reveal(const QString& path);

    const std::vector<Mistake>& mistakes() const { return mistakes_; }
    /// Of the targets, one for each that holds text that is not a value.
    std::vector<Mistake> inputProblems() const;

  signals:
    void shown();
    /// A target's inputProblem() may have changed.
    void inputProblemsChanged();

  private:
    MarkTarget* targetOf(const QString& path) const;

    std::vector<std::pair<QString, MarkTarget*>> targets_;
    std::vector<Mistake> mistakes_;
};

/// Sentences that are shown under a table at a time; the summary lists all.
inline constexpr std::size_t mostSentences = 3;

/// The message as a sentence that stands alone: "Expected a number above 0, found -1."
QString sentenceOf(const Mistake& mistake);
/// True if `path` is `prefix` or lies under it.
bool liesUnder(const QString& path, const QString& prefix);
/// The row that a path such as "model.parts[3].kernel" lies in, given "model.parts"; −1: in none.
int rowOfPath(const std::string& path, std::string_view list);
/// What of a path follows the row: "kernel".
/// A path for the user: "model.parts[4].out" is "part 5, out", as the tables count.
QString placeText(const QString& path);
QString optionOfPath(const std::string& path);

} // namespace dstn::ui
