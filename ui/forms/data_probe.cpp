#include "ui/forms/data_probe.h"

#include <QFutureWatcher>
#include <QtConcurrentRun>

#include <exception>

namespace dstn::ui {

namespace {
struct Answer {
    std::optional<DataInfo> info;
    QString error;
};
} // namespace

static constexpr int pauseMs = 300;

/// What data of one known form would be, though they cannot be read: the model can be looked at without them.
static std::optional<DataInfo> declared(const DataSpec& spec) {
    try {
        return declaredDataset(spec);
    } catch (const std::exception&) {
        return {}; // of no use where it cannot be split as asked: the first error says more
    }
}

DataProbe::DataProbe(QObject* parent) : QObject(parent) {
    pause_.setSingleShot(true);
    connect(&pause_, &QTimer::timeout, this, &DataProbe::start);
}

void DataProbe::ask(const DataSpec& spec, std::uint64_t seed, bool soon) {
    if (spec_ == spec && seed_ == seed) return;
    const bool sameSource = spec_ && spec_->source == spec.source && spec_->path == spec.path;
    if (!sameSource) info_.reset();
    spec_ = spec;
    seed_ = seed;
    error_.clear();
    pending_ = true;
    pause_.start(soon ? pauseMs : 0);
    emit changed();
}

void DataProbe::forget() {
    if (!spec_) return;
    spec_.reset();
    info_.reset();
    error_.clear();
    pending_ = false;
    pause_.stop();
    emit changed();
}

void DataProbe::start() {
    if (!spec_) return;
    auto* watcher = new QFutureWatcher<Answer>(this);
    connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher, asked = *spec_, seed = seed_] {
        const Answer answer = watcher->result();
        watcher->deleteLater();
        finish(asked, seed, answer.info, answer.error);
    });
    watcher->setFuture(QtConcurrent::run([asked = *spec_, seed = seed_]() -> Answer {
        try {
            return {.info = probeDataset(asked, seed), .error = {}};
        } catch (const std::exception& error) {
            return {.info = declared(asked), .error = QString::fromUtf8(error.what())};
        }
    }));
}

void DataProbe::finish(const DataSpec& asked, std::uint64_t seed, std::optional<DataInfo> info,
                       const QString& error) {
    if (!(spec_ == asked) || seed_ != seed) return;
    pending_ = false;
    info_ = std::move(info);
    error_ = error;
    emit changed();
}

} // namespace dstn::ui
