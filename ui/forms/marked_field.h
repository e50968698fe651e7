#pragma once

#include "ui/forms/mark_board.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QWidget>

namespace dstn::ui {

/// An editor and the sentence of what is wrong with it: a border around the editor, the sentence beneath (or
/// in the tooltip alone where `compact`, for grids that show sentences elsewhere).
class MarkedField : public QWidget, public MarkTarget {
    Q_OBJECT

  public:
    enum class Size { full, compact };
    explicit MarkedField(QWidget* editor, const QString& toolTip, Size size = Size::full,
                         QWidget* parent = nullptr);

    QWidget* editor() const { return editor_; }
    /// A button to the right of the editor.
    void setTrailing(QWidget* widget) { line_->addWidget(widget); }
    /// What the field means, in the tool tips of editor and label.
    void setMeaning(const QString& toolTip);
    /// Is shown and hidden with the field.
    void setLabel(QLabel* label);
    /// A field that does not apply is hidden, unless there is a mistake in it.
    void setApplicable(bool applicable);
    bool isMarked() const { return !sentences_.isEmpty(); }
    QString sentence() const { return sentences_.join(u'\n'); }

    /// Why what was typed is not a value; empty: it is one.
    void setInputProblem(const QString& problem) { inputProblem_ = problem; }

    void setMistakes(const std::vector<Mistake>& mistakes) override;
    void reveal(const QString& path) override;
    QString inputProblem() const override { return inputProblem_; }

  protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

  private:
    void updateVisible();
    void colourSentence();
    void showMeaning();

    QWidget* editor_;
    QHBoxLayout* line_;
    QLabel* sentence_;
    QLabel* label_ = nullptr;
    QString toolTip_;
    Size size_;
    bool applicable_ = true;
    bool shown_ = true;
    QString inputProblem_;
    QStringList sentences_;
};

/// Makes `widget` visible in the scroll area that it lies in, if any, and focuses it.
void revealWidget(QWidget* widget);

} // namespace dstn::ui
