#include "core/data/image_listing.h"

#include "core/data/file_status.h"
#include "core/data/image_file.h"
#include "core/data/labels.h"
#include "core/data/part_names.h"
#include "core/error.h"
#include "core/utf8.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace dstn {
namespace {

using Cancelled = std::function<bool()>;
using Path = std::filesystem::path;

constexpr std::string_view folderLayout =
    "An image folder holds train/CLASS/FILE and, optionally, val/CLASS/FILE and test/CLASS/FILE, or "
    "CLASS/FILE, with files that end in ";

bool isFolder(const Path& path) { return std::filesystem::is_directory(statusOf(path)); }

/// What a folder holds: names that begin with a dot are left out, the others are ordered by their bytes.
struct Look {
    std::vector<std::string> folders, images, others;
};

Look lookInto(const Path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    auto entry = std::filesystem::directory_iterator(folder, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        std::string name = entry->path().filename().string();
        if (!name.starts_with('.')) names.push_back(std::move(name));
    }
    if (error) cannotOpen(folder, error);
    std::sort(names.begin(), names.end());
    Look look;
    for (std::string& name : names) {
        auto& list = isImageName(name) ? look.images : isFolder(folder / name) ? look.folders : look.others;
        list.push_back(std::move(name));
    }
    return look;
}

std::string counted(std::int64_t number, const std::string& one) {
    return std::to_string(number) + " " + one + (number == 1 ? "" : "s");
}

/// The files under a folder, as far as they can be seen.
std::int64_t filesUnder(const Path& folder) {
    std::int64_t count = 0;
    std::error_code error;
    auto entry = std::filesystem::recursive_directory_iterator(folder, error);
    for (; !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error))
        count += entry->is_regular_file(error) ? 1 : 0;
    return count;
}

/// What lies in an image folder and is not used.
class Unused {
  public:
    explicit Unused(Path root) : root_(std::move(root)) {}

    void files(const std::vector<std::string>& names) {
        for (const std::string& name : names) {
            const std::size_t dot = name.rfind('.');
            ++byEnding_[dot == std::string::npos || dot == 0 ? "" : asciiLowered(name.substr(dot))];
        }
    }
    void folder(const std::string& name) { folders_.push_back(name); }
    void withoutClass(const std::string& place, std::size_t images) {
        if (images > 0)
            said_.push_back(counted(static_cast<std::int64_t>(images), "image") + " without a class in " +
                            printable(place));
    }

    std::optional<std::string> warning() const {
        std::vector<std::string> parts = said_;
        for (const auto& [ending, count] : byEnding_)
            parts.push_back(counted(count, "file") +
                            (ending.empty() ? " without an ending" : " ending in " + printable(ending)));
        for (const std::string& name : folders_)
            parts.push_back("the folder " + printable(name) + " with " +
                            counted(filesUnder(root_ / name), "file"));
        if (parts.empty()) return std::nullopt;
        constexpr std::size_t most = 12;
        return root_.string() + ": left unused: " + someOf(parts, most) + ".";
    }

  private:
    Path root_;
    std::map<std::string, std::int64_t> byEnding_;
    std::vector<std::string> folders_, said_;
};

/// What a folder holds whose name is that of a part.
enum class Holds { nothing, images, classes, both };

Holds holdsOf(const Path& folder) {
    const Look look = lookInto(folder);
    const bool classes = std::ranges::any_of(
        look.folders, [&](const std::string& name) { return !lookInto(folder / name).images.empty(); });
    if (look.images.empty()) return classes ? Holds::classes : Holds::nothing;
    return classes ? Holds::both : Holds::images;
}

/// The folders of the parts; a part that there is not is empty.
struct Layout {
    bool parts = false;
    std::map<PartName, std::string> folders = {};
    std::vector<std::string> rest = {}; ///< folders of other names
    std::string decision = {};
};

/// Lists one folder of images.
class Listing {
  public:
    Listing(const Path& folder, FolderKind kind, const Cancelled& cancelled)
        : root_(folder), kind_(kind), cancelled_(cancelled), unused_(folder) {}

    ImageListing list() {
        listing_.folder = root_;
        const Look look = lookInto(root_);
        const Layout layout = layoutOf(look);
        if (!layout.decision.empty()) listing_.decisions.push_back(layout.decision);
        unused_.files(look.others);
        unused_.withoutClass("the folder itself", look.images.size());
        if (!layout.parts) {
            readTraining("", look.folders);
        } else if (const auto train = layout.folders.find(PartName::train); train != layout.folders.end()) {
            const Look within = lookInto(root_ / train->second);
            unused_.files(within.others);
            unused_.withoutClass(train->second, within.images.size());
            for (const std::string& name : layout.rest) unused_.folder(name);
            readTraining(train->second, within.folders);
        } else {
            readTraining("", layout.rest);
        }
        listing_.ownValidation = readPart(layout, PartName::validation, listing_.validation);
        listing_.ownTest = readPart(layout, PartName::test, listing_.test);
        if (auto warning = unused_.warning()) listing_.warnings.push_back(std::move(*warning));
        return std::move(listing_);
    }

  private:
    Layout layoutOf(const Look& look) const {
        Layout layout;
        if (kind_ == FolderKind::classes) return layout;
        for (const std::string& name : look.folders) {
            const auto part = partNamed(name);
            if (!part) {
                layout.rest.push_back(name);
                continue;
            }
            const auto [at, fresh] = layout.folders.try_emplace(*part, name);
            if (!fresh)
                throw Error(ErrorKind::data, root_.string() + ": both " + printable(at->second) + " and " +
                                                 printable(name) +
                                                 " name the same part. Remove or rename one, or set "
                                                 "data.folders to classes.");
        }
        layout.parts = !layout.folders.empty();
        if (!layout.parts && kind_ == FolderKind::parts)
            throw Error(ErrorKind::data, root_.string() + ": has no folder that is called like a part, as "
                                                          "data.folders says: train, val or test. Set it to "
                                                          "classes, or to auto.");
        if (layout.parts && kind_ == FolderKind::automatic) decide(layout);
        return layout;
    }

    /// Whether folders of such names are parts or classes, by what they hold.
    void decide(Layout& layout) const {
        const auto train = layout.folders.find(PartName::train);
        if (train == layout.folders.end()) {
            // Beside folders of classes, images in test may be without classes or a class of their own.
            for (const auto& [part, name] : layout.folders) {
                const Holds holds = holdsOf(root_ / name);
                if (holds == Holds::images || holds == Holds::both) ask(name);
            }
            return;
        }
        const Holds holds = holdsOf(root_ / train->second);
        if (holds == Holds::both || (holds == Holds::images && layout.folders.size() > 1)) ask(train->second);
        if (holds != Holds::images) return;
        layout.parts = false;
        layout.decision = "The folder " + printable(train->second) +
                          " holds images rather than folders, so it is a class like the others.";
    }

    [[noreturn]] void ask(const std::string& name) const {
        throw Error(ErrorKind::data, (root_ / name).string() +
                                         ": holds images, so it may be a class that is called " +
                                         printable(name) +
                                         " as well as a part. Set data.folders to classes "
                                         "or to parts.");
    }

    void readTraining(const std::string& part, const std::vector<std::string>& classes) {
        listing_.classNames = classes;
        if (classes.size() < 2) {
            const Path folder = root_ / part;
            std::string within;
            if (classes.size() == 1 && lookInto(folder / classes.front()).folders.size() > 1)
                within = " Is " + (folder / classes.front()).string() + " meant?";
            throw Error(ErrorKind::data, folder.string() + ": holds " + std::to_string(classes.size()) +
                                             (classes.size() == 1 ? " folder" : " folders") +
                                             " of classes; a classifier needs at least two. " +
                                             std::string(folderLayout) + imageEndings() + "." + within);
        }
        readClasses(part, classes, listing_.train);
    }

    /// @return whether there is such a part, with classes
    bool readPart(const Layout& layout, PartName name, std::vector<ImageListing::File>& files) {
        const auto at = layout.folders.find(name);
        if (!layout.parts || at == layout.folders.end()) return false;
        const Look look = lookInto(root_ / at->second);
        unused_.files(look.others);
        unused_.withoutClass(at->second, look.images.size());
        readClasses(at->second, look.folders, files);
        if (files.empty() && look.images.empty())
            throw Error(ErrorKind::data, (root_ / at->second).string() +
                                             ": holds no image. Put images of the training classes there, or "
                                             "remove the folder.");
        return !files.empty();
    }

    void readClasses(const std::string& part, const std::vector<std::string>& classes,
                     std::vector<ImageListing::File>& files) {
        for (const std::string& name : classes) {
            if (cancelled_ && cancelled_())
                throw Error(ErrorKind::interrupted, "Reading " + root_.string() + " was cancelled.");
            const auto known = std::lower_bound(listing_.classNames.begin(), listing_.classNames.end(), name);
            if (known == listing_.classNames.end() || *known != name)
                throw Error(ErrorKind::data,
                            (root_ / part / name).string() +
                                ": there is no such class among the training images. Rename or "
                                "remove it.");
            readClass(part.empty() ? name : part + "/" + name, known - listing_.classNames.begin(), files);
        }
    }

    void readClass(const std::string& folder, std::int64_t label, std::vector<ImageListing::File>& files) {
        const Look look = lookInto(root_ / folder);
        if (look.images.empty())
            throw Error(ErrorKind::data,
                        (root_ / folder).string() + ": holds no image" +
                            (look.others.empty() ? "" : ", but " + someOf(printables(look.others))) +
                            (look.folders.empty() ? "" : ", but folders within this one") + ". Put " +
                            imageEndings() + " files there, or remove the folder of this class.");
        unused_.files(look.others);
        for (const std::string& within : look.folders) unused_.folder(folder + "/" + within);
        for (const std::string& name : look.images) {
            std::string path = folder;
            path.append("/").append(name);
            const std::string whole = (root_ / path).string();
            struct stat status {};
            if (stat(whole.c_str(), &status) != 0) cannotOpen(whole, {errno, std::generic_category()});
            if (!S_ISREG(status.st_mode))
                throw Error(ErrorKind::data, whole + ": is not a regular file. Remove it, or rename it.");
            files.push_back({.path = std::move(path), .label = label});
        }
    }

    static std::vector<std::string> printables(std::vector<std::string> names) {
        for (std::string& name : names) name = printable(name);
        return names;
    }

    Path root_;
    FolderKind kind_;
    const Cancelled& cancelled_;
    Unused unused_;
    ImageListing listing_;
};

} // namespace

ImageListing listImageFolder(const Path& folder, FolderKind kind, const Cancelled& cancelled) {
    requireFolder(folder, "Name the folder of images.");
    return Listing(folder, kind, cancelled).list();
}

} // namespace dstn
