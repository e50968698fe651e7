#pragma once

#include "core/spec/hyperparameter.h"

#include <QWidget>

#include <optional>

namespace dstn::ui {

/// Natural values at u − σ, u, u + σ of the initial point; nothing where it is not finite.
struct InitialBand {
    double unconstrained = 0.0;
    double low = 0.0, value = 0.0, high = 0.0;
};

/// A small picture of a hyperparameter's transform: its natural value v against the unconstrained u, with the
/// initial point and the region u ± σ in which the response is first trained.
class TransformView : public QWidget {
    Q_OBJECT

  public:
    explicit TransformView(QWidget* parent = nullptr);
    /// Nothing, or what cannot be transformed (an initial value outside its range), is said in words.
    void setHyperparameter(const std::optional<Hyperparameter>& hyperparameter);
    QSize sizeHint() const override { return {280, 190}; }
    QSize minimumSizeHint() const override { return {200, 150}; }

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    struct Scale;
    void drawBand(QPainter& painter, const Scale& scale, const InitialBand& band) const;
    void drawCurve(QPainter& painter, const Scale& scale, const InitialBand& band) const;
    void drawLabels(QPainter& painter, const Scale& scale, const InitialBand& band) const;

    std::optional<Hyperparameter> hyperparameter_;
};

std::optional<InitialBand> initialBand(const Hyperparameter& hyperparameter);

} // namespace dstn::ui
