#include "ui/studies/loaded_study.h"

#include "core/error.h"

namespace dstn::ui {

static double spentBy(const SeedResult& seed, BudgetUnit unit) {
    switch (unit) {
    case BudgetUnit::epochs:
        return seed.epochs;
    case BudgetUnit::gradients:
        return seed.gradients;
    case BudgetUnit::seconds:
        return seed.seconds;
    }
    return 0.0;
}

LoadedStudy readStudy(const Archive& archive, const std::string& study) {
    LoadedStudy loaded;
    loaded.row = archive.study(study);
    // The archive's documents contain their experiment.
    ParsedStudy parsed = parseStudy(archive.studyDocument(study), [](const std::string& name) -> std::string {
        throw Error(ErrorKind::usage,
                    "the archived study refers to \"" + name + "\" instead of containing its experiment");
    });
    if (!parsed.study)
        throw Error(ErrorKind::archive,
                    "The study \"" + loaded.row.name +
                        "\" cannot be read by this version: " + describe(parsed.mistakes));
    loaded.study = std::move(*parsed.study);
    for (std::size_t i = 0; i < loaded.study.methods.size(); ++i)
        loaded.searches.push_back(traitsOf(experimentOf(loaded.study, i, 0).tuner).searches());
    loaded.runs = archive.studyRuns(study);
    loaded.results = studyResults(loaded.study, loaded.runs);
    for (const MethodResult& method : loaded.results.methods)
        for (const SeedResult& seed : method.seeds) loaded.spent += spentBy(seed, loaded.study.unit);
    return loaded;
}

} // namespace dstn::ui
