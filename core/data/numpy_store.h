#pragma once

#include "core/data/byte_stream.h"
#include "core/data/mapped_file.h"
#include "core/data/zip_archive.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dstn {

/// NumPy's arrays by name, of an .npz archive or a folder of .npy files.
class NumpyStore {
  public:
    /// Throws Error{data} where there is neither.
    explicit NumpyStore(const std::filesystem::path& path);

    const std::string& name() const { return name_; }
    /// Of the arrays, ordered by their bytes.
    const std::vector<std::string>& arrays() const { return arrays_; }
    bool has(const std::string& array) const;
    std::unique_ptr<ByteStream> open(const std::string& array) const;
    /// For messages.
    std::string nameOf(const std::string& array) const;

  private:
    std::string name_;
    std::optional<std::filesystem::path> folder_;
    std::shared_ptr<const MappedFile> file_;
    std::optional<ZipArchive> archive_;
    std::vector<std::string> arrays_;
};

} // namespace dstn
