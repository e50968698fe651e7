#include "ui/setup/machine_section.h"

#include <QStandardItemModel>

#include <algorithm>

namespace dstn::ui {

static const DeviceInfo* findDevice(const std::string& id, const EngineInfo& info) {
    // "cuda" means the first one.
    const auto found = std::ranges::find_if(info.devices, [&](const DeviceInfo& known) {
        return known.id == id || (id == "cuda" && known.id == "cuda:0");
    });
    return found == info.devices.end() ? nullptr : &*found;
}

QString deviceProblem(const std::string& device, const EngineInfo& info) {
    if (device == "auto") return {};
    const DeviceInfo* found = findDevice(device, info);
    if (found != nullptr && found->available) return {};
    const auto cuda = std::ranges::find_if(
        info.devices, [](const DeviceInfo& known) { return known.id.starts_with("cuda"); });
    QString reason = QObject::tr("there is no such device");
    if (found != nullptr && !found->reason.empty())
        reason = QString::fromStdString(found->reason);
    else if (cuda != info.devices.end() && !cuda->available && !cuda->reason.empty())
        reason = QString::fromStdString(cuda->reason);
    return QObject::tr("The device “%1” cannot be used: %2. Choose auto or cpu.")
        .arg(QString::fromStdString(device), reason);
}

MachineSection::MachineSection(ExperimentModel& model, MarkBoard& board, QWidget* parent)
    : Section(tr("Budget and machine"), model, board, parent) {
    QGridLayout* grid = addGrid();
    addRow(grid, tr("Ep&ochs"),
           numberField(
               QStringLiteral("budget.epochs"), tr("Passes over the training examples."),
               [](auto& e) -> auto& { return e.epochs; }));
    addRow(grid, tr("Training batch"),
           numberField(
               QStringLiteral("batch.train"), tr("Examples in a training step."),
               [](auto& e) -> auto& { return e.trainBatch; }));
    addRow(grid, tr("Validation batch"),
           numberField(
               QStringLiteral("batch.validation"), tr("Examples in a validation step."),
               [](auto& e) -> auto& { return e.validationBatch; }));
    addRow(grid, tr("Seed"),
           numberField(
               QStringLiteral("seed"),
               tr("Fixes the split, the initial weights, the shuffling and every perturbation: the same seed "
                  "on the same device with the same number of threads gives the same run, bit for bit."),
               [](auto& e) -> auto& { return e.seed; }));
    addRow(grid, tr("Threads"),
           numberField(
               QStringLiteral("threads"), tr("CPU threads of the engine; 0: all cores."),
               [](auto& e) -> auto& { return e.threads; }, MarkedField::Size::full, tr("all cores")));

    device_ = quietCombo();
    device_->setObjectName(QStringLiteral("device"));
    auto* field =
        new MarkedField(device_, tr("Device that trains. auto: the first usable GPU, otherwise the CPU."));
    board.add(QStringLiteral("device"), field);
    connect(device_, &QComboBox::activated, this, [this](int index) {
        const std::string id = device_->itemData(index).toString().toStdString();
        this->model().edit({}, [&id](Experiment& experiment) { experiment.device = id; });
    });
    addRow(grid, tr("&Device"), field);
    addRow(grid, tr("Precision"),
           choiceField<Precision>(
               QStringLiteral("precision"),
               tr("Precision of matrix products and convolutions; everything else is float32. tf32 rounds "
                  "inputs to 10 bits, on GPUs that support it; bfloat16 (autocast) rounds inputs and outputs "
                  "to 8 bits: faster on a GPU, slower on most CPUs."),
               {{Precision::float32, tr("float32")},
                {Precision::tf32, tr("tf32 (GPU)")},
                {Precision::bfloat16, tr("bfloat16")}},
               [](auto& e) -> auto& { return e.precision; }));
    addRow(
        grid, {},
        boolField(
            QStringLiteral("graphs"), tr("Record steps as graphs (GPU)"),
            tr("On a GPU, each kind of step is recorded once and replayed, which saves launching its "
               "operations one by one. What cannot be recorded is launched as usual, and the log says so."),
            [](auto& e) -> auto& { return e.graphs; }));
    note_ = addNote();
    note_->hide();
    onChange([this](const Experiment&, bool) { fillDevices(); });
}

void MachineSection::fillDevices() {
    struct Item {
        QString id, text, reason;
    };
    std::vector<Item> items{{QStringLiteral("auto"), tr("auto"), {}}};
    if (!info_) {
        items.push_back({QStringLiteral("cpu"), tr("cpu"), {}});
    } else {
        bool cuda = false;
        for (const DeviceInfo& known : info_->devices) {
            const QString id = QString::fromStdString(known.id);
            cuda = cuda || known.id.starts_with("cuda");
            QString text = known.name.empty() ? id : tr("%1: %2").arg(id, QString::fromStdString(known.name));
            if (!known.available) text = tr("%1 (not available)").arg(id);
            items.push_back({id, text, known.available ? QString() : deviceProblem(known.id, *info_)});
        }
        if (!cuda)
            items.push_back({QStringLiteral("cuda"), tr("cuda (not available)"),
                             tr("This build's LibTorch %1 has no CUDA support.")
                                 .arg(QString::fromStdString(info_->torchVersion))});
    }
    const QString current = QString::fromStdString(model().value().device);
    if (std::ranges::none_of(items, [&](const Item& item) { return item.id == current; }))
        items.push_back({current, current, info_ ? deviceProblem(current.toStdString(), *info_) : QString()});

    device_->clear();
    auto* entries = qobject_cast<QStandardItemModel*>(device_->model());
    for (const Item& item : items) {
        device_->addItem(item.text, item.id);
        const int row = device_->count() - 1;
        if (item.reason.isEmpty()) continue;
        device_->setItemData(row, item.reason, Qt::ToolTipRole);
        entries->item(row)->setEnabled(false);
    }
    device_->setCurrentIndex(device_->findData(current));
}

void MachineSection::setEngineInfo(const EngineInfo& info) {
    info_ = info;
    fillDevices();
    QString text = tr("LibTorch %1, %2")
                       .arg(QString::fromStdString(info.torchVersion), QString::fromStdString(info.blas));
    if (info.referenceBlas)
        text = tr("⚠ LibTorch uses the reference BLAS, which is many times slower than OpenBLAS. Install "
                  "libopenblas0 and restart.");
    for (const DeviceInfo& known : info.devices)
        if (!known.available && !known.reason.empty())
            text +=
                tr("\n%1: %2").arg(QString::fromStdString(known.id), QString::fromStdString(known.reason));
    note_->setText(text);
    note_->show();
}

void MachineSection::setEngineError(const QString& why) {
    note_->setText(tr("⚠ %1").arg(why));
    note_->show();
}

} // namespace dstn::ui
