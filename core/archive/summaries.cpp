#include "core/archive/archive_impl.h"

#include <string>

namespace dstn {

void Archive::Impl::bestFromEpochs(std::int64_t id) const {
    auto best = statement(
        "UPDATE runs SET (best_epoch, best_validation_loss, best_validation_accuracy, test_at_best) = "
        "(SELECT epoch, validation_loss, validation_accuracy, coalesce(test_accuracy, test_loss) "
        "FROM epochs WHERE run_id = ?1 ORDER BY validation_loss, epoch LIMIT 1) WHERE id = ?1");
    best.bind(1, id);
    best.exec();
}

void Archive::Impl::summarize(std::int64_t id) const {
    for (const char* sql :
         {"UPDATE summaries SET last = NULL, best_step = NULL, best = NULL, last_step = (SELECT max(step) "
          "FROM "
          "samples s WHERE s.run_id = summaries.run_id AND s.series_id = summaries.series_id) WHERE run_id = "
          "?",
          "UPDATE summaries SET last = (SELECT value FROM samples s WHERE s.run_id = summaries.run_id AND "
          "s.series_id = summaries.series_id AND s.step = last_step) WHERE run_id = ?"}) {
        auto update = statement(sql);
        update.bind(1, id);
        update.exec();
    }
    auto series = statement("SELECT n.id, n.name FROM summaries s JOIN series_names n ON n.id = s.series_id "
                            "WHERE s.run_id = ?");
    series.bind(1, id);
    std::vector<std::pair<std::int64_t, int>> ranked;
    while (series.executeStep())
        if (const auto sign = bestSign(series.getColumn(1).getString()))
            ranked.emplace_back(series.getColumn(0).getInt64(), *sign);
    for (const auto& [seriesId, sign] : ranked) {
        auto best = statement(
            (std::string("UPDATE summaries SET (best_step, best) = (SELECT step, value FROM samples WHERE "
                         "run_id = ?1 AND series_id = ?2 AND value IS NOT NULL ORDER BY value ") +
             (sign > 0 ? "DESC" : "ASC") + ", step LIMIT 1) WHERE run_id = ?1 AND series_id = ?2")
                .c_str());
        best.bind(1, id);
        best.bind(2, seriesId);
        best.exec();
    }
    bestFromEpochs(id);
}

} // namespace dstn
