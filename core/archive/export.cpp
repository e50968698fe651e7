#include "core/archive/archive_impl.h"
#include "core/archive/exact_number.h"
#include "core/archive/run_json.h"
#include "core/csv_field.h"
#include "core/run/json.h"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>
#include <system_error>

namespace dstn {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

void writeCsv(const std::vector<std::string>& names, const std::vector<Curve>& curves, std::ostream& out) {
    out << "step,epoch,seconds";
    for (const std::string& name : names) out << ',' << csvField(name);
    out << "\r\n";
    std::vector<std::size_t> next(curves.size(), 0);
    while (true) {
        double step = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < curves.size(); ++i)
            if (next[i] < curves[i].step.size()) step = std::min(step, curves[i].step[next[i]]);
        if (std::isinf(step)) return;
        std::string values;
        double epoch = 0.0, seconds = 0.0;
        for (std::size_t i = 0; i < curves.size(); ++i) {
            values += ',';
            if (next[i] >= curves[i].step.size() || curves[i].step[next[i]] != step) continue;
            values += exactNumber(curves[i].value[next[i]]);
            epoch = curves[i].epoch[next[i]];
            seconds = std::max(seconds, curves[i].seconds[next[i]]);
            ++next[i];
        }
        out << exactNumber(step) << ',' << exactNumber(epoch) << ',' << exactNumber(seconds) << values
            << "\r\n";
    }
}

Json jsonSteps(const std::vector<double>& steps) {
    Json list = Json::array();
    for (const double step : steps) list.push_back(static_cast<std::int64_t>(step));
    return list;
}

Json exported(const RunDetails& details, const std::vector<Curve>& curves) {
    Json document;
    document["format"] = "delta-stn-workbench run";
    document["version"] = 1;
    document["run"] = jsonRun(details);
    addHistory(document, details);
    Json& series = document["series"] = Json::object();
    for (std::size_t i = 0; i < curves.size(); ++i)
        series[details.series[i]] = {{"step", jsonSteps(curves[i].step)},
                                     {"epoch", jsonNumbers(curves[i].epoch)},
                                     {"seconds", jsonNumbers(curves[i].seconds)},
                                     {"value", jsonNumbers(curves[i].value)}};
    return document;
}

Error cannotWrite(const fs::path& out, const std::string& why) {
    return {ErrorKind::archive, "The export " + out.string() + " cannot be written: " + why +
                                    ". Choose another place; the archive is unchanged."};
}

} // namespace

bool belongsToArchive(const fs::path& archive, const fs::path& path) {
    std::error_code error;
    const auto whole = [&](const fs::path& any) {
        return fs::weakly_canonical(fs::absolute(linkTarget(any), error), error);
    };
    const fs::path file = whole(archive), target = whole(path);
    for (const char* ending : {"", "-wal", "-shm", "-journal"}) {
        const fs::path own = file.string() + ending;
        // Hard links are the same file by another name.
        if (target == own || fs::equivalent(path, own, error)) return true;
    }
    return false;
}

void Archive::exportRun(const std::string& run, ExportFormat format, std::ostream& out) const {
    impl_->guard([&] {
        const Snapshot snapshot(*impl_->database);
        const RunDetails parts = details(run);
        std::vector<Curve> curves;
        for (const std::string& series : parts.series) curves.push_back(curve(run, series));
        if (format == ExportFormat::csv)
            writeCsv(parts.series, curves, out);
        else
            out << exported(parts, curves).dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
    });
}

void Archive::exportRun(const std::string& run, ExportFormat format, const fs::path& out) const {
    std::error_code error;
    const fs::file_status status = fs::status(out, error);
    if (!fs::status_known(status)) throw cannotWrite(out, error.message());
    if (fs::is_directory(status)) throw cannotWrite(out, "it is a folder");
    if (belongsToArchive(impl_->path, out))
        throw cannotWrite(out, "it is the archive itself, or a file that SQLite keeps beside it");
    const auto writeInto = [&](const fs::path& path) {
        std::ofstream file(path, std::ios::binary | std::ios::trunc);
        if (!file) throw cannotWrite(out, std::generic_category().message(errno));
        exportRun(run, format, file);
        file.close();
        if (!file) throw cannotWrite(out, "the disk is full or reports an error");
    };
    // A device or a pipe would be gone after a rename.
    if (fs::exists(status) && !fs::is_regular_file(status)) return writeInto(out);
    const fs::path target = linkTarget(out);
    const fs::path partial = target.string() + ".part" + std::to_string(getpid());
    try {
        writeInto(partial);
        fs::rename(partial, target, error);
        if (error) throw cannotWrite(out, error.message());
    } catch (...) {
        std::error_code ignored;
        fs::remove(partial, ignored);
        throw;
    }
}

} // namespace dstn
