#include "core/data/numpy_store.h"

#include "core/data/file_status.h"
#include "core/error.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace dstn {

static constexpr std::string_view arrayEnding = ".npy";

NumpyStore::NumpyStore(const std::filesystem::path& path) : name_(path.string()) {
    const auto add = [&](const std::string& file) {
        if (file.ends_with(arrayEnding)) arrays_.push_back(file.substr(0, file.size() - arrayEnding.size()));
    };
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
        folder_ = path;
        for (auto entry = std::filesystem::directory_iterator(path, error);
             !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
            add(entry->path().filename().string());
        if (error) cannotOpen(path, error);
    } else {
        openFile(path); // says what is wrong with the path
        file_ = MappedFile::open(path);
        if (!file_)
            throw Error(ErrorKind::data, name_ + ": the file is empty, or cannot be mapped. Fetch it again.");
        const auto bytes = std::as_bytes(file_->bytes());
        if (!startsZip(bytes))
            throw Error(ErrorKind::data,
                        name_ + ": is not an .npz archive. Name one, or a folder with a .npy file "
                                "for the inputs and one for the targets.");
        archive_.emplace(bytes, name_);
        for (const auto& member : archive_->members()) add(member.name);
    }
    std::sort(arrays_.begin(), arrays_.end());
}

bool NumpyStore::has(const std::string& array) const {
    return std::binary_search(arrays_.begin(), arrays_.end(), array);
}

std::unique_ptr<ByteStream> NumpyStore::open(const std::string& array) const {
    const std::string file = array + std::string(arrayEnding);
    return archive_ ? archive_->open(*archive_->find(file)) : openFile(*folder_ / file);
}

std::string NumpyStore::nameOf(const std::string& array) const {
    return archive_ ? name_ + ", array " + printable(array)
                    : (*folder_ / (array + std::string(arrayEnding))).string();
}

} // namespace dstn
