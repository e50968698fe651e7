#pragma once

#include "core/export.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace SQLite {
class Database;
}

namespace DSTN_EXPORT dstn {

/// SQLite's `application_id` of an archive: "DSTN".
inline constexpr std::int32_t archiveApplicationId = 0x4453544e;

/// The archive's schema as a list of SQL scripts: the n-th one (from 1) takes version n − 1 to n, which is
/// kept in `user_version`. A script that has been released is never changed; add a new one.
///
/// Base tables have plural names; the views `run`, `metric`, `hyperparameter`,
/// `event`, `study` and `amendment` are what other
/// programs read and keep their meaning.
///
/// Numbers that are not finite: ±infinity is an ordinary REAL. SQLite has no NaN: in `samples`, where
/// every row has a value, NaN is NULL; in `runs`, `epochs` and `epoch_values`, where NULL means absent, it is
/// the text 'NaN'. The views show NULL for both.
std::span<const std::string_view> archiveMigrations();

/// Runs the scripts that the file lacks, in one transaction. Throws SQLite::Exception, having changed
/// nothing.
void migrate(SQLite::Database& database, std::span<const std::string_view> migrations);

} // namespace dstn
