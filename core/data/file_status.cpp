#include "core/data/file_status.h"

#include "core/error.h"

namespace dstn {

void cannotOpen(const std::filesystem::path& path, const std::error_code& error) {
    throw Error(ErrorKind::data, path.string() + ": cannot be opened: " + error.message() +
                                     ". Check the path, and the permissions of its folders.");
}

void notThere(const std::filesystem::path& path, const std::string& what) {
    std::string where;
    std::error_code error;
    if (const auto whole = std::filesystem::absolute(path, error); path.is_relative() && !error)
        where = ": " + whole.lexically_normal().string() +
                " does not exist. A relative path counts from the folder in which the program runs";
    throw Error(ErrorKind::data, path.string() + ": there is no such " + what + where + ". Check the path.");
}

std::filesystem::file_status statusOf(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::status_known(status)) cannotOpen(path, error);
    return status;
}

void requireFolder(const std::filesystem::path& path, const std::string& otherwise) {
    const auto status = statusOf(path);
    if (!std::filesystem::exists(status)) notThere(path, "folder");
    if (!std::filesystem::is_directory(status))
        throw Error(ErrorKind::data, path.string() + ": is a file. " + otherwise);
}

} // namespace dstn
