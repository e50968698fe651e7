#pragma once

#include "core/archive/archive.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

namespace dstn::cli {

/// " --archive FILE" for a command that goes on with what is in an archive, ready for a shell; nothing for
/// the user's own.
inline std::string archiveArgument(const std::filesystem::path& archive) {
    try {
        if (archive == Archive::defaultPath()) return {};
    } catch (const Error&) {
        // Without a home there is none of the user's own.
    }
    std::string quoted = archive.string();
    if (quoted.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-+=:@%") !=
        std::string::npos) {
        for (std::size_t at = 0; (at = quoted.find('\'', at)) != std::string::npos; at += 4)
            quoted.replace(at, 1, "'\\''");
        quoted = "'" + quoted + "'";
    }
    return " --archive " + quoted;
}

/// The option --archive of the commands that read runs.
struct ArchiveOption {
    std::string path;
    void addTo(CLI::App& command) {
        command.add_option("--archive", path, "The archive; otherwise the user's own")->type_name("FILE");
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
    /// For writing what is there; throws Error{usage} where there is no archive, which is not created.
    Archive openIfThereForWriting() const {
        std::error_code error;
        if (std::filesystem::status(resolved(), error).type() == std::filesystem::file_type::not_found)
            throw Error(ErrorKind::usage,
                        "There is no archive " + resolved().string() + ". Name one with --archive FILE.");
        return open(Archive::Mode::readWrite);
    }
    std::filesystem::path resolved() const {
        return path.empty() ? Archive::defaultPath() : std::filesystem::path(path);
    }
};

} // namespace dstn::cli
