#include "ui/live/changed_data_question.h"

#include <QCoreApplication>
#include <QMessageBox>
#include <QPushButton>

#include <utility>

namespace dstn::ui {

void askAboutChangedData(QWidget* parent, const QString& why, std::function<void()> goOn) {
    const auto tr = [](const char* text) { return QCoreApplication::translate("ChangedData", text); };
    auto* box = new QMessageBox(QMessageBox::Warning, tr("The data have changed"), why, QMessageBox::NoButton,
                                parent);
    box->setObjectName(QStringLiteral("changedDataQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(tr("Continue with the changed data? Its figures may look better than they are."));
    QPushButton* const yes = box->addButton(tr("&Continue with the changed data"), QMessageBox::AcceptRole);
    QPushButton* const no = box->addButton(tr("Do &not continue"), QMessageBox::RejectRole);
    yes->setObjectName(QStringLiteral("continueWithChangedData"));
    box->setDefaultButton(no);
    box->setEscapeButton(no);
    QObject::connect(yes, &QPushButton::clicked, parent, [goOn = std::move(goOn)] { goOn(); });
    box->open();
}

} // namespace dstn::ui
