#include "ui/setup/method_section.h"

#include "ui/forms/mark_colors.h"
#include "ui/text/number_text.h"

#include <algorithm>

namespace dstn::ui {

QString heldText(const Experiment& experiment) {
    QStringList names;
    for (const std::string& name : experiment.heldNames()) names.append(QString::fromStdString(name));
    if (names.isEmpty()) return {};
    if (names.size() == 1)
        return QObject::tr(
                   "%1 is held at its initial value: the training loss has no derivative with respect to it.")
            .arg(names.front());
    const QString last = names.takeLast();
    return QObject::tr("%1 and %2 are held at their initial values: the training loss has no derivative with "
                       "respect to them.")
        .arg(names.join(QStringLiteral(", ")), last);
}

QString replayText(const TunerSpec& tuner) {
    const auto* schedule = std::get_if<ReplayOptions>(&tuner.options);
    if (schedule == nullptr) return {};
    if (schedule->steps.empty() || schedule->values.empty())
        return QObject::tr(
            "There is no schedule yet: choose “Replay its schedule” for a run in the archive.");
    const auto changes = std::int64_t(schedule->steps.size());
    const auto count = std::int64_t(schedule->values.size());
    return QObject::tr("Replays %1 of %2, read from another run.")
        .arg(changes == 1 ? QObject::tr("1 value") : QObject::tr("%1 changes").arg(countText(changes)),
             count == 1 ? QObject::tr("1 hyperparameter")
                        : QObject::tr("%1 hyperparameters").arg(countText(count)));
}

/// The words on the page for options and choices whose own name says too little.
static QString worded(const QString& of, const QString& otherwise) {
    static const std::vector<std::pair<QLatin1String, QString>> words{
        {QLatin1String("centered"), QObject::tr("Centred response")},
        {QLatin1String("separate"), QObject::tr("Separate losses of w₀ and Θ")},
        {QLatin1String("inverse"), QObject::tr("Inverse Hessian")},
        {QLatin1String("neumann_step"), QObject::tr("Neumann step α")},
        {QLatin1String("unroll_steps"), QObject::tr("Unrolled steps")},
        {QLatin1String("reduction"), QObject::tr("Reduction η")},
        {QLatin1String("points"), QObject::tr("Grid points")},
        {QLatin1String("inverse.conjugate-gradient"), QObject::tr("Conjugate gradients")},
        {QLatin1String("inverse.neumann"), QObject::tr("Neumann series")},
        {QLatin1String("inverse.identity"), QObject::tr("Identity (T1–T2)")},
        {QLatin1String("mode.reverse"), QObject::tr("Reverse, truncated")},
        {QLatin1String("mode.forward"), QObject::tr("Forward, real-time")},
        {QLatin1String("sampling.uniform"), QObject::tr("Uniform")},
        {QLatin1String("sampling.sobol"), QObject::tr("Scrambled Sobol")},
        {QLatin1String("early_stopping.none"), QObject::tr("None")},
        {QLatin1String("early_stopping.asha"), QObject::tr("Successive halving (ASHA)")}};
    for (const auto& [key, text] : words)
        if (of == key) return text;
    return otherwise;
}

/// Every option that a single tuner has, each once, in the order of the documents.
static std::vector<FieldOption> optionsOfAllTuners() {
    std::vector<FieldOption> all;
    for (const TunerTraits& type : tunerTypes()) {
        for (FieldOption& option : optionsOf(TunerSpec{.options = tunerOptions(type.id)}))
            if (std::ranges::find(all, option.key, &FieldOption::key) == all.end())
                all.push_back(std::move(option));
    }
    return all;
}

/// Options that change nothing as the others are set.
static bool matters(const TunerSpec& tuner, const QString& key) {
    if (const auto* own = std::get_if<ImplicitOptions>(&tuner.options)) {
        if (key == u"iterations" || key == u"damping") return own->inverse != InverseKind::identity;
        if (key == u"tolerance" || key == u"warm_start")
            return own->inverse == InverseKind::conjugateGradient;
        if (key == u"neumann_step") return own->inverse == InverseKind::neumann;
    }
    if (const auto* own = std::get_if<UnrolledOptions>(&tuner.options);
        own != nullptr && key == u"unroll_steps")
        return own->mode == UnrollMode::reverse;
    if (key == u"reduction" || key == u"minimum_epochs") return stopsEarly(tuner);
    return true;
}

MethodSection::MethodSection(ExperimentModel& model, MarkBoard& board, QWidget* parent)
    : Section(tr("Method"), model, board, parent) {
    QGridLayout* grid = addGrid();
    addTuner(grid);
    addOwnOptions(grid);
    addGridValues(grid);
    addResponseOptions(grid);
    addRow(grid, tr("Loss"),
           choiceField<LossKind>(
               QStringLiteral("loss"),
               tr("Loss to minimise: L_T on the training examples, L_V on the validation examples."),
               {{LossKind::automatic, tr("Default of the task")},
                {LossKind::crossEntropy, tr("Cross-entropy")},
                {LossKind::mse, tr("Mean squared error")}},
               [](auto& e) -> auto& { return e.loss; }));
}

void MethodSection::addTuner(QGridLayout* grid) {
    std::vector<std::pair<std::string, QString>> types;
    for (const TunerTraits& type : tunerTypes())
        types.emplace_back(std::string(type.id), QString::fromUtf8(type.title));
    addRow(grid, tr("Tuner"),
           choiceBy<std::string>(
               QStringLiteral("tuner.type"), tr("The method that chooses the hyperparameters."), types,
               [](const Experiment& e) { return std::string(traitsOf(e.tuner).id); },
               [](Experiment& e, const std::string& type) { chooseTuner(e.tuner, type); }));
    auto* description = new QLabel;
    description->setWordWrap(true);
    description->setForegroundRole(QPalette::PlaceholderText);
    grid->addWidget(description, grid->rowCount(), 0, 1, 2);
    onChange([description](const Experiment& experiment, bool) {
        description->setText(QString::fromUtf8(traitsOf(experiment.tuner).description));
    });
    const auto addText = [grid](const QString& name) {
        auto* label = new QLabel;
        label->setObjectName(name);
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        grid->addWidget(label, grid->rowCount(), 0, 1, 2);
        return label;
    };
    QLabel* held = addText(QStringLiteral("heldNote"));
    QLabel* replay = addText(QStringLiteral("replayNote"));
    onChange([held, replay](const Experiment& experiment, bool) {
        const QString sentence = heldText(experiment), schedule = replayText(experiment.tuner);
        held->setText(sentence.isEmpty() ? QString() : tr("⚠ %1").arg(sentence));
        held->setHidden(sentence.isEmpty());
        replay->setText(schedule);
        replay->setHidden(schedule.isEmpty());
    });
}

void MethodSection::addOwnOptions(QGridLayout* grid) {
    for (const FieldOption& found : optionsOfAllTuners()) {
        FieldOption option = found;
        option.title = worded(option.key, option.title);
        const OptionWording wording{.choice = [key = option.key](const QString& choice) {
            return worded(key + u'.' + choice, choice);
        }};
        auto* field = new OptionField(option, MarkedField::Size::full, wording);
        const QString path = QStringLiteral("tuner.%1").arg(option.key);
        field->editor()->setObjectName(path);
        board().add(path, field);
        connect(field, &OptionField::edited, this,
                [this, field](const QString& text) { applyOwn(field, text); });
        if (option.kind == FieldOption::Kind::boolean)
            grid->addWidget(field, grid->rowCount(), 0, 1, 2);
        else
            addRow(grid, option.title, field);
        own_.push_back(field);
    }
    onChange([this](const Experiment& experiment, bool replaced) { showOwn(experiment, replaced); });
}

void MethodSection::applyOwn(OptionField* field, const QString& text) {
    TunerSpec spec = model().value().tuner;
    const bool hadProblem = !field->inputProblem().isEmpty();
    field->setInputProblem(setOption(spec, field->key(), text));
    if (field->inputProblem().isEmpty()) {
        const auto kind = field->option().kind;
        const bool typed = kind != FieldOption::Kind::choice && kind != FieldOption::Kind::boolean;
        model().edit(typed ? QStringLiteral("tuner.%1").arg(field->key()) : QString(),
                     [&spec](Experiment& experiment) { experiment.tuner = spec; });
    }
    if (hadProblem || !field->inputProblem().isEmpty()) emit board().inputProblemsChanged();
}

void MethodSection::showOwn(const Experiment& experiment, bool replaced) {
    for (OptionField* field : own_) {
        const std::optional<QString> text = optionText(experiment.tuner, field->key());
        field->setApplicable(text && matters(experiment.tuner, field->key()));
        // What was typed for another tuner is not a mistake of this one.
        if (text)
            field->showValue(*text, replaced);
        else
            field->setInputProblem({});
    }
}

void MethodSection::addGridValues(QGridLayout* grid) {
    auto* values = new GridValues;
    values->setObjectName(QStringLiteral("tuner.values"));
    grid->addWidget(values, grid->rowCount(), 0, 1, 2);
    board().add(QStringLiteral("tuner.values"), values);
    onChange([values](const Experiment& experiment, bool replaced) { values->show(experiment, replaced); });
    connect(values, &GridValues::edited, this,
            [this](const std::string& name, const std::vector<double>& numbers) {
                model().edit(QStringLiteral("tuner.values.%1").arg(QString::fromStdString(name)),
                             [&](Experiment& experiment) { setGridValues(experiment, name, numbers); });
            });
    connect(values, &GridValues::inputProblemChanged, &board(), &MarkBoard::inputProblemsChanged);
}

void MethodSection::addResponseOptions(QGridLayout* grid) {
    const auto applies = [this](MarkedField* field, auto when) {
        onChange([field, when](const Experiment& experiment, bool) {
            field->setApplicable(when(experiment.tuner));
        });
    };
    const auto moves = [](const TunerSpec& tuner) { return traitsOf(tuner).moves(); };
    const auto scaled = [](const TunerSpec& tuner) { return traitsOf(tuner).learnsResponse; };
    const auto linearizes = [](const TunerSpec& tuner) { return traitsOf(tuner).linearizes; };

    auto* linearize = boolField(
        QStringLiteral("tuner.linearize"), tr("&Linearise"),
        tr("Trains Θ on the linearised prediction f(x; w₀) + J_w f · Θ ε (Δ-STN, step 2); "
           "off: on the network at the perturbed weights."),
        [](auto& e) -> auto& { return e.tuner.linearize; });
    auto* scales = boolField(
        QStringLiteral("tuner.tune_scales"), tr("Tune s&cales σ"),
        tr("Learns the perturbation scale σ of each hyperparameter along with λ; off: no perturbation in the "
           "validation step and no entropy term."),
        [](auto& e) -> auto& { return e.tuner.tuneScales; });
    auto* share = boolField(
        QStringLiteral("tuner.share_primal"), tr("Share primal"),
        tr("One forward pass at λ + ε serves both training steps: faster, but not the paper's algorithm."),
        [](auto& e) -> auto& { return e.tuner.sharePrimal; });
    auto* flags = new QGridLayout;
    flags->setHorizontalSpacing(8);
    flags->setVerticalSpacing(0);
    flags->addWidget(linearize, 0, 0);
    flags->addWidget(scales, 0, 1);
    flags->addWidget(share, 1, 0);
    flags->setColumnStretch(1, 1);
    grid->addLayout(flags, grid->rowCount(), 0, 1, 2);
    applies(linearize, linearizes);
    applies(scales, scaled);
    applies(share, linearizes);

    auto* perturbation = choiceField<bool>(
        QStringLiteral("tuner.perturbation"),
        tr("Whether each example of a batch gets its own perturbation ε = σ ⊙ n."),
        {{true, tr("Per example")}, {false, tr("Per batch")}},
        [](auto& e) -> auto& { return e.tuner.perExample; });
    addRow(grid, tr("Perturbation"), perturbation);
    applies(perturbation, scaled);
    auto* entropy = numberField(
        QStringLiteral("tuner.entropy_weight"),
        tr("τ: weight of the entropy of the perturbation in the validation step; larger keeps σ larger."),
        [](auto& e) -> auto& { return e.tuner.entropyWeight; });
    addRow(grid, tr("Entrop&y weight τ"), entropy);
    applies(entropy,
            [](const TunerSpec& tuner) { return traitsOf(tuner).learnsResponse && tuner.tuneScales; });
    auto* train = numberField(
        QStringLiteral("tuner.train_steps"), tr("T_train: training steps in a row."),
        [](auto& e) -> auto& { return e.tuner.trainSteps; });
    addRow(grid, tr("Training steps"), train);
    applies(train, moves);
    auto* validation = numberField(
        QStringLiteral("tuner.validation_steps"),
        tr("T_valid: validation steps after them, which move λ and σ."),
        [](auto& e) -> auto& { return e.tuner.validationSteps; });
    addRow(grid, tr("Validation steps"), validation);
    applies(validation, moves);
    auto* warmup = numberField(
        QStringLiteral("tuner.warmup_epochs"), tr("Epochs of training steps before λ and σ begin to move."),
        [](auto& e) -> auto& { return e.tuner.warmupEpochs; });
    addRow(grid, tr("&Warm-up epochs"), warmup);
    applies(warmup, moves);
}

} // namespace dstn::ui
