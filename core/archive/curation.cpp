#include "core/archive/archive_impl.h"

#include <array>

namespace dstn {

void Archive::rename(const std::string& run, const std::string& name) {
    impl_->write([&] {
        auto update = impl_->statement("UPDATE runs SET name = ? WHERE id = ?");
        update.bind(1, name);
        update.bind(2, impl_->runId(run));
        update.exec();
    });
}

void Archive::setStarred(const std::string& run, bool starred) {
    impl_->write([&] {
        auto update = impl_->statement("UPDATE runs SET starred = ? WHERE id = ?");
        update.bind(1, starred ? 1 : 0);
        update.bind(2, impl_->runId(run));
        update.exec();
    });
}

void Archive::setTags(const std::string& run, const std::vector<std::string>& tags) {
    impl_->write([&] {
        const std::int64_t id = impl_->runId(run);
        auto remove = impl_->statement("DELETE FROM tags WHERE run_id = ?");
        remove.bind(1, id);
        remove.exec();
        auto insert = impl_->statement("INSERT OR IGNORE INTO tags(run_id, tag) VALUES (?, ?)");
        for (const std::string& tag : tags) {
            insert.bind(1, id);
            insert.bind(2, tag);
            insert.exec();
            insert.reset();
        }
    });
}

void Archive::setNote(const std::string& run, const std::string& note) {
    impl_->write([&] {
        auto update = impl_->statement("UPDATE runs SET note = ? WHERE id = ?");
        update.bind(1, note);
        update.bind(2, impl_->runId(run));
        update.exec();
    });
}

void Archive::setDeleted(const std::vector<std::string>& runs, bool deleted) {
    impl_->write([&] {
        auto update = impl_->statement("UPDATE runs SET deleted = ? WHERE id = ?");
        for (const std::string& run : runs) {
            update.bind(1, deleted ? 1 : 0);
            update.bind(2, impl_->runId(run));
            update.exec();
            update.reset();
        }
    });
}

void Archive::purgeDeleted() {
    settleAbandonedRuns();
    // A run that is still being recorded would come back in pieces.
    static constexpr const char* purged =
        "SELECT id FROM runs WHERE deleted = 1 AND held = 0 AND state NOT IN ('preparing', 'running', "
        "'paused')";
    static constexpr std::array tables{"samples",          "summaries", "epochs",      "epoch_values",
                                       "hyperparameters",  "events",    "checkpoints", "tags",
                                       "checkpoint_parts", "amendments"};
    impl_->write([&] {
        for (const char* table : tables)
            impl_->database->exec(std::string("DELETE FROM ") + table + " WHERE run_id IN (" + purged + ")");
        impl_->database->exec(std::string("DELETE FROM runs WHERE id IN (") + purged + ")");
        impl_->database->exec("DELETE FROM studies WHERE deleted = 1 AND state <> 'running' AND id NOT IN "
                              "(SELECT study_id FROM runs WHERE study_id IS NOT NULL)");
    });
    impl_->guard([&] {
        // In pieces, so that runs being recorded get their turn in between.
        const auto freePages = [&] {
            return impl_->database->execAndGet("PRAGMA freelist_count").getInt64();
        };
        for (std::int64_t before = freePages(); before > 0;) {
            impl_->database->exec("PRAGMA incremental_vacuum(4096)");
            const std::int64_t after = freePages();
            if (after >= before) break; // others took pages meanwhile
            before = after;
        }
        // Cuts the file; where a reader is in the way it happens at the next occasion.
        impl_->database->tryExec("PRAGMA wal_checkpoint(TRUNCATE)");
    });
}

} // namespace dstn
