#include "ui/setup/method_section.h"

namespace dstn {

TunerTraits traitsOf(const TunerSpec& tuner) {
    return {.response = tuner.type != "fixed", .linearizes = tuner.type == "delta-stn"};
}

MethodSection::MethodSection(ExperimentModel& model, MarkBoard& board, QWidget* parent)
    : Section(tr("Method"), model, board, parent) {
    QGridLayout* grid = addGrid();
    const auto applies = [this](MarkedField* field, auto when) {
        onChange([field, when](const Experiment& experiment, bool) {
            field->setApplicable(when(experiment.tuner));
        });
    };
    const auto responds = [](const TunerSpec& tuner) { return traitsOf(tuner).response; };
    const auto linearizes = [](const TunerSpec& tuner) { return traitsOf(tuner).linearizes; };

    std::vector<std::pair<std::string, QString>> types;
    for (const TunerType& type : tunerTypes())
        types.emplace_back(type.id, QString::fromStdString(type.title));
    addRow(grid, tr("Tuner"),
           choiceField<std::string>(
               QStringLiteral("tuner.type"), tr("The method that chooses the hyperparameters."), types,
               [](auto& e) -> auto& { return e.tuner.type; }));
    auto* description = new QLabel;
    description->setWordWrap(true);
    description->setForegroundRole(QPalette::PlaceholderText);
    grid->addWidget(description, grid->rowCount(), 0, 1, 2);
    onChange([description](const Experiment& experiment, bool) {
        for (const TunerType& type : tunerTypes())
            if (type.id == experiment.tuner.type)
                description->setText(QString::fromStdString(type.description));
    });

    auto* linearize = boolField(
        QStringLiteral("tuner.linearize"), tr("&Linearise"),
        tr("Trains Θ on the linearised prediction f(x; w₀) + J_w f · Θ ε (Δ-STN, step 2); "
           "off: on the network at the perturbed weights."),
        [](auto& e) -> auto& { return e.tuner.linearize; });
    auto* scales = boolField(
        QStringLiteral("tuner.tune_scales"), tr("Tune s&cales σ"),
        tr("Learns the perturbation scale σ of each hyperparameter beside λ; off: no perturbation "
           "in the validation step and no entropy term."),
        [](auto& e) -> auto& { return e.tuner.tuneScales; });
    auto* share = boolField(
        QStringLiteral("tuner.share_primal"), tr("Share primal"),
        tr("One forward pass at λ + ε serves both training steps: faster, yet another algorithm than the "
           "paper's."),
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
    applies(scales, responds);
    applies(share, linearizes);

    auto* perturbation = choiceField<bool>(
        QStringLiteral("tuner.perturbation"),
        tr("Whether each example of a batch gets a perturbation ε = σ ⊙ n of its own."),
        {{true, tr("Per example")}, {false, tr("Per batch")}},
        [](auto& e) -> auto& { return e.tuner.perExample; });
    addRow(grid, tr("Perturbation"), perturbation);
    applies(perturbation, responds);
    auto* entropy = numberField(
        QStringLiteral("tuner.entropy_weight"),
        tr("τ: weight of the entropy of the perturbation in the validation step; larger keeps σ larger."),
        [](auto& e) -> auto& { return e.tuner.entropyWeight; });
    addRow(grid, tr("Entrop&y weight τ"), entropy);
    applies(entropy, [](const TunerSpec& tuner) { return traitsOf(tuner).response && tuner.tuneScales; });
    auto* train = numberField(
        QStringLiteral("tuner.train_steps"), tr("T_train: training steps in a row."),
        [](auto& e) -> auto& { return e.tuner.trainSteps; });
    addRow(grid, tr("Training steps"), train);
    applies(train, responds);
    auto* validation = numberField(
        QStringLiteral("tuner.validation_steps"),
        tr("T_valid: validation steps after them, which move λ and σ."),
        [](auto& e) -> auto& { return e.tuner.validationSteps; });
    addRow(grid, tr("Validation steps"), validation);
    applies(validation, responds);
    auto* warmup = numberField(
        QStringLiteral("tuner.warmup_epochs"), tr("Epochs of training steps before λ and σ begin to move."),
        [](auto& e) -> auto& { return e.tuner.warmupEpochs; });
    addRow(grid, tr("&Warm-up epochs"), warmup);
    applies(warmup, responds);
    addRow(grid, tr("Loss"),
           choiceField<LossKind>(
               QStringLiteral("loss"),
               tr("What is minimised: L_T on the training, L_V on the validation examples."),
               {{LossKind::automatic, tr("By the task")},
                {LossKind::crossEntropy, tr("Cross-entropy")},
                {LossKind::mse, tr("Mean squared error")}},
               [](auto& e) -> auto& { return e.loss; }));
}

} // namespace dstn
