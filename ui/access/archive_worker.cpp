#include "ui/access/archive_worker.h"

#include <algorithm>
#include <exception>

namespace dstn::ui {

namespace {

constexpr int pollInterval = 500;
constexpr qint64 retryInterval = 2000;
/// A process that dies writes nothing: whether runs still live has to be looked up.
constexpr qint64 settleInterval = 5000;

QString messageOf(const std::exception& error) { return QString::fromUtf8(error.what()); }

} // namespace

void ArchiveWorker::setFollowing(bool on) {
    if (!timer_) {
        timer_ = new QTimer(this);
        timer_->setInterval(pollInterval);
        connect(timer_, &QTimer::timeout, this, &ArchiveWorker::poll);
    }
    if (on == timer_->isActive()) return;
    if (on) {
        timer_->start();
        poll();
    } else {
        timer_->stop();
    }
}

Archive* ArchiveWorker::archive() {
    std::error_code ignored;
    if (archive_ && !std::filesystem::exists(file_, ignored)) {
        // The open handle would go on showing, and writing to, a file that nobody can reach any more.
        archive_.reset();
        version_ = -1;
        const QString gone = tr("The archive %1 was moved or deleted while it was open. %2");
        setTrouble(gone.arg(QString::fromStdString(file_.string()),
                            mode_ == Archive::Mode::readWrite
                                ? tr("Restore it, or press Refresh to create an empty archive there.")
                                : tr("Restore it to read on.")));
        sinceAttempt_.start();
        return nullptr;
    }
    if (archive_) return archive_.get();
    version_ = -1;
    sinceAttempt_.start();
    try {
        archive_ = std::make_unique<Archive>(file_, mode_);
        degraded_ = false;
        setTrouble({});
        return archive_.get();
    } catch (const std::exception& error) {
        const QString why = messageOf(error);
        if (mode_ == Archive::Mode::readWrite) {
            try {
                archive_ = std::make_unique<Archive>(file_, Archive::Mode::readOnly);
                degraded_ = true;
                setTrouble(tr("%1 Until then, runs can be viewed but not changed.").arg(why));
                return archive_.get();
            } catch (const std::exception&) {
                // The first reason is the one that the user can act on.
            }
        }
        setTrouble(why);
        return nullptr;
    }
}

void ArchiveWorker::setTrouble(const QString& message) {
    if (message == trouble_) return;
    trouble_ = message;
    emit troubleChanged(message);
}

void ArchiveWorker::poll() {
    std::error_code ignored;
    const bool waiting = !archive_ || degraded_;
    if (waiting && sinceAttempt_.isValid()) {
        if (sinceAttempt_.elapsed() < retryInterval && !archive_) return;
        // One that vanished is not replaced by an empty one unasked.
        if (!archive_ && !trouble_.isEmpty() && !std::filesystem::exists(file_, ignored)) return;
        if (sinceAttempt_.elapsed() >= retryInterval) archive_.reset();
    }
    Archive* const open = archive();
    if (!open) return;
    try {
        const std::int64_t version = open->dataVersion();
        const bool written = version != version_;
        const bool settle = active_ && (!sinceSettled_.isValid() || sinceSettled_.elapsed() > settleInterval);
        if (!written && !settle) return;
        if (sinceRows_.isValid() && sinceRows_.elapsed() < 10 * rowsTook_) return;
        if (settle) {
            if (!degraded_ && mode_ == Archive::Mode::readWrite) open->settleAbandonedRuns();
            sinceSettled_.start();
        }
        version_ = version;
        sendRows();
    } catch (const std::exception& error) {
        archive_.reset();
        setTrouble(messageOf(error));
    }
}

void ArchiveWorker::refresh() {
    std::error_code ignored;
    // Asked for by a person: one that vanished is begun anew.
    if (degraded_ || !std::filesystem::exists(file_, ignored)) archive_.reset();
    Archive* const open = archive();
    if (!open) return;
    try {
        version_ = open->dataVersion();
        sendRows();
    } catch (const std::exception& error) {
        archive_.reset();
        setTrouble(messageOf(error));
    }
}

void ArchiveWorker::sendRows() {
    QElapsedTimer clock;
    clock.start();
    const auto arrived = [&](const auto& rows, auto goesOn) {
        rowsTook_ = clock.elapsed();
        sinceRows_.start();
        active_ = std::any_of(rows->begin(), rows->end(), goesOn);
    };
    if (list_ == ArchiveClient::List::studies) {
        auto studies = std::make_shared<const std::vector<StudyRow>>(archive_->studies(true));
        // A paused one is nobody's.
        arrived(studies, [](const StudyRow& row) { return row.state == RunState::running; });
        emit studiesArrived(std::move(studies));
        return;
    }
    auto rows = std::make_shared<const std::vector<RunRow>>(archive_->runs(true));
    arrived(rows, [](const RunRow& row) { return !ended(row.state); });
    emit rowsArrived(std::move(rows));
}

void ArchiveWorker::perform(const ArchiveClient::Job& job, const std::function<void(const QString&)>& failure,
                            bool changes) {
    const auto tell = [&](const QString& message) {
        if (failure)
            failure(message);
        else
            emit failed(message);
    };
    Archive* const open = archive();
    if (!open) {
        tell(trouble_);
        return;
    }
    try {
        job(*open);
    } catch (const std::exception& error) {
        tell(messageOf(error));
    }
    // After a failure too: what the list shows must be what the archive has.
    if (changes) refresh();
}

} // namespace dstn::ui
