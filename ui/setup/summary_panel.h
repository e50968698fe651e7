#pragma once

#include "core/experiment/experiment.h"

#include <QAction>
#include <QFormLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QWidget>

#include <optional>
#include <vector>

namespace dstn::ui {

/// What the run will need, what is still wrong, and the button that starts it.
class SummaryPanel : public QWidget {
    Q_OBJECT

  public:
    struct Content {
        std::int64_t tuned = 0;
        std::int64_t trainings = 0;       ///< of a search, at most; 0: it is one training
        std::optional<ModelReport> model; ///< absent while the data is not known
        std::optional<Estimate> estimate; ///< absent while there are mistakes
        double flopsPerSecond = 0.0;
        bool measured = false; ///< the rate is that of a run on this machine
        std::vector<Mistake> mistakes;
        QString reason; ///< why it cannot run now; empty: it can
    };

    explicit SummaryPanel(QAction* run, QWidget* parent = nullptr);
    void show(const Content& content);
    using QWidget::show;

  signals:
    void mistakeActivated(const QString& path);

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void colourHeading();
    QLabel* addFigure(const QString& name, const QString& toolTip);

    QFormLayout* figures_;
    QLabel *tuned_, *parameters_, *response_, *memory_, *trainings_, *steps_, *epoch_, *time_, *timeNote_;
    QLabel* heading_;
    QListWidget* list_;
    QLabel* reason_;
    QPushButton* run_;
};

} // namespace dstn::ui
