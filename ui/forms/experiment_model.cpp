#include "ui/forms/experiment_model.h"

namespace dstn::ui {

/// Steps of the history that are kept.
static constexpr std::size_t historyLimit = 200;
static constexpr qint64 joinedWithinMs = 1000;

ExperimentModel::ExperimentModel(QObject* parent) : QObject(parent), history_(1) {}

void ExperimentModel::push(Experiment experiment) {
    history_.resize(position_ + 1);
    history_.push_back(std::move(experiment));
    if (history_.size() > historyLimit) history_.erase(history_.begin());
    position_ = history_.size() - 1;
}

void ExperimentModel::edit(const QString& field, const std::function<void(Experiment&)>& apply) {
    Experiment next = value();
    apply(next);
    if (next == value()) return;
    const bool joined = !field.isEmpty() && field == lastField_ && position_ > 0 && !canRedo() &&
                        sinceLastEdit_.isValid() && sinceLastEdit_.elapsed() < joinedWithinMs;
    if (joined)
        history_[position_] = std::move(next);
    else
        push(std::move(next));
    lastField_ = field;
    sinceLastEdit_.start();
    emit changed(Change::edited);
}

void ExperimentModel::replace(const Experiment& experiment) {
    if (!started_)
        history_.front() = experiment;
    else if (!(experiment == value()))
        push(experiment);
    started_ = true;
    lastField_.clear();
    emit changed(Change::replaced);
}

void ExperimentModel::undo() {
    if (!canUndo()) return;
    --position_;
    lastField_.clear();
    emit changed(Change::replaced);
}

void ExperimentModel::redo() {
    if (!canRedo()) return;
    ++position_;
    lastField_.clear();
    emit changed(Change::replaced);
}

} // namespace dstn::ui
