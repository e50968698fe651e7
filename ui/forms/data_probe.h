#pragma once

#include "core/data/dataset.h"

#include <QObject>
#include <QTimer>

#include <cstdint>
#include <optional>

namespace dstn::ui {

/// Finds out what a data set will yield, on a worker thread, once the description has not changed for a
/// moment. An answer to a description that has changed since is dropped.
class DataProbe : public QObject {
    Q_OBJECT

  public:
    explicit DataProbe(QObject* parent = nullptr);

    /// Asks for `spec`, divided by `seed`; nothing happens if it was the last one asked for.
    /// @param soon waits for a pause in typing; else starts at once
    void ask(const DataSpec& spec, std::uint64_t seed, bool soon);
    /// There is nothing to ask: the description itself has mistakes.
    void forget();

    bool pending() const { return pending_; }
    /// What was found; while an answer is pending, what was found of the same source before; with an error,
    /// what the data would be where their source has only one form.
    const std::optional<DataInfo>& info() const { return info_; }
    /// Why the data cannot be read; empty: it can, or it is not known yet.
    const QString& error() const { return error_; }

  signals:
    /// info(), error() or pending() changed.
    void changed();

  private:
    void start();
    void finish(const DataSpec& asked, std::uint64_t seed, std::optional<DataInfo> info,
                const QString& error);

    QTimer pause_;
    std::optional<DataSpec> spec_;
    std::uint64_t seed_ = 0;
    bool pending_ = false;
    std::optional<DataInfo> info_;
    QString error_;
};

} // namespace dstn::ui
