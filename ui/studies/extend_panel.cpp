#include "ui/studies/extend_panel.h"

#include "ui/forms/mark_colors.h"
#include "ui/forms/number_edit.h"
#include "ui/text/study_text.h"

#include <QBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

namespace dstn::ui {

ExtendPanel::ExtendPanel(QWidget* parent)
    : QWidget(parent),
      budget_(new NumberEdit(NumberEdit::Kind::real)),
      unit_(new QLabel),
      seeds_(new QLineEdit),
      problem_(new QLabel),
      apply_(new QPushButton(tr("E&xtend and run"))) {
    budget_->setObjectName(QStringLiteral("extendBudget"));
    budget_->setAccessibleName(tr("Budget of each method and seed"));
    budget_->setToolTip(tr("For each method and seed; it can only grow. What has already run counts."));
    budget_->setMaximumWidth(110);
    seeds_->setObjectName(QStringLiteral("extendSeeds"));
    seeds_->setAccessibleName(tr("Seeds"));
    seeds_->setToolTip(tr("The present seeds and any new ones: 0-9"));
    seeds_->setMaximumWidth(180);
    apply_->setObjectName(QStringLiteral("extend"));
    problem_->setObjectName(QStringLiteral("extendProblem"));
    problem_->setWordWrap(true);
    auto* cancel = new QPushButton(tr("Cancel"));
    auto* budgetLabel = new QLabel(tr("B&udget of each"));
    budgetLabel->setBuddy(budget_);
    auto* seedsLabel = new QLabel(tr("&Seeds"));
    seedsLabel->setBuddy(seeds_);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    for (QWidget* widget :
         std::initializer_list<QWidget*>{budgetLabel, budget_, unit_, seedsLabel, seeds_, apply_, cancel})
        layout->addWidget(widget);
    layout->addWidget(problem_, 1);
    connect(budget_, &QLineEdit::textEdited, this, &ExtendPanel::check);
    connect(seeds_, &QLineEdit::textEdited, this, &ExtendPanel::check);
    for (QLineEdit* edit : {static_cast<QLineEdit*>(budget_), seeds_})
        connect(edit, &QLineEdit::returnPressed, apply_, &QPushButton::click);
    connect(apply_, &QPushButton::clicked, this, [this] { emit extended(wanted_); });
    connect(cancel, &QPushButton::clicked, this, &ExtendPanel::cancelled);
    setFocusProxy(budget_);
}

void ExtendPanel::setStudy(const Study& study) {
    study_ = wanted_ = study;
    budget_->setNumber(study.budget);
    unit_->setText(unitText(study.unit));
    seeds_->setText(seedsText(study.seeds));
    check();
}

void ExtendPanel::check() {
    QString problem = budget_->problem();
    wanted_ = study_;
    if (problem.isEmpty()) wanted_.budget = *budget_->real();
    QString seedProblem;
    wanted_.seeds = parseSeeds(seeds_->text(), seedProblem);
    if (problem.isEmpty()) problem = seedProblem;
    if (problem.isEmpty())
        for (const std::string& change : changesBeyondGrowth(study_, wanted_))
            problem += (problem.isEmpty() ? QString() : QStringLiteral(" ")) + QString::fromStdString(change);
    if (problem.isEmpty())
        if (const std::vector<Mistake> mistakes = validate(wanted_); !mistakes.empty())
            problem = QString::fromStdString(describe(mistakes)).simplified();
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, MarkColors(palette()).error);
    problem_->setPalette(colours);
    problem_->setText(problem.isEmpty() ? QString() : tr("⚠ %1").arg(problem));
    apply_->setEnabled(problem.isEmpty() && !(wanted_ == study_));
}

void ExtendPanel::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape)
        emit cancelled();
    else
        QWidget::keyPressEvent(event);
}

} // namespace dstn::ui
