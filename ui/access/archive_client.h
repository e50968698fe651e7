#pragma once

#include "core/archive/archive.h"

#include <QObject>
#include <QPointer>
#include <QString>
#include <QThread>

#include <filesystem>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace dstn::ui {

class ArchiveWorker;

/// An Archive on a thread of its own, called from the window's thread, which it never blocks.
///
/// Jobs run one after another, in the order asked. The archive is opened at the first one and, if that
/// failed, again and again while it is followed: in the wanted mode, else for reading alone, which
/// `troubleChanged` then says. Destruction waits for the jobs that were asked for: no note typed is lost.
class ArchiveClient : public QObject {
    Q_OBJECT
  public:
    using Rows = std::shared_ptr<const std::vector<RunRow>>;
    using Studies = std::shared_ptr<const std::vector<StudyRow>>;
    using Job = std::function<void(Archive&)>;
    /// Which list is read again when the archive changes.
    enum class List { runs, studies };

    ArchiveClient(std::filesystem::path file, Archive::Mode mode, QObject* parent = nullptr)
        : ArchiveClient(std::move(file), mode, List::runs, parent) {}
    ArchiveClient(std::filesystem::path file, Archive::Mode mode, List list, QObject* parent = nullptr);
    ~ArchiveClient() override;

    /// Looks twice a second whether anyone wrote to the archive, and emits rowsArrived, or studiesArrived, if
    /// so. A list that takes long to read is read more seldom: reading never takes more than a tenth of the
    /// time.
    void setFollowing(bool on);
    /// Reads the list again, and opens the archive again where that failed before.
    void refresh();

    /// Changes something; the list follows.
    void change(Job job);
    /// Asks something and hands the answer to `then` on this thread, unless `receiver` is gone by then.
    /// A failure emits `failed` instead.
    template <class Query, class Then>
    void ask(QObject* receiver, Query query, Then then) {
        post(asking(receiver, std::move(query), std::move(then)), {});
    }
    /// The same, where the message of a failure goes to `otherwise` in place of the signal.
    template <class Query, class Then>
    void ask(QObject* receiver, Query query, Then then, std::function<void(const QString&)> otherwise) {
        post(asking(receiver, std::move(query), std::move(then)),
             [this, receiver = QPointer<QObject>(receiver), otherwise = std::move(otherwise)](
                 const QString& message) { answer(receiver, [otherwise, message] { otherwise(message); }); });
    }

  signals:
    void rowsArrived(dstn::ui::ArchiveClient::Rows rows);          ///< all runs, deleted ones too
    void studiesArrived(dstn::ui::ArchiveClient::Studies studies); ///< all of them, deleted ones too
    /// Why the archive cannot be read or written, and what to do; empty: all is well (again).
    void troubleChanged(QString message);
    /// Something that was asked for could not be done.
    void failed(QString message);

  private:
    using Failure = std::function<void(const QString&)>;

    template <class Query, class Then>
    Job asking(QObject* receiver, Query query, Then then) {
        return [this, receiver = QPointer<QObject>(receiver), query = std::move(query),
                then = std::move(then)](Archive& archive) {
            auto found = std::make_shared<decltype(query(archive))>(query(archive));
            answer(receiver, [then, found] { then(std::move(*found)); });
        };
    }
    /// From the archive's thread: runs it on this one, unless `receiver` is gone by then.
    void answer(const QPointer<QObject>& receiver, std::function<void()> what);
    /// @param failure called on the archive's thread; empty: `failed` is emitted
    void post(Job job, Failure failure);

    QThread thread_;
    ArchiveWorker* worker_; ///< lives on thread_, deleted when that ends
};

} // namespace dstn::ui
