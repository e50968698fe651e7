#include "core/data/idx_source.h"

#include "core/data/labels.h"
#include "core/error.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>

namespace dstn {
namespace {

constexpr std::array fashionMnistClasses{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                         "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

IdxFolder openFolder(const DataSpec& spec, IdxContents contents, const std::function<bool()>& cancelled) {
    const bool known = spec.source == DataSource::fashionMnist;
    const std::filesystem::path folder = spec.path.empty() && known ? fashionMnistFolder : spec.path;
    std::error_code error;
    if (known && std::filesystem::status(folder, error).type() == std::filesystem::file_type::not_found)
        throw Error(ErrorKind::data,
                    "Fashion-MNIST was not found: there is no folder " + folder.string() +
                        ". Install the package dataset-fashion-mnist, or name a folder with its "
                        "files as data.path.");
    if (folder.empty()) throw Error(ErrorKind::data, "No folder of IDX files is named. Set data.path.");
    return readIdxFolder(folder, contents, cancelled);
}

/// Fashion-MNIST has classes of known names, and no others.
LabelCode fashionMnistCode(const IdxFolder& folder) {
    for (const LabelledImages* part : {&folder.train, folder.validation ? &*folder.validation : nullptr,
                                       folder.test ? &*folder.test : nullptr}) {
        if (part == nullptr) continue;
        const auto& labels = part->labels.bytes;
        const auto wrong = std::find_if(labels.begin(), labels.end(), [](std::uint8_t label) {
            return label >= fashionMnistClasses.size();
        });
        if (wrong != labels.end())
            throw Error(ErrorKind::data,
                        part->labelsPath.string() + ": label " + std::to_string(wrong - labels.begin()) +
                            " is " + std::to_string(*wrong) +
                            ", but Fashion-MNIST's labels end at 9. Fetch the file again, or set "
                            "data.source to idx.");
    }
    std::vector<std::int64_t> values;
    for (std::size_t c = 0; c < fashionMnistClasses.size(); ++c)
        values.push_back(static_cast<std::int64_t>(c));
    return {.values = values, .names = {fashionMnistClasses.begin(), fashionMnistClasses.end()}};
}

SourceLabels labelsOf(const LabelledImages& part) {
    const auto& labels = part.labels.bytes;
    return std::vector<std::int64_t>(labels.begin(), labels.end());
}

} // namespace

ImageSource readIdxSource(const DataSpec& spec, IdxContents contents,
                          const std::function<bool()>& cancelled) {
    IdxFolder folder = openFolder(spec, contents, cancelled);
    const bool known = spec.source == DataSource::fashionMnist;
    const std::string training = folder.train.labelsPath.string();
    const LabelCode code = known ? fashionMnistCode(folder) : codeOf(labelsOf(folder.train), training);
    const auto set = [&](LabelledImages& part) {
        return ImageSet{.count = part.images.shape[0],
                        .bytes = SharedBytes(std::move(part.images.bytes)),
                        .labels = coded(code, labelsOf(part), part.labelsPath.string(), training)};
    };
    const auto& shape = folder.train.images.shape;
    ImageSource source{.name = folder.train.imagesPath.string(),
                       .shape = shape.size() == 3 ? Shape{1, shape[1], shape[2]}
                                                  : Shape{shape[1], shape[2], shape[3]},
                       .outputs = code.classes(),
                       .classNames = code.names,
                       .lookedFor = "files val-images-idx3-ubyte and val-labels-idx1-ubyte",
                       .taskReason = "the labels of IDX files are classes"};
    source.train = set(folder.train);
    if (folder.validation) source.validation = set(*folder.validation);
    if (folder.test) source.test = set(*folder.test);
    if (const std::string sentence = codeSentence(code, training); !known && !sentence.empty())
        source.decisions.push_back(sentence);
    if (!folder.unused.empty())
        source.warnings.push_back(folder.train.imagesPath.parent_path().string() + ": " +
                                  std::to_string(folder.unused.size()) +
                                  (folder.unused.size() == 1 ? " IDX file is" : " IDX files are") +
                                  " left unused: " + someOf(folder.unused) + ".");
    return source;
}

} // namespace dstn
