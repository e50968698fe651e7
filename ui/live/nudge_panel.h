#pragma once

#include "core/hyperparameters/hyperparameter.h"
#include "core/run/events.h"

#include <QWidget>

#include <map>
#include <string>
#include <vector>

class QDoubleSpinBox;
class QLabel;
class QPushButton;

namespace dstn {

/// One row for each hyperparameter of the run that goes on: its value, and a field to move it to another one.
/// A moved value is shown as pending until the engine confirms it.
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

  private:
    struct Row {
        QLabel* value = nullptr;
        QDoubleSpinBox* field = nullptr;
        QPushButton* button = nullptr;
        bool touched = false; ///< a person wrote in the field: it no longer follows the value
    };
    void apply(const std::string& name);

    QWidget* rows_ = nullptr;
    QLabel* hint_;
    std::map<std::string, Row> byName_;
    bool active_ = false;
};

} // namespace dstn
