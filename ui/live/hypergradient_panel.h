#pragma once

#include "ui/live/hypergradient_models.h"

#include <QFutureWatcher>
#include <QWidget>

#include <filesystem>
#include <functional>
#include <optional>

class QLabel;
class QPushButton;
class QTableView;

namespace dstn::ui {

class NumberEdit;

/// Computes the hypergradients of all methods at one point of a run. Slow: it is called on a thread.
using HypergradientSource =
    std::function<HypergradientReport(const HypergradientOptions&, bool acceptChangedData)>;
/// At the last checkpoint of an archived run, by the engine.
HypergradientSource hypergradientsAt(std::filesystem::path archive, const std::string& run);

/// The hypergradients of all methods at a run's checkpoint side by side: how far they agree, their values and
/// what they cost. A window of its own, which nothing waits for.
class HypergradientPanel : public QWidget {
    Q_OBJECT

  public:
    /// @param title the run's name
    HypergradientPanel(const QString& title, HypergradientSource source, QWidget* parent = nullptr);

  public slots:
    void compute();

  private:
    struct Answer {
        std::optional<HypergradientReport> report;
        QString error;
        bool dataChanged = false;
    };
    void computeWith(bool acceptChangedData);
    void answered();
    void review();

    HypergradientSource source_;
    NumberEdit *fit_, *reference_, *examples_;
    QPushButton* compute_;
    QLabel* status_;
    CosineModel cosines_;
    HypergradientModel values_;
    QTableView *cosineTable_, *valueTable_;
    QFutureWatcher<Answer> watcher_;
};

} // namespace dstn::ui
