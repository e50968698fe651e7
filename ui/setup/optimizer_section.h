#pragma once

#include "ui/forms/section.h"

#include <array>

namespace dstn::ui {

/// The optimisers of w₀, Θ, λ and σ side by side, each with its schedule; only what applies is shown.
class OptimizerSection : public Section {
    Q_OBJECT

  public:
    OptimizerSection(ExperimentModel& model, MarkBoard& board, QWidget* parent = nullptr);

  private:
    template <class Access>
    struct Column;
    template <class Access>
    void addColumn(int index, const QString& key, const QString& heading, Access access);
    template <class Access>
    void addType(const Column<Access>& column);
    template <class Access>
    void addStepOptions(const Column<Access>& column);
    template <class Access>
    void addSchedule(const Column<Access>& column);
    void updateRows();
    void showMistakes();

    static constexpr int columns = 4;
    struct Row {
        QLabel* label = nullptr;
        std::array<MarkedField*, columns> fields{};
        std::array<bool, columns> applies{};
    };
    QGridLayout* grid_ = nullptr;
    std::vector<Row> rows_;
    std::array<QLabel*, columns> headings_{};
    QLabel* note_ = nullptr;
};

} // namespace dstn::ui
