#include "app/dstn/archive_option.h"
#include "app/dstn/subcommands.h"
#include "app/dstn/terminal.h"
#include "core/archive/unsaved.h"
#include "core/data/dataset.h"
#include "core/number_text.h"
#include "core/run/engine.h"

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

namespace dstn::cli {

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile
    return value != nullptr ? value : "not set";
}

using Rows = std::vector<std::vector<std::string>>;

// Each part says itself why it cannot be looked at, whatever the reason, so that one broken thing hides no
// other.

void addEngine(Rows& rows) {
    try {
        const auto engine = createEngine();
        const EngineInfo info = engine->info();
        rows.push_back({"LibTorch", info.torchVersion});
        rows.push_back({"BLAS", info.blas});
        if (info.referenceBlas)
            rows.push_back({"",
                            "This is the reference BLAS, 40 times slower in matrix products than OpenBLAS. "
                            "Install libopenblas0-openmp."});
        rows.push_back({"CPU kernels", info.cpuCapability});
        rows.push_back({"threads", std::to_string(info.threads)});
        rows.push_back({"OMP_WAIT_POLICY", variable("OMP_WAIT_POLICY")});
        rows.push_back({"OPENBLAS_CORETYPE", variable("OPENBLAS_CORETYPE")});
        for (const DeviceInfo& device : info.devices) {
            std::string text = device.name;
            if (device.memoryBytes > 0) text += ", " + bytesText(static_cast<double>(device.memoryBytes));
            if (!device.available) text = "not available: " + device.reason;
            rows.push_back({"device " + device.id, text});
        }
    } catch (const std::exception& error) {
        rows.push_back({"engine", error.what()});
    }
}

void addData(Rows& rows) {
    try {
        const DataInfo info = probeDataset({.source = DataSource::fashionMnist});
        rows.push_back({"Fashion-MNIST", std::to_string(info.train + info.validation) + " training and " +
                                             std::to_string(info.test) + " test images"});
    } catch (const std::exception& error) {
        rows.push_back({"Fashion-MNIST", error.what()});
    }
}

/// @return whether all is well
bool addArchive(Rows& rows, const ArchiveOption& option) {
    try {
        const std::filesystem::path path = option.resolved();
        rows.push_back({"archive", path.string()});
        std::error_code error;
        if (std::filesystem::status(path, error).type() == std::filesystem::file_type::not_found) {
            rows.push_back({"", "does not exist yet: the first run creates it"});
            return true;
        }
        const Archive archive = option.open();
        std::map<std::string, int> counts;
        const auto runs = archive.runs(true);
        for (const RunRow& run : runs) ++counts[run.deleted ? "deleted" : std::string(name(run.state))];
        std::string text = std::to_string(runs.size()) + (runs.size() == 1 ? " run" : " runs");
        for (const auto& [state, count] : counts) text += ", " + std::to_string(count) + " " + state;
        rows.push_back({"", text});
        const auto bytes = static_cast<double>(std::filesystem::file_size(path, error));
        const std::string integrity = archive.integrity();
        rows.push_back({"", bytesText(bytes) + ", integrity " + integrity});
        const auto damaged = archive.damagedCheckpoints();
        for (const std::string& each : damaged) rows.push_back({"", each});
        for (const std::filesystem::path& file : unsavedFiles(path))
            rows.push_back({"", "not taken in yet: " + file.string()});
        return integrity == "ok" && damaged.empty();
    } catch (const std::exception& problem) {
        rows.push_back({rows.back().front() == "archive" ? "" : "archive", problem.what()});
        return false;
    }
}

} // namespace

Subcommand doctorCommand(CLI::App& program) {
    auto archive = std::make_shared<ArchiveOption>();
    CLI::App* app = program.add_subcommand("doctor", "Check this machine: devices, BLAS, data and archive");
    archive->addTo(*app);
    return {app, [archive] {
                Table table{.rows = {{"program", DSTN_VERSION}}, .right = {}};
                addEngine(table.rows);
                addData(table.rows);
                const bool sound = addArchive(table.rows, *archive);
                std::cout << table.text();
                return sound ? 0 : exitCode(ErrorKind::archive);
            }};
}

} // namespace dstn::cli
