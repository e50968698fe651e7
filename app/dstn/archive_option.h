#pragma once

#include "core/archive/archive.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

namespace dstn::cli {

/// The option --archive of the commands that read runs.
struct ArchiveOption {
    std::string path;
    void addTo(CLI::App& command) {
        command.add_option("--archive", path, "The archive to read; otherwise the user's own")
            ->type_name("FILE");
    }
    /// Throws Error{archive}.
    Archive open(Archive::Mode mode = Archive::Mode::readOnly) const { return Archive(resolved(), mode); }
    /// The same, or nothing if the user has no archive yet.
    std::optional<Archive> openIfThere() const {
        std::error_code error;
        const auto type = std::filesystem::status(resolved(), error).type();
        if (path.empty() && type == std::filesystem::file_type::not_found) return std::nullopt;
        return open();
    }
    std::filesystem::path resolved() const {
        return path.empty() ? Archive::defaultPath() : std::filesystem::path(path);
    }
};

} // namespace dstn::cli
