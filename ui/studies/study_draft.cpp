#include "ui/studies/study_draft.h"

#include "ui/forms/mark_board.h"
#include "ui/text/study_text.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace dstn::ui {

namespace {

constexpr double usualTrainings = 5;

/// A replay needs the schedule of another run.
bool isOffered(const TunerTraits& type) { return !type.followsRun; }

StudyMethod methodOf(const TunerTraits& type) {
    return {.name = std::string(type.title), .set = {{"tuner.type", std::string(type.id)}}};
}

std::string typeOf(const StudyMethod& method, const std::string& otherwise) {
    for (const auto& [path, value] : method.set)
        if (path == "tuner.type") return value;
    return otherwise;
}

std::string jsonText(const QJsonValue& value) {
    if (value.isString()) return value.toString().toStdString();
    if (value.isArray()) return QJsonDocument(value.toArray()).toJson(QJsonDocument::Compact).toStdString();
    if (value.isObject()) return QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact).toStdString();
    const QByteArray list = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
    return list.mid(1, list.size() - 2).toStdString();
}

QJsonObject tunerOf(const Experiment& experiment) {
    return QJsonDocument::fromJson(QByteArray::fromStdString(toJson(experiment)))
        .object()
        .value(QStringLiteral("tuner"))
        .toObject();
}

} // namespace

StudyDraft::StudyDraft(QObject* parent) : QObject(parent) {
    study_.budget = 0.0;
    study_.seeds = {0, 1, 2};
    for (const TunerTraits& type : tunerTypes())
        if (isOffered(type)) methods_.push_back({methodOf(type), type.usual});
}

template <class Value>
void StudyDraft::assign(Value& place, const Value& value) {
    if (place == value) return;
    place = value;
    emit changed();
}

Study StudyDraft::study() const {
    Study study = study_;
    for (const Method& method : methods_)
        if (method.used) study.methods.push_back(method.method);
    return study;
}

void StudyDraft::setStudy(const Study& study) {
    study_ = study;
    study_.methods.clear();
    methods_.clear();
    readExperiment();
    const std::string own = experiment_ ? std::string(traitsOf(experiment_->tuner).id) : std::string();
    std::vector<std::string> there;
    for (const StudyMethod& method : study.methods) {
        methods_.push_back({method, true});
        there.push_back(typeOf(method, own));
    }
    for (const TunerTraits& type : tunerTypes())
        if (isOffered(type) && std::ranges::find(there, type.id) == there.end())
            methods_.push_back({methodOf(type), false});
    emit methodsReset();
    emit changed();
}

void StudyDraft::setExperiment(const Experiment& experiment) {
    Experiment plain = experiment;
    plain.tuner.options = FixedOptions{};
    const QJsonObject common = tunerOf(plain), whole = tunerOf(experiment);
    const std::string type(traitsOf(experiment.tuner).id);
    Experiment defaults = experiment;
    defaults.tuner = {.options = tunerOptions(type)};
    const QJsonObject usualOptions = tunerOf(defaults);
    Assignments own{{"tuner.type", type}};
    for (auto option = whole.begin(); option != whole.end(); ++option)
        if (!common.contains(option.key()) && usualOptions.value(option.key()) != option.value())
            own.emplace_back("tuner." + option.key().toStdString(), jsonText(option.value()));
    for (Method& method : methods_)
        if (typeOf(method.method, {}) == type) method.method.set = own;

    study_.experimentJson = toJson(plain);
    study_.set.clear();
    study_.name = experiment.name;
    study_.description = experiment.description;
    if (study_.unit == BudgetUnit::epochs || study_.budget <= 0.0) {
        study_.unit = BudgetUnit::epochs;
        study_.budget = usualTrainings * static_cast<double>(experiment.epochs);
    }
    readExperiment();
    emit methodsReset();
    emit changed();
}

void StudyDraft::readExperiment() {
    experiment_ = parseExperiment(study_.experimentJson, study_.set).experiment;
}

void StudyDraft::setUsed(std::size_t method, bool used) { assign(methods_.at(method).used, used); }

void StudyDraft::setMethod(std::size_t method, const StudyMethod& changed) {
    assign(methods_.at(method).method, changed);
}

std::size_t StudyDraft::duplicate(std::size_t method) {
    Method copy = methods_.at(method);
    copy.used = true;
    const std::string name = copy.method.name;
    const auto taken = [this](const std::string& text) {
        return std::ranges::any_of(methods_, [&](const Method& one) { return one.method.name == text; });
    };
    for (int number = 2; taken(copy.method.name); ++number)
        copy.method.name = name + " (" + std::to_string(number) + ")";
    methods_.insert(methods_.begin() + static_cast<std::ptrdiff_t>(method) + 1, std::move(copy));
    emit methodsReset();
    emit changed();
    return method + 1;
}

void StudyDraft::remove(std::size_t method) {
    methods_.erase(methods_.begin() + static_cast<std::ptrdiff_t>(method));
    emit methodsReset();
    emit changed();
}

int StudyDraft::rowOf(const std::string& path) const {
    int wanted = rowOfPath(path, "methods");
    if (wanted < 0) return -1;
    for (std::size_t row = 0; row < methods_.size(); ++row)
        if (methods_[row].used && wanted-- == 0) return static_cast<int>(row);
    return -1;
}

void StudyDraft::setName(const std::string& name) { assign(study_.name, name); }
void StudyDraft::setDescription(const std::string& description) { assign(study_.description, description); }
void StudyDraft::setSeeds(const std::vector<std::uint64_t>& seeds) { assign(study_.seeds, seeds); }
void StudyDraft::setParallel(std::int64_t parallel) { assign(study_.parallel, parallel); }

void StudyDraft::setBudget(BudgetUnit unit, double amount) {
    if (study_.unit == unit && study_.budget == amount) return;
    study_.unit = unit;
    study_.budget = amount;
    emit changed();
}

} // namespace dstn::ui
