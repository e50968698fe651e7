#include "core/archive/schema.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Transaction.h>

#include <array>
#include <string>

namespace dstn {

static constexpr std::string_view version1 = R"sql(
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    data TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
    method TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'running',
    reason TEXT NOT NULL DEFAULT '',
    created TEXT NOT NULL,
    seconds REAL NOT NULL DEFAULT 0,
    steps INTEGER NOT NULL DEFAULT 0,
    steps_total INTEGER NOT NULL DEFAULT 0,
    steps_budget INTEGER NOT NULL DEFAULT 0,
    steps_per_epoch INTEGER NOT NULL DEFAULT 0,
    best_epoch INTEGER,
    best_validation_loss REAL,
    best_validation_accuracy REAL,
    test_at_best REAL,
    note TEXT NOT NULL DEFAULT '',
    starred INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    experiment TEXT NOT NULL DEFAULT '',
    parameters INTEGER NOT NULL DEFAULT 0,
    response_parameters INTEGER NOT NULL DEFAULT 0,
    train_examples INTEGER NOT NULL DEFAULT 0,
    validation_examples INTEGER NOT NULL DEFAULT 0,
    test_examples INTEGER NOT NULL DEFAULT 0,
    device TEXT NOT NULL DEFAULT '',
    device_name TEXT NOT NULL DEFAULT '',
    torch_version TEXT NOT NULL DEFAULT '',
    blas TEXT NOT NULL DEFAULT '',
    program_version TEXT NOT NULL DEFAULT '',
    host TEXT NOT NULL DEFAULT '',
    threads INTEGER NOT NULL DEFAULT 0,
    process_host TEXT NOT NULL DEFAULT '',
    process_boot TEXT NOT NULL DEFAULT '',
    process_space TEXT NOT NULL DEFAULT '',
    process_id INTEGER NOT NULL DEFAULT 0,
    process_start INTEGER NOT NULL DEFAULT 0,
    heartbeat INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX runs_by_age ON runs(created, id);

CREATE TABLE tags (
    run_id INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (run_id, tag)
) WITHOUT ROWID;

CREATE TABLE series_names (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE samples (
    run_id INTEGER NOT NULL,
    series_id INTEGER NOT NULL,
    step INTEGER NOT NULL,
    seconds REAL NOT NULL,
    value REAL,
    PRIMARY KEY (run_id, series_id, step)
) WITHOUT ROWID;

CREATE TABLE summaries (
    run_id INTEGER NOT NULL,
    series_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    last_step INTEGER,
    last REAL,
    best_step INTEGER,
    best REAL,
    PRIMARY KEY (run_id, series_id)
) WITHOUT ROWID;

CREATE TABLE epochs (
    run_id INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    step INTEGER NOT NULL,
    seconds REAL NOT NULL,
    train_loss REAL,
    train_accuracy REAL,
    validation_loss REAL NOT NULL,
    validation_accuracy REAL,
    test_loss REAL,
    test_accuracy REAL,
    PRIMARY KEY (run_id, epoch)
) WITHOUT ROWID;

CREATE TABLE epoch_values (
    run_id INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    value REAL NOT NULL,
    scale REAL,
    PRIMARY KEY (run_id, epoch, position)
) WITHOUT ROWID;

CREATE TABLE hyperparameters (
    run_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    tuned INTEGER NOT NULL,
    initial REAL NOT NULL,
    min REAL,
    max REAL,
    initial_scale REAL NOT NULL,
    PRIMARY KEY (run_id, position)
) WITHOUT ROWID;

CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL,
    time TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX events_by_run ON events(run_id, id);

CREATE TABLE checkpoints (
    run_id INTEGER PRIMARY KEY,
    step INTEGER NOT NULL
);
CREATE TABLE checkpoint_parts (
    run_id INTEGER NOT NULL,
    part INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (run_id, part)
);

CREATE VIEW run AS
SELECT r.uuid AS id, r.name, r.data, r.model, r.method,
       CASE WHEN r.state IN ('preparing', 'running', 'paused')
                 AND CAST(strftime('%s', 'now') AS INTEGER) - r.heartbeat > 120
            THEN 'interrupted' ELSE r.state END AS state,
       r.reason, r.created, r.seconds, r.steps, r.steps_total, r.steps_budget,
       r.steps_per_epoch,
       1.0 * r.steps / nullif(r.steps_per_epoch, 0) AS epochs, r.best_epoch,
       nullif(r.best_validation_loss, 'NaN') AS best_validation_loss,
       nullif(r.best_validation_accuracy, 'NaN') AS best_validation_accuracy,
       nullif(r.test_at_best, 'NaN') AS test_at_best,
       (SELECT group_concat(tag, ', ') FROM (SELECT tag FROM tags WHERE run_id = r.id ORDER BY tag)) AS tags,
       r.note, r.starred, r.parameters, r.response_parameters, r.train_examples, r.validation_examples,
       r.test_examples, r.device, r.device_name, r.torch_version, r.blas, r.program_version, r.host, r.threads,
       r.experiment
FROM runs r WHERE r.deleted = 0;

CREATE VIEW metric AS
SELECT r.uuid AS run, n.name AS series, s.step,
       1.0 * s.step / nullif(r.steps_per_epoch, 0) AS epoch, s.seconds, s.value
FROM runs r JOIN samples s ON s.run_id = r.id JOIN series_names n ON n.id = s.series_id
WHERE r.deleted = 0;

CREATE VIEW hyperparameter AS
SELECT r.uuid AS run, h.name, h.tuned, h.initial, h.min, h.max, h.initial_scale,
       nullif(coalesce((SELECT v.value FROM epoch_values v WHERE v.run_id = h.run_id AND v.name = h.name
                        ORDER BY v.epoch DESC LIMIT 1), h.initial), 'NaN') AS value,
       nullif((SELECT v.scale FROM epoch_values v WHERE v.run_id = h.run_id AND v.name = h.name
               ORDER BY v.epoch DESC LIMIT 1), 'NaN') AS scale,
       nullif((SELECT v.value FROM epoch_values v WHERE v.run_id = h.run_id AND v.name = h.name
               AND v.epoch = r.best_epoch), 'NaN') AS value_at_best,
       nullif((SELECT v.scale FROM epoch_values v WHERE v.run_id = h.run_id AND v.name = h.name
               AND v.epoch = r.best_epoch), 'NaN') AS scale_at_best
FROM runs r JOIN hyperparameters h ON h.run_id = r.id WHERE r.deleted = 0;

CREATE VIEW event AS
SELECT r.uuid AS run, e.time, e.kind, e.text
FROM runs r JOIN events e ON e.run_id = r.id WHERE r.deleted = 0;
)sql";

/// Studies, and what runs have spent.
static constexpr std::string_view version2 = R"sql(
CREATE TABLE studies (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'paused',
    reason TEXT NOT NULL DEFAULT '',
    created TEXT NOT NULL,
    document TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    process_host TEXT NOT NULL DEFAULT '',
    process_boot TEXT NOT NULL DEFAULT '',
    process_space TEXT NOT NULL DEFAULT '',
    process_id INTEGER NOT NULL DEFAULT 0,
    process_start INTEGER NOT NULL DEFAULT 0,
    heartbeat INTEGER NOT NULL DEFAULT 0
);

ALTER TABLE runs ADD COLUMN study_id INTEGER;
ALTER TABLE runs ADD COLUMN study_method INTEGER;
ALTER TABLE runs ADD COLUMN study_seed TEXT;
ALTER TABLE runs ADD COLUMN study_trial INTEGER;
ALTER TABLE runs ADD COLUMN gradients REAL NOT NULL DEFAULT 0;
ALTER TABLE epochs ADD COLUMN gradients REAL NOT NULL DEFAULT 0;
CREATE INDEX runs_by_study ON runs(study_id, study_method, study_seed, study_trial) WHERE study_id IS NOT NULL;

DROP VIEW run;
CREATE VIEW run AS
SELECT r.uuid AS id, r.name, r.data, r.model, r.method,
       CASE WHEN r.state IN ('preparing', 'running', 'paused')
                 AND CAST(strftime('%s', 'now') AS INTEGER) - r.heartbeat > 120
            THEN 'interrupted' ELSE r.state END AS state,
       r.reason, r.created, r.seconds, r.gradients, r.steps, r.steps_total, r.steps_budget,
       r.steps_per_epoch,
       1.0 * r.steps / nullif(r.steps_per_epoch, 0) AS epochs, r.best_epoch,
       nullif(r.best_validation_loss, 'NaN') AS best_validation_loss,
       nullif(r.best_validation_accuracy, 'NaN') AS best_validation_accuracy,
       nullif(r.test_at_best, 'NaN') AS test_at_best,
       (SELECT group_concat(tag, ', ') FROM (SELECT tag FROM tags WHERE run_id = r.id ORDER BY tag)) AS tags,
       r.note, r.starred, r.parameters, r.response_parameters, r.train_examples, r.validation_examples,
       r.test_examples, r.device, r.device_name, r.torch_version, r.blas, r.program_version, r.host, r.threads,
       s.uuid AS study, r.study_method, r.study_seed, r.study_trial, r.experiment
FROM runs r LEFT JOIN studies s ON s.id = r.study_id WHERE r.deleted = 0;

CREATE VIEW study AS
SELECT s.uuid AS id, s.name,
       CASE WHEN s.state = 'running' AND CAST(strftime('%s', 'now') AS INTEGER) - s.heartbeat > 120
            THEN 'interrupted' ELSE s.state END AS state,
       s.reason, s.created,
       (SELECT count(*) FROM runs r WHERE r.study_id = s.id AND r.deleted = 0) AS runs, s.document
FROM studies s WHERE s.deleted = 0;
)sql";

/// What runs have read.
static constexpr std::string_view version3 = R"sql(
ALTER TABLE runs ADD COLUMN data_path TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN data_files INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN data_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN data_hash TEXT NOT NULL DEFAULT '';

DROP VIEW run;
CREATE VIEW run AS
SELECT r.uuid AS id, r.name, r.data, r.model, r.method,
       CASE WHEN r.state IN ('preparing', 'running', 'paused')
                 AND CAST(strftime('%s', 'now') AS INTEGER) - r.heartbeat > 120
            THEN 'interrupted' ELSE r.state END AS state,
       r.reason, r.created, r.seconds, r.gradients, r.steps, r.steps_total, r.steps_budget,
       r.steps_per_epoch,
       1.0 * r.steps / nullif(r.steps_per_epoch, 0) AS epochs, r.best_epoch,
       nullif(r.best_validation_loss, 'NaN') AS best_validation_loss,
       nullif(r.best_validation_accuracy, 'NaN') AS best_validation_accuracy,
       nullif(r.test_at_best, 'NaN') AS test_at_best,
       (SELECT group_concat(tag, ', ') FROM (SELECT tag FROM tags WHERE run_id = r.id ORDER BY tag)) AS tags,
       r.note, r.starred, r.parameters, r.response_parameters, r.train_examples, r.validation_examples,
       r.test_examples, r.data_path, r.data_files, r.data_bytes, r.data_hash, r.device, r.device_name, r.torch_version, r.blas, r.program_version, r.host, r.threads,
       s.uuid AS study, r.study_method, r.study_seed, r.study_trial, r.experiment
FROM runs r LEFT JOIN studies s ON s.id = r.study_id WHERE r.deleted = 0;
)sql";

/// What was changed of experiments, which are kept as they were begun with; how data were divided.
static constexpr std::string_view version4 = R"sql(
ALTER TABLE runs ADD COLUMN data_split TEXT NOT NULL DEFAULT '';

CREATE TABLE amendments (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL,
    time TEXT NOT NULL,
    step INTEGER NOT NULL,
    path TEXT NOT NULL,
    old_value TEXT,
    new_value TEXT
);
CREATE INDEX amendments_by_run ON amendments(run_id, id);

CREATE VIEW amendment AS
SELECT r.uuid AS run, a.time, a.step, a.path, a.old_value, a.new_value
FROM runs r JOIN amendments a ON a.run_id = r.id WHERE r.deleted = 0;
)sql";

/// One writer for each run and study (`lease` grows whenever another takes it up, `held` while one has it);
/// what an earlier execution left behind the step from which a run goes on (`tail` and `first_step`);
/// checkpoints with a checksum, and the one before: the parts `first_part` to `first_part` + `parts` − 1.
static constexpr std::string_view version5 = R"sql(
ALTER TABLE runs ADD COLUMN lease INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN tail INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN first_step INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET held = 1 WHERE state IN ('preparing', 'running', 'paused');
ALTER TABLE studies ADD COLUMN lease INTEGER NOT NULL DEFAULT 0;

CREATE TABLE saved (
    run_id INTEGER NOT NULL,
    first_part INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    step INTEGER NOT NULL,
    hash TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, first_part)
) WITHOUT ROWID;
INSERT INTO saved(run_id, first_part, parts, step)
SELECT c.run_id, 0, (SELECT count(*) FROM checkpoint_parts p WHERE p.run_id = c.run_id), c.step FROM checkpoints c;
DROP TABLE checkpoints;
ALTER TABLE saved RENAME TO checkpoints;
)sql";

static constexpr std::array migrations{version1, version2, version3, version4, version5};

std::span<const std::string_view> archiveMigrations() { return migrations; }

void migrate(SQLite::Database& database, std::span<const std::string_view> scripts) {
    const auto version = [&] { return database.execAndGet("PRAGMA user_version").getInt(); };
    const auto target = static_cast<int>(scripts.size());
    if (version() >= target) return;
    // Another process may be doing the same: look again once the file is ours.
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    for (int next = version(); next < target; ++next)
        database.exec(std::string(scripts[static_cast<std::size_t>(next)]));
    database.exec("PRAGMA application_id = " + std::to_string(archiveApplicationId));
    database.exec("PRAGMA user_version = " + std::to_string(target));
    transaction.commit();
}

} // namespace dstn
