#include "ui/access/archive_client.h"

#include "ui/access/archive_worker.h"

namespace dstn::ui {

ArchiveClient::ArchiveClient(std::filesystem::path file, Archive::Mode mode, List list, QObject* parent)
    : QObject(parent), worker_(new ArchiveWorker(std::move(file), mode, list)) {
    qRegisterMetaType<Rows>("dstn::ui::ArchiveClient::Rows");
    qRegisterMetaType<Studies>("dstn::ui::ArchiveClient::Studies");
    worker_->moveToThread(&thread_);
    connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
    connect(worker_, &ArchiveWorker::rowsArrived, this, &ArchiveClient::rowsArrived);
    connect(worker_, &ArchiveWorker::studiesArrived, this, &ArchiveClient::studiesArrived);
    connect(worker_, &ArchiveWorker::troubleChanged, this, &ArchiveClient::troubleChanged);
    connect(worker_, &ArchiveWorker::failed, this, &ArchiveClient::failed);
    thread_.setObjectName(QStringLiteral("archive"));
    thread_.start();
}

ArchiveClient::~ArchiveClient() {
    // Behind all that was asked for.
    QMetaObject::invokeMethod(
        worker_, [this] { thread_.quit(); }, Qt::QueuedConnection);
    thread_.wait();
}

void ArchiveClient::setFollowing(bool on) {
    QMetaObject::invokeMethod(
        worker_, [worker = worker_, on] { worker->setFollowing(on); }, Qt::QueuedConnection);
}

void ArchiveClient::refresh() {
    QMetaObject::invokeMethod(
        worker_, [worker = worker_] { worker->refresh(); }, Qt::QueuedConnection);
}

void ArchiveClient::change(Job job) {
    QMetaObject::invokeMethod(
        worker_, [worker = worker_, job = std::move(job)] { worker->perform(job, {}, true); },
        Qt::QueuedConnection);
}

void ArchiveClient::post(Job job, Failure failure) {
    QMetaObject::invokeMethod(
        worker_,
        [worker = worker_, job = std::move(job), failure = std::move(failure)] {
            worker->perform(job, failure, false);
        },
        Qt::QueuedConnection);
}

void ArchiveClient::answer(const QPointer<QObject>& receiver, std::function<void()> what) {
    QMetaObject::invokeMethod(
        this,
        [receiver, what = std::move(what)] {
            if (receiver) what();
        },
        Qt::QueuedConnection);
}

} // namespace dstn::ui
