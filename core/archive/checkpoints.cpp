#include "core/archive/archive_impl.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <new>
#include <utility>

namespace dstn {

namespace {

constexpr std::size_t checkpointPartBytes = std::size_t{64} << 20U; // far below SQLite's limit of a value

/// XXH3 (128 bits) of a checkpoint's bytes, part by part, and of the run and step that they belong to.
class CheckpointHash {
  public:
    CheckpointHash() : state_(XXH3_createState(), XXH3_freeState) {
        if (!state_) throw std::bad_alloc();
        XXH3_128bits_reset(state_.get());
    }
    void add(const void* bytes, std::size_t size) { XXH3_128bits_update(state_.get(), bytes, size); }
    std::string of(const std::string& run, std::int64_t step) {
        const std::string rest = run + '/' + std::to_string(step);
        add(rest.data(), rest.size());
        const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
        std::array<char, 33> digits{};
        std::snprintf(digits.data(), digits.size(), "%016llx%016llx",
                      static_cast<unsigned long long>(hash.high64),
                      static_cast<unsigned long long>(hash.low64));
        return digits.data();
    }

  private:
    std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

/// A row of `checkpoints`.
struct CheckpointRow {
    std::int64_t firstPart = 0, parts = 0, step = 0;
    std::string hash; ///< empty: written by a version that kept none
};

std::vector<CheckpointRow> rowsOf(const Archive::Impl& archive, std::int64_t id) {
    std::vector<CheckpointRow> rows;
    auto query = archive.statement("SELECT first_part, parts, step, hash FROM checkpoints WHERE run_id = ? "
                                   "ORDER BY first_part DESC");
    query.bind(1, id);
    while (query.executeStep())
        rows.push_back({.firstPart = query.getColumn(0).getInt64(),
                        .parts = query.getColumn(1).getInt64(),
                        .step = query.getColumn(2).getInt64(),
                        .hash = query.getColumn(3).getString()});
    return rows;
}

/// The bytes, if they are those that were written.
std::optional<std::string> bytesOf(const Archive::Impl& archive, std::int64_t id, const std::string& run,
                                   const CheckpointRow& row) {
    try {
        auto parts =
            archive.statement("SELECT bytes FROM checkpoint_parts WHERE run_id = ? AND part >= ? AND "
                              "part - ? < ? ORDER BY part");
        parts.bind(1, id);
        parts.bind(2, row.firstPart);
        parts.bind(3, row.firstPart);
        parts.bind(4, row.parts);
        std::string bytes;
        std::int64_t count = 0;
        CheckpointHash hash;
        for (; parts.executeStep(); ++count) {
            const SQLite::Column part = parts.getColumn(0);
            const auto size = static_cast<std::size_t>(part.getBytes());
            hash.add(part.getBlob(), size);
            bytes.append(static_cast<const char*>(part.getBlob()), size);
        }
        const bool whole = count > 0 && count == row.parts;
        if (!whole || (!row.hash.empty() && hash.of(run, row.step) != row.hash)) return std::nullopt;
        return bytes;
    } catch (const SQLite::Exception& error) {
        if (error.getErrorCode() == SQLITE_CORRUPT) return std::nullopt;
        throw;
    }
}

std::string damaged(const std::string& run, std::int64_t step) {
    return "The checkpoint of run " + run.substr(0, 8) + " at step " + std::to_string(step) +
           " is damaged: it is not what was saved (its checksum differs).";
}

} // namespace

StoredCheckpoint Archive::checkpoint(const std::string& run) const {
    return impl_->guard([&] {
        const Snapshot snapshot(*impl_->database);
        const std::int64_t id = impl_->runId(run);
        StoredCheckpoint result;
        auto lease = impl_->statement("SELECT lease FROM runs WHERE id = ?");
        lease.bind(1, id);
        lease.executeStep();
        result.lease = lease.getColumn(0).getInt64();
        std::string trouble;
        for (const CheckpointRow& row : rowsOf(*impl_, id)) {
            if (auto bytes = bytesOf(*impl_, id, run, row)) {
                result.step = row.step;
                result.bytes = std::make_shared<const std::string>(std::move(*bytes));
                if (!trouble.empty())
                    result.warning =
                        trouble + " The one before it, at step " + std::to_string(row.step) + ", is used.";
                return result;
            }
            if (trouble.empty()) trouble = damaged(run, row.step);
        }
        if (!trouble.empty())
            throw Error(ErrorKind::archive,
                        trouble + " There is no other. Restore a copy of the archive, or start a new run.");
        return result;
    });
}

std::vector<std::string> Archive::damagedCheckpoints() const {
    return impl_->guard([&] {
        const Snapshot snapshot(*impl_->database);
        std::vector<std::string> found;
        auto runs = impl_->statement("SELECT id, uuid FROM runs ORDER BY id");
        while (runs.executeStep()) {
            const std::int64_t id = runs.getColumn(0).getInt64();
            const std::string run = runs.getColumn(1).getString();
            for (const CheckpointRow& row : rowsOf(*impl_, id))
                if (!bytesOf(*impl_, id, run, row)) found.push_back(damaged(run, row.step));
        }
        return found;
    });
}

void Archive::dropCheckpoints(const std::vector<std::string>& runs) {
    impl_->write([&] {
        impl_->requireStudyLeases();
        for (const std::string& run : runs) {
            const std::int64_t id = impl_->runId(run);
            for (const char* sql : {"DELETE FROM checkpoint_parts WHERE run_id = ?",
                                    "DELETE FROM checkpoints WHERE run_id = ?"}) {
                auto drop = impl_->statement(sql);
                drop.bind(1, id);
                drop.exec();
            }
        }
    });
}

std::int64_t Archive::Impl::storeCheckpoint(std::int64_t id, const std::string& run,
                                            const CheckpointTaken& checkpoint,
                                            std::optional<std::int64_t> kept) const {
    std::int64_t first = 0, last = 0;
    for (const CheckpointRow& row : rowsOf(*this, id)) {
        if (kept == row.firstPart) last = row.firstPart + row.parts;
        first = std::max(first, row.firstPart + row.parts);
    }
    for (const char* sql :
         {"DELETE FROM checkpoint_parts WHERE run_id = ? AND (part < ? OR part >= ?)",
          "DELETE FROM checkpoints WHERE run_id = ? AND (first_part < ? OR first_part >= ?)"}) {
        auto drop = statement(sql);
        drop.bind(1, id);
        drop.bind(2, kept.value_or(0));
        drop.bind(3, last); // 0: nothing is kept
        drop.exec();
    }
    auto insert = statement("INSERT INTO checkpoint_parts(run_id, part, bytes) VALUES (?, ?, ?)");
    const std::string& bytes = *checkpoint.bytes;
    CheckpointHash hash;
    std::int64_t parts = 0;
    for (std::size_t offset = 0; offset == 0 || offset < bytes.size(); offset += checkpointPartBytes) {
        const std::size_t size = std::min(checkpointPartBytes, bytes.size() - offset);
        hash.add(bytes.data() + offset, size);
        insert.bind(1, id);
        insert.bind(2, first + parts++);
        insert.bindNoCopy(3, bytes.data() + offset, static_cast<int>(size));
        insert.exec();
        insert.reset();
    }
    auto head =
        statement("INSERT INTO checkpoints(run_id, first_part, parts, step, hash) VALUES (?, ?, ?, ?, ?)");
    head.bind(1, id);
    head.bind(2, first);
    head.bind(3, parts);
    head.bind(4, checkpoint.step);
    head.bind(5, hash.of(run, checkpoint.step));
    head.exec();
    return first;
}

} // namespace dstn
