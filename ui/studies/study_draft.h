#pragma once

#include "core/study/study.h"

#include <QObject>
#include <QString>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace dstn::ui {

/// A study that is being made: what the page "New study" shows and edits. It offers every tuner as a method;
/// those that are not chosen are kept with their options, and do not belong to the study.
class StudyDraft : public QObject {
    Q_OBJECT

  public:
    struct Method {
        StudyMethod method;
        bool used = false;
    };

    /// The methods that are offered, on no experiment yet.
    explicit StudyDraft(QObject* parent = nullptr);

    /// The study as it stands, with or without mistakes.
    Study study() const;
    /// Fills everything in; tuners that the study does not have are offered after its own.
    void setStudy(const Study& study);
    /// What is compared. The options of its own tuner go to the methods of that type, as the others do not
    /// know them.
    void setExperiment(const Experiment& experiment);
    /// The experiment with what is set for all methods; absent where it cannot be read.
    const std::optional<Experiment>& experiment() const { return experiment_; }

    const std::vector<Method>& methods() const { return methods_; }
    void setUsed(std::size_t method, bool used);
    void setMethod(std::size_t method, const StudyMethod& changed);
    /// A copy after the method, with a name of its own, checked; returns its place.
    std::size_t duplicate(std::size_t method);
    /// Takes a method away.
    void remove(std::size_t method);
    /// The row that the path of a mistake is in, "methods[1] (Random search): tuner.points"; −1: in none.
    int rowOf(const std::string& path) const;

    void setName(const std::string& name);
    void setDescription(const std::string& description);
    void setSeeds(const std::vector<std::uint64_t>& seeds);
    void setBudget(BudgetUnit unit, double amount);
    void setParallel(std::int64_t parallel);

  signals:
    void changed();
    void methodsReset(); ///< others than before, or in another order; comes before changed()

  private:
    template <class Value>
    void assign(Value& place, const Value& value);
    void readExperiment();

    Study study_; ///< its methods are in methods_
    std::vector<Method> methods_;
    std::optional<Experiment> experiment_;
};

} // namespace dstn::ui
