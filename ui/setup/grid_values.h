#pragma once

#include "core/experiment/experiment.h"
#include "ui/forms/mark_board.h"
#include "ui/forms/marked_field.h"

#include <QGridLayout>
#include <QLineEdit>
#include <QWidget>

#include <string>
#include <vector>

namespace dstn::ui {

/// The values of a grid, a line a tuned hyperparameter: "0.1, 0.2, 0.5"; an empty one stands for points along
/// its range. Hidden with every other tuner.
class GridValues : public QWidget, public MarkTarget {
    Q_OBJECT

  public:
    explicit GridValues(QWidget* parent = nullptr);

    /// Text that reads as the values is left as it was typed; text that is not a list stays until the
    /// experiment is `replaced`.
    void show(const Experiment& experiment, bool replaced);
    using QWidget::show;

    void setMistakes(const std::vector<Mistake>& mistakes) override;
    void reveal(const QString& path) override;
    QString inputProblem() const override;

  signals:
    void edited(const std::string& name, const std::vector<double>& values); ///< empty: along its range
    void inputProblemChanged();

  private:
    struct Row {
        std::string name;
        QLineEdit* edit = nullptr;
        MarkedField* field = nullptr;
        QLabel* label = nullptr;
    };
    void addRow(const std::string& name);
    void removeLast();
    void read(std::size_t row);

    QGridLayout* grid_;
    std::vector<Row> rows_;
    std::vector<NamedValues> values_;
};

/// "0.1, 0.2" -> {0.1, 0.2}; `problem` is the sentence that says why a text is not a list of numbers.
std::vector<double> parseNumbers(const QString& text, QString& problem);
QString numbersText(const std::vector<double>& values);
/// Gives a hyperparameter's values to the grid; none: it has points along its range again.
void setGridValues(Experiment& experiment, const std::string& name, const std::vector<double>& values);

} // namespace dstn::ui
