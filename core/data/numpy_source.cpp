#include "core/data/numpy_source.h"

#include "core/data/mapped_file.h"
#include "core/data/memory_check.h"
#include "core/data/zip_archive.h"
#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace dstn {
namespace {

using Cancelled = std::function<bool()>;
using Path = std::filesystem::path;

constexpr std::int64_t mostClasses = 1'000'000;

/// Arrays by name, of an archive or a folder.
class Store {
  public:
    explicit Store(const Path& path) : name_(path.string()) {
        std::error_code error;
        if (std::filesystem::is_directory(path, error)) {
            folder_ = path;
            return;
        }
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
    }

    bool has(const std::string& array) const {
        if (archive_) return archive_->find(array + ".npy") != nullptr;
        std::error_code error;
        const auto status = std::filesystem::status(*folder_ / (array + ".npy"), error);
        return status.type() != std::filesystem::file_type::not_found;
    }
    std::unique_ptr<ByteStream> open(const std::string& array) const {
        return archive_ ? archive_->open(*archive_->find(array + ".npy"))
                        : openFile(*folder_ / (array + ".npy"));
    }
    std::string nameOf(const std::string& array) const {
        return archive_ ? name_ + ", array " + printable(array) : (*folder_ / (array + ".npy")).string();
    }
    std::string arrays() const {
        std::string list;
        const auto add = [&](const std::string& name) {
            if (name.ends_with(".npy"))
                list += (list.empty() ? "" : ", ") + printable(name.substr(0, name.size() - 4));
        };
        if (archive_) {
            for (const auto& member : archive_->members()) add(member.name);
        } else {
            std::vector<std::string> names;
            std::error_code error;
            for (auto entry = std::filesystem::directory_iterator(*folder_, error);
                 !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
                names.push_back(entry->path().filename().string());
            std::sort(names.begin(), names.end());
            for (const std::string& name : names) add(name);
        }
        return list.empty() ? "none" : list;
    }
    const std::string& name() const { return name_; }

  private:
    std::string name_;
    std::optional<Path> folder_;
    std::shared_ptr<const MappedFile> file_;
    std::optional<ZipArchive> archive_;
};

NumpyArray readArray(const Store& store, const std::string& array, bool data, const Cancelled& cancelled) {
    const std::string name = store.nameOf(array);
    const auto stream = store.open(array);
    NumpyArray result = readNumpyHeader(*stream, name);
    // The numbers as they are read, in memory that doubles, and as doubles or floats.
    requireMemory(3.0 * static_cast<double>(result.count()) * static_cast<double>(result.itemSize), name,
                  smallerFile);
    if (data) readNumpyData(*stream, result, name, cancelled);
    return result;
}

NumpyPart readPart(const Store& store, const std::string& inputs, const std::string& targets, bool everything,
                   const Cancelled& cancelled) {
    for (const std::string& array : {inputs, targets})
        if (!store.has(array))
            throw Error(ErrorKind::data, store.name() + ": has no array " + printable(array) +
                                             "; it has: " + store.arrays() +
                                             ". Name the arrays with data.inputs and data.target.");
    return {.inputs = readArray(store, inputs, everything, cancelled),
            .targets = readArray(store, targets, true, cancelled),
            .inputsName = store.nameOf(inputs),
            .targetsName = store.nameOf(targets)};
}

/// How the extents of an array of images are meant.
struct ImageLayout {
    Shape shape; ///< [channels, height, width]
    bool channelsLast = false;
};

ImageLayout layoutOf(const NumpyArray& inputs) {
    const auto& s = inputs.shape;
    if (s.size() == 3) return {.shape = {1, s[1], s[2]}};
    const auto few = [](std::int64_t extent) { return extent >= 1 && extent <= 4; };
    if (few(s[3]) && !few(s[1])) return {.shape = {s[3], s[1], s[2]}, .channelsLast = true};
    return {.shape = {s[1], s[2], s[3]}};
}

[[noreturn]] void notFinite(const std::string& name, std::size_t example) {
    throw Error(ErrorKind::data, name + ": a value of example " + std::to_string(example) +
                                     " is not finite. Correct it, or leave the example out.");
}

/// From [N, H, W, C] to [N, C, H, W], or as it is.
template <typename T>
std::vector<T> channelsFirst(std::vector<T> numbers, const ImageLayout& layout) {
    const auto channels = static_cast<std::size_t>(layout.shape[0]);
    if (!layout.channelsLast || channels == 1) return numbers;
    const auto pixels = static_cast<std::size_t>(layout.shape[1] * layout.shape[2]);
    std::vector<T> result(numbers.size());
    for (std::size_t image = 0; image < numbers.size(); image += channels * pixels)
        for (std::size_t p = 0; p < pixels; ++p)
            for (std::size_t c = 0; c < channels; ++c)
                result[image + c * pixels + p] = numbers[image + p * channels + c];
    return result;
}

bool byteImages(const NumpyArray& inputs) {
    return inputs.kind == NumpyArray::Kind::unsignedInteger && inputs.itemSize == 1;
}

/// The numbers of an array, each finite.
template <typename T>
std::vector<T> finiteNumbers(const NumpyArray& array, const std::string& name) {
    const auto rows = static_cast<std::size_t>(std::max<std::int64_t>(array.shape[0], 1));
    const auto count = array.bytes.size() / array.itemSize;
    const std::size_t width = count / rows;
    std::vector<T> result;
    result.reserve(count);
    std::vector<double> row(width);
    for (std::size_t i = 0; i < rows && width > 0; ++i) {
        array.numbers(i * width, row);
        for (const double number : row) {
            if (!(std::abs(number) <= static_cast<double>(std::numeric_limits<T>::max()))) notFinite(name, i);
            result.push_back(static_cast<T>(number));
        }
    }
    return result;
}

/// The answers of a part.
struct Answers {
    std::vector<std::int64_t> labels;
    std::vector<double> targets;
};

std::int64_t columnsOf(const NumpyArray& targets) { return targets.shape.size() == 2 ? targets.shape[1] : 1; }

TaskKind taskOf(const NumpyPart& part, TaskKind wanted) {
    if (part.targets.shape.empty() || part.targets.shape.size() > 2 || columnsOf(part.targets) < 1)
        throw Error(ErrorKind::data, part.targetsName + ": has the shape " + extentsText(part.targets.shape) +
                                         " where targets have one or two dimensions: examples, and outputs.");
    const bool single = columnsOf(part.targets) == 1;
    if (!single && wanted != TaskKind::regression && part.targets.whole())
        throw Error(ErrorKind::data,
                    part.targetsName + ": holds " + std::to_string(columnsOf(part.targets)) +
                        " whole numbers for each example. Give labels as one number each (of a one-hot code: "
                        "argmax(1)), or set data.task to regression.");
    if (!single && wanted == TaskKind::classification)
        throw Error(ErrorKind::data,
                    part.targetsName + ": holds " + std::to_string(columnsOf(part.targets)) +
                        " numbers for each example where classification needs one label. Set "
                        "data.task to regression, or name another array.");
    if (wanted != TaskKind::automatic) return wanted;
    return part.targets.whole() ? TaskKind::classification : TaskKind::regression;
}

Answers answersOf(const NumpyPart& part, TaskKind task) {
    Answers answers;
    std::vector<double> numbers = finiteNumbers<double>(part.targets, part.targetsName);
    if (task == TaskKind::regression) {
        answers.targets = std::move(numbers);
        return answers;
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const double number = numbers[i];
        if (number < 0 || number >= static_cast<double>(mostClasses) || number != std::floor(number))
            throw Error(ErrorKind::data, part.targetsName + ": the target of example " + std::to_string(i) +
                                             " is not a label: labels are 0, 1, … up to " +
                                             std::to_string(mostClasses - 1) +
                                             ". Number the classes from 0, or set data.task to regression.");
        answers.labels.push_back(static_cast<std::int64_t>(number));
    }
    return answers;
}

void checkCounts(const NumpyPart& part) {
    if (part.inputs.shape.empty() || part.inputs.shape.size() > 4 || part.inputs.count() == 0)
        throw Error(ErrorKind::data, part.inputsName + ": has the shape " + extentsText(part.inputs.shape) +
                                         " where inputs are [N], [N, features], [N, height, width] or [N, "
                                         "channels, height, width].");
    const std::int64_t answers = part.targets.shape.empty() ? 1 : part.targets.shape[0];
    if (part.inputs.shape[0] != answers)
        throw Error(ErrorKind::data, part.inputsName + ": holds " + std::to_string(part.inputs.shape[0]) +
                                         " examples, but " + part.targetsName + " holds " +
                                         std::to_string(answers) + ". Use two arrays that belong together.");
}

/// Images of a part; its numbers are moved out.
ImageSet imageSet(NumpyPart& part, Answers answers, const ImageLayout& layout) {
    ImageSet set{.count = part.inputs.shape[0],
                 .labels = std::move(answers.labels),
                 .targets = std::move(answers.targets)};
    if (byteImages(part.inputs))
        set.bytes = SharedBytes(channelsFirst(std::move(part.inputs.bytes), layout));
    else
        set.values = channelsFirst(finiteNumbers<float>(part.inputs, part.inputsName), layout);
    return set;
}

Table tableOf(const NumpyPart& part, Answers answers, TaskKind task, std::int64_t classes) {
    Table table;
    table.rows = part.inputs.shape[0];
    table.features = part.inputs.shape.size() == 2 ? part.inputs.shape[1] : 1;
    if (!part.inputs.bytes.empty()) table.inputs = finiteNumbers<double>(part.inputs, part.inputsName);
    table.task = task;
    table.classes = classes;
    table.outputs = columnsOf(part.targets);
    table.labels = std::move(answers.labels);
    table.targets = std::move(answers.targets);
    return table;
}

} // namespace

NumpySource interpretArrays(NumpyPart train, std::optional<NumpyPart> test, TaskKind wanted,
                            const std::string& name) {
    checkCounts(train);
    const TaskKind task = taskOf(train, wanted);
    Answers answers = answersOf(train, task), testAnswers;
    if (test) {
        checkCounts(*test);
        if (!std::equal(test->inputs.shape.begin() + 1, test->inputs.shape.end(),
                        train.inputs.shape.begin() + 1, train.inputs.shape.end()) ||
            byteImages(test->inputs) != byteImages(train.inputs))
            throw Error(ErrorKind::data, test->inputsName +
                                             ": its examples differ in shape or type from those in " +
                                             train.inputsName + ". Use arrays that belong together.");
        taskOf(*test, task);
        if (columnsOf(test->targets) != columnsOf(train.targets))
            throw Error(ErrorKind::data, test->targetsName + ": its targets differ in number from those in " +
                                             train.targetsName + ". Use arrays that belong together.");
        testAnswers = answersOf(*test, task);
    }
    std::int64_t outputs = columnsOf(train.targets);
    if (task == TaskKind::classification) {
        const auto [least, most] = std::minmax_element(answers.labels.begin(), answers.labels.end());
        if (*least == *most)
            throw Error(ErrorKind::data,
                        train.targetsName + ": every label is " + std::to_string(*least) +
                            "; a classifier needs at least two classes. Name another array.");
        outputs = *most + 1;
        const auto wrong = std::find_if(testAnswers.labels.begin(), testAnswers.labels.end(),
                                        [&](std::int64_t label) { return label >= outputs; });
        if (wrong != testAnswers.labels.end())
            throw Error(ErrorKind::data,
                        test->targetsName + ": label " + std::to_string(wrong - testAnswers.labels.begin()) +
                            " is " + std::to_string(*wrong) + ", but the training labels end at " +
                            std::to_string(outputs - 1) + ". Use arrays that belong together.");
    }
    NumpySource source;
    if (train.inputs.shape.size() <= 2) {
        source.train = tableOf(train, std::move(answers), task, outputs);
        if (test) source.test = tableOf(*test, std::move(testAnswers), task, outputs);
        return source;
    }
    const ImageLayout layout = layoutOf(train.inputs);
    source.images = ImageSource{.name = name,
                                .shape = layout.shape,
                                .task = task,
                                .outputs = outputs,
                                .classNames = {},
                                .bytes = byteImages(train.inputs),
                                .train = imageSet(train, std::move(answers), layout),
                                .test = {}};
    if (test) source.images->test = imageSet(*test, std::move(testAnswers), layout);
    return source;
}

NumpySource readNumpySource(const DataSpec& spec, NumpyContents contents, const Cancelled& cancelled) {
    if (spec.path.empty()) throw Error(ErrorKind::data, "No NumPy file is named. Set data.path.");
    const Store store{Path(spec.path)};
    const bool everything = contents == NumpyContents::everything;
    const auto train = [&](const std::string& inputs, const std::string& targets) {
        return readPart(store, inputs, targets, everything, cancelled);
    };
    if (!spec.inputs.empty() || !spec.target.empty()) {
        const std::string inputs = spec.inputs.empty() ? "x" : spec.inputs;
        return interpretArrays(train(inputs, spec.target.empty() ? "y" : spec.target), {}, spec.task,
                               spec.path);
    }
    if (store.has("x_train") || store.has("y_train")) {
        std::optional<NumpyPart> test;
        if (store.has("x_test") || store.has("y_test")) test = train("x_test", "y_test");
        return interpretArrays(train("x_train", "y_train"), std::move(test), spec.task, spec.path);
    }
    return interpretArrays(train(store.has("X") ? "X" : "x", "y"), {}, spec.task, spec.path);
}

} // namespace dstn
