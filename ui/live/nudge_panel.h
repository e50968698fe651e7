#pragma once

#include "core/run/events.h"
#include "core/spec/hyperparameter.h"

#include <QWidget>

#include <map>
#include <optional>
#include <string>
#include <vector>

class QLabel;
class QPushButton;

namespace dstn::ui {

class NumberEdit;

/// One row for each hyperparameter of the run in progress: its value, and a field to change it.
/// What is typed is marked as not applied until Return or the button applies it or Escape reverts it; what is
/// applied is shown as pending until the engine confirms it.
class NudgePanel : public QWidget {
    Q_OBJECT

  public:
    explicit NudgePanel(QWidget* parent = nullptr);
    void setHyperparameters(const std::vector<Hyperparameter>& hyperparameters);
    /// Takes values from samples and confirmations.
    void showValue(const std::string& name, double value);
    void confirm(const HyperparameterSet& set);
    void setActive(bool active);

  signals:
    void nudged(const QString& name, double value);

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    struct Row {
        Hyperparameter hyperparameter;
        double value = 0.0; ///< the newest
        QLabel* label = nullptr;
        NumberEdit* field = nullptr;
        QPushButton* button = nullptr;
        bool edited = false;        ///< the user typed in the field: it no longer follows the value
        std::optional<double> sent; ///< applied, and not confirmed yet
    };
    static std::optional<double> wanted(const Row& row);
    void refresh(Row& row);
    void apply(const std::string& name);

    QWidget* rows_ = nullptr;
    QLabel* hint_;
    std::map<std::string, Row> byName_;
    bool active_ = false;
};

} // namespace dstn::ui
