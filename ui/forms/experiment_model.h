#pragma once

#include "core/experiment/experiment.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>

#include <functional>
#include <vector>

namespace dstn::ui {

/// The experiment that is being set up, and its history: the one truth behind the widgets of the page.
class ExperimentModel : public QObject {
    Q_OBJECT

  public:
    /// How the value came to change: `edited` by one of the widgets, or `replaced` as a whole, so that text
    /// which is not a value yet has to go from every widget.
    enum class Change { edited, replaced };

    explicit ExperimentModel(QObject* parent = nullptr);

    const Experiment& value() const { return history_[position_]; }
    /// Applies an edit as one step of the history. Successive edits of the same `field` within a second are
    /// one step; an empty field is never joined. An edit that changes nothing is not a step.
    void edit(const QString& field, const std::function<void(Experiment&)>& apply);
    /// A new experiment as one step of the history; the first one starts it.
    void replace(const Experiment& experiment);

    bool canUndo() const { return position_ > 0; }
    bool canRedo() const { return position_ + 1 < history_.size(); }
    void undo();
    void redo();

  signals:
    void changed(dstn::ui::ExperimentModel::Change change);

  private:
    void push(Experiment experiment);

    std::vector<Experiment> history_;
    std::size_t position_ = 0;
    bool started_ = false;
    QString lastField_;
    QElapsedTimer sinceLastEdit_;
};

} // namespace dstn::ui
