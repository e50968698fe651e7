#pragma once

#include "ui/access/archive_client.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

namespace dstn::ui {

/// The other end of an ArchiveClient, on its own thread.
class ArchiveWorker : public QObject {
    Q_OBJECT
  public:
    ArchiveWorker(std::filesystem::path file, Archive::Mode mode, ArchiveClient::List list)
        : file_(std::move(file)), mode_(mode), list_(list) {}

    void setFollowing(bool on);
    void refresh();
    /// @param failure takes the message of what cannot be done; empty: `failed` does
    void perform(const ArchiveClient::Job& job, const std::function<void(const QString&)>& failure,
                 bool changes);

  signals:
    void rowsArrived(dstn::ui::ArchiveClient::Rows rows);
    void studiesArrived(dstn::ui::ArchiveClient::Studies studies);
    void troubleChanged(QString message);
    void failed(QString message);

  private:
    /// Null if it cannot be opened; the reason has been reported then.
    Archive* archive();
    void poll();
    void sendRows();
    void setTrouble(const QString& message);

    std::filesystem::path file_;
    Archive::Mode mode_;
    ArchiveClient::List list_;
    std::unique_ptr<Archive> archive_;
    bool degraded_ = false; ///< open for reading although writing was wanted
    QTimer* timer_ = nullptr;
    QElapsedTimer sinceRows_, sinceAttempt_, sinceSettled_;
    qint64 rowsTook_ = 0; ///< milliseconds
    std::int64_t version_ = -1;
    bool active_ = false; ///< there are runs, or studies, that have not ended
    QString trouble_;
};

} // namespace dstn::ui
