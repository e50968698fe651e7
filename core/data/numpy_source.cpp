#include "core/data/numpy_source.h"

#include "core/data/labels.h"
#include "core/data/memory_check.h"
#include "core/data/numpy_store.h"
#include "core/data/numpy_targets.h"
#include "core/data/part_names.h"
#include "core/data/pixel_values.h"
#include "core/error.h"
#include "core/number_text.h"
#include "core/utf8.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

namespace dstn {
namespace {

using Cancelled = std::function<bool()>;

bool byteImages(const NumpyArray& inputs) {
    return inputs.kind == NumpyArray::Kind::unsignedInteger && inputs.itemSize == 1;
}

NumpyArray readArray(const NumpyStore& store, const std::string& array, bool data,
                     const Cancelled& cancelled) {
    const std::string name = store.nameOf(array);
    const auto stream = store.open(array);
    NumpyArray result = readNumpyHeader(*stream, name);
    // The numbers as they are read, in memory that doubles, and as doubles or floats.
    requireMemory(3.0 * static_cast<double>(result.count()) * static_cast<double>(result.itemSize), name,
                  smallerFile);
    // What images that are not bytes hold decides what their numbers stand for.
    const bool judged = result.shape.size() > 2 && !byteImages(result);
    if (data || judged) readNumpyData(*stream, result, name, cancelled);
    return result;
}

enum class Role { inputs, targets };

/// What an array is, by its name.
struct ArrayMeaning {
    Role role = Role::inputs;
    std::optional<PartName> part; ///< nothing: it names none
};

/// The words of a name, in lower case: "X_train", "trainImages" and "x-val" have two.
std::vector<std::string> wordsOf(const std::string& name) {
    std::vector<std::string> words(1);
    bool wasLower = false;
    for (const char c : name) {
        const bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
        if (c == '_' || c == '-' || c == '.' || c == ' ' || (upper && wasLower)) words.emplace_back();
        if (c != '_' && c != '-' && c != '.' && c != ' ') words.back() += c;
        wasLower = lower;
    }
    std::erase(words, "");
    for (std::string& word : words) word = asciiLowered(word);
    return words;
}

std::optional<Role> roleNamed(const std::string& word) {
    static constexpr std::array inputs{"x", "images", "image", "imgs", "data", "features", "inputs", "input"};
    static constexpr std::array targets{"y", "labels", "label", "targets", "target"};
    if (std::ranges::find(inputs, word) != inputs.end()) return Role::inputs;
    if (std::ranges::find(targets, word) != targets.end()) return Role::targets;
    return std::nullopt;
}

std::optional<ArrayMeaning> arrayMeaningOf(const std::string& name) {
    std::vector<std::string> words = wordsOf(name);
    // "xtrain", "yval"
    if (words.size() == 1 && words[0].size() > 1 && (words[0][0] == 'x' || words[0][0] == 'y') &&
        partNamed(words[0].substr(1)))
        words = {words[0].substr(0, 1), words[0].substr(1)};
    if (words.size() == 1)
        if (const auto role = roleNamed(words[0])) return ArrayMeaning{.role = *role, .part = {}};
    if (words.size() != 2) return std::nullopt;
    for (const auto& [role, part] : {std::pair{0, 1}, std::pair{1, 0}})
        if (const auto found = roleNamed(words[static_cast<std::size_t>(role)]))
            if (const auto named = partNamed(words[static_cast<std::size_t>(part)]))
                return ArrayMeaning{.role = *found, .part = named};
    return std::nullopt;
}

/// The arrays of a part; empty: none.
struct ArrayPair {
    std::string inputs, targets;
};

/// Chooses arrays by the options, and where these name none, by the arrays' names.
class ArrayChoice {
  public:
    ArrayChoice(const NumpyStore& store, const DataSpec& spec) : store_(store) {
        std::map<std::pair<int, Role>, std::string> named; // part, or −1
        for (const std::string& array : store.arrays())
            if (const auto meaning = arrayMeaningOf(array)) {
                const int part = meaning->part ? static_cast<int>(*meaning->part) : -1;
                const auto [at, fresh] = named.try_emplace({part, meaning->role}, array);
                if (!fresh) doubles_.try_emplace(at->second, array);
            }
        const auto get = [&](int part, Role role) {
            const auto at = named.find({part, role});
            return at == named.end() ? std::string() : at->second;
        };
        const auto pair = [&](int part) {
            return ArrayPair{.inputs = get(part, Role::inputs), .targets = get(part, Role::targets)};
        };
        constexpr int whole = -1;
        train_ = pair(static_cast<int>(PartName::train));
        if (train_.inputs.empty() && train_.targets.empty()) train_ = pair(whole);
        const bool byOptions = !spec.inputs.empty() || !spec.target.empty();
        if (!spec.inputs.empty()) train_.inputs = required(spec.inputs);
        if (!spec.target.empty()) train_.targets = required(spec.target);
        // Beside arrays that are named by options, those of other parts have to be named as well.
        if (!byOptions) {
            validation_ = pair(static_cast<int>(PartName::validation));
            test_ = pair(static_cast<int>(PartName::test));
        }
        byOption(validation_, spec.validationInputs, spec.validationTarget, "validation");
        byOption(test_, spec.testInputs, spec.testTarget, "test");
        requireTraining();
        for (ArrayPair* part : {&validation_, &test_}) leaveUnlabelled(*part);
        for (const ArrayPair* part : {&train_, &validation_, &test_})
            for (const std::string& array : {part->inputs, part->targets}) requireUnambiguous(array);
    }

    const ArrayPair& train() const { return train_; }
    const ArrayPair& validation() const { return validation_; }
    const ArrayPair& test() const { return test_; }

    std::vector<std::string> warnings() const {
        std::vector<std::string> unused, result = warnings_;
        for (const std::string& array : store_.arrays()) {
            const bool used =
                std::ranges::any_of(std::array{&train_, &validation_, &test_}, [&](const auto* part) {
                    return part->inputs == array || part->targets == array;
                });
            if (!used && std::ranges::find(unlabelled_, array) == unlabelled_.end())
                unused.push_back(printable(array));
        }
        if (!unused.empty())
            result.push_back(store_.name() + ": " + std::to_string(unused.size()) +
                             (unused.size() == 1 ? " array is" : " arrays are") +
                             " left unused: " + someOf(unused) + ".");
        return result;
    }

  private:
    std::string listed() const {
        std::vector<std::string> names;
        for (const std::string& array : store_.arrays()) names.push_back(printable(array));
        constexpr std::size_t most = 20;
        const std::string text = someOf(names, most);
        return text.empty() ? "none" : text;
    }
    [[noreturn]] void missing(const std::string& what) const {
        throw Error(ErrorKind::data, store_.name() + ": has no array " + what + "; it has: " + listed() +
                                         ". Name the arrays with data.inputs and data.target.");
    }
    const std::string& required(const std::string& array) const {
        if (!store_.has(array)) missing(printable(array));
        return array;
    }
    void requireTraining() const {
        if (train_.inputs.empty()) missing("x, or of another usual name for inputs");
        if (train_.targets.empty()) missing("y, or of another usual name for targets");
    }
    void byOption(ArrayPair& part, const std::string& inputs, const std::string& targets,
                  const std::string& what) const {
        if (!inputs.empty()) part.inputs = required(inputs);
        if (!targets.empty()) part.targets = required(targets);
        if (inputs.empty() != targets.empty() && (part.inputs.empty() || part.targets.empty()))
            throw Error(ErrorKind::data, store_.name() + ": data names the array of " +
                                             (inputs.empty() ? "targets" : "inputs") + " for " + what +
                                             " alone. Name both, with data." + what + "_inputs and data." +
                                             what + "_target.");
    }
    void leaveUnlabelled(ArrayPair& part) {
        if (part.inputs.empty() == part.targets.empty()) return;
        const std::string array = part.inputs.empty() ? part.targets : part.inputs;
        const auto stream = store_.open(array);
        const NumpyArray header = readNumpyHeader(*stream, store_.nameOf(array));
        warnings_.push_back(
            store_.nameOf(array) + ": its " + std::to_string(header.shape.empty() ? 1 : header.shape[0]) +
            (part.inputs.empty() ? " targets are left unused, as there are no inputs for them."
                                 : " examples are left unused, as there are no targets for "
                                   "them."));
        unlabelled_.push_back(array);
        part = {};
    }
    void requireUnambiguous(const std::string& array) const {
        const auto other = doubles_.find(array);
        if (other != doubles_.end())
            throw Error(ErrorKind::data, store_.name() + ": the arrays " + printable(array) + " and " +
                                             printable(other->second) +
                                             " may both be meant. Name the arrays with data.inputs and "
                                             "data.target, and those of other parts likewise.");
    }

    const NumpyStore& store_;
    std::map<std::string, std::string> doubles_; ///< arrays of the same meaning
    ArrayPair train_, validation_, test_;
    std::vector<std::string> unlabelled_, warnings_;
};

/// How the extents of an array of images are meant.
struct ImageExtents {
    Shape shape; ///< [channels, height, width]
    bool channelsLast = false;
};

ImageExtents extentsOf(const NumpyArray& inputs, ChannelOrder layout, const std::string& name) {
    const auto& s = inputs.shape;
    if (s.size() == 3) return {.shape = {1, s[1], s[2]}};
    const ImageExtents last{.shape = {s[3], s[1], s[2]}, .channelsLast = true},
        first{.shape = {s[1], s[2], s[3]}};
    if (layout != ChannelOrder::automatic) return layout == ChannelOrder::last ? last : first;
    // An image has few channels, and more rows and columns than that.
    const auto fits = [](const Shape& shape) {
        constexpr std::int64_t mostChannels = 4;
        return shape[0] <= mostChannels && shape[1] > mostChannels && shape[2] > mostChannels;
    };
    if (fits(last.shape) != fits(first.shape)) return fits(last.shape) ? last : first;
    throw Error(ErrorKind::data,
                name + ": its shape " + extentsText(s) +
                    " does not tell where the channels are. Set data.layout to NHWC (channels "
                    "last) or to NCHW (channels first).");
}

/// From [N, H, W, C] to [N, C, H, W], or as it is.
template <typename T>
std::vector<T> channelsFirst(std::vector<T> numbers, const ImageExtents& extents) {
    const auto channels = static_cast<std::size_t>(extents.shape[0]);
    if (!extents.channelsLast || channels == 1) return numbers;
    const auto pixels = static_cast<std::size_t>(extents.shape[1] * extents.shape[2]);
    std::vector<T> result(numbers.size());
    for (std::size_t image = 0; image < numbers.size(); image += channels * pixels)
        for (std::size_t p = 0; p < pixels; ++p)
            for (std::size_t c = 0; c < channels; ++c)
                result[image + c * pixels + p] = numbers[image + p * channels + c];
    return result;
}

void checkCounts(const NumpyPart& part) {
    if (part.inputs.words())
        throw Error(ErrorKind::data, part.inputsName + ": holds words where inputs are numbers. Name another "
                                                       "array with data.inputs.");
    if (part.inputs.shape.empty() || part.inputs.shape.size() > 4 || part.inputs.count() == 0)
        throw Error(ErrorKind::data, part.inputsName + ": has the shape " + extentsText(part.inputs.shape) +
                                         " where inputs are [N], [N, features], [N, height, width] or images "
                                         "of four dimensions.");
    const std::int64_t answers = part.targets.shape.empty() ? 1 : part.targets.shape[0];
    if (part.inputs.shape[0] != answers)
        throw Error(ErrorKind::data, part.inputsName + ": holds " + std::to_string(part.inputs.shape[0]) +
                                         " examples, but " + part.targetsName + " holds " +
                                         std::to_string(answers) + ". Use two arrays that belong together.");
}

/// Refuses a part that does not fit the training part.
void checkFit(const NumpyPart& train, const NumpyPart& part) {
    checkCounts(part);
    requireTargetShape(part.targets, part.targetsName);
    if (!std::equal(part.inputs.shape.begin() + 1, part.inputs.shape.end(), train.inputs.shape.begin() + 1,
                    train.inputs.shape.end()) ||
        (part.inputs.shape.size() > 2 && byteImages(part.inputs) != byteImages(train.inputs)))
        throw Error(ErrorKind::data, part.inputsName +
                                         ": its examples differ in shape or type from those in " +
                                         train.inputsName + ". Use arrays that belong together.");
    if (part.targets.shape.size() == 2 || train.targets.shape.size() == 2) {
        const auto columns = [](const NumpyArray& targets) {
            return targets.shape.size() == 2 ? targets.shape[1] : 1;
        };
        if (columns(part.targets) != columns(train.targets))
            throw Error(ErrorKind::data, part.targetsName + ": its targets differ in number from those in " +
                                             train.targetsName + ". Use arrays that belong together.");
    }
}

/// Makes tables or images of the parts.
class Interpreter {
  public:
    Interpreter(NumpyParts parts, TaskKind wanted, ChannelOrder layout, std::string name)
        : parts_(std::move(parts)), layout_(layout), name_(std::move(name)) {
        NumpyPart& train = parts_.train;
        checkCounts(train);
        meaning_ = meaningOf(train.targets, train.targetsName, wanted);
        for (const auto* part : {&parts_.validation, &parts_.test})
            if (*part) checkFit(train, **part);
        if (meaning_.task == TaskKind::classification) makeCode();
    }

    NumpySource run() {
        NumpySource source{.taskReason = meaning_.reason, .decisions = meaning_.decisions};
        if (const std::string sentence = codeSentence(code_, parts_.train.targetsName);
            meaning_.task == TaskKind::classification && !sentence.empty())
            source.decisions.push_back(sentence);
        if (parts_.train.inputs.shape.size() > 2) {
            source.images = images();
            source.images->decisions.insert(source.images->decisions.begin(), source.decisions.begin(),
                                            source.decisions.end());
            return source;
        }
        source.train = table(parts_.train);
        if (parts_.validation) source.validation = table(*parts_.validation);
        if (parts_.test) source.test = table(*parts_.test);
        return source;
    }

  private:
    void makeCode() {
        const NumpyPart& train = parts_.train;
        const SourceLabels labels = labelsIn(train.targets, train.targetsName, meaning_);
        code_ = codeOf(labels, train.targetsName);
        if (!meaning_.oneHot) return;
        // A one-hot code says how many classes there are, whether they have examples or not.
        std::vector<std::int64_t> values;
        for (std::int64_t c = 0; c < meaning_.outputs; ++c) values.push_back(c);
        code_ = {.values = values, .names = {}};
    }

    std::int64_t outputs() const {
        return meaning_.task == TaskKind::classification ? code_.classes() : meaning_.outputs;
    }
    std::vector<std::int64_t> labels(const NumpyPart& part) const {
        if (meaning_.task != TaskKind::classification) return {};
        // Whether each row is one-hot is known of the training part alone.
        if (meaning_.oneHot && !meaningOf(part.targets, part.targetsName, TaskKind::classification).oneHot)
            throw Error(ErrorKind::data, part.targetsName + ": is not one-hot encoded, although " +
                                             parts_.train.targetsName +
                                             " is. Use arrays that belong together.");
        return coded(code_, labelsIn(part.targets, part.targetsName, meaning_), part.targetsName,
                     parts_.train.targetsName);
    }
    std::vector<double> targets(const NumpyPart& part) const {
        if (meaning_.task == TaskKind::classification) return {};
        if (part.targets.words())
            throw Error(ErrorKind::data, part.targetsName + ": holds words where those of " +
                                             parts_.train.targetsName +
                                             " are numbers. Use arrays that belong together.");
        return finiteNumbers<double>(part.targets, part.targetsName);
    }

    Table table(const NumpyPart& part) const {
        Table table;
        table.rows = part.inputs.shape[0];
        table.features = part.inputs.shape.size() == 2 ? part.inputs.shape[1] : 1;
        if (!part.inputs.bytes.empty()) table.inputs = finiteNumbers<double>(part.inputs, part.inputsName);
        table.task = meaning_.task;
        table.labels = labels(part);
        table.targets = targets(part);
        if (meaning_.task == TaskKind::classification) {
            table.classes = outputs();
            table.classNames = code_.names;
        }
        table.outputs = meaning_.outputs;
        return table;
    }

    ImageSource images() {
        NumpyPart& train = parts_.train;
        const ImageExtents extents = extentsOf(train.inputs, layout_, train.inputsName);
        ImageSource source{.name = name_,
                           .shape = extents.shape,
                           .task = meaning_.task,
                           .outputs = outputs(),
                           .classNames = code_.names,
                           .bytes = byteImages(train.inputs),
                           .taskReason = meaning_.reason};
        if (train.inputs.shape.size() == 4)
            source.decisions.push_back(
                train.inputsName + ": its shape " + extentsText(train.inputs.shape) + " is read as [N, " +
                (extents.channelsLast ? "height, width, channels]." : "channels, height, width]."));
        source.train = imageSet(train, extents);
        if (parts_.validation) source.validation = imageSet(*parts_.validation, extents);
        if (parts_.test) source.test = imageSet(*parts_.test, extents);
        if (source.bytes) return source;
        source.pixels = pixelValuesOf(train.inputs, source.train.values);
        source.decisions.push_back(sentenceOf(source.pixels, train.inputsName));
        if (auto dark = darkness(source.pixels, train.inputsName))
            source.warnings.push_back(std::move(*dark));
        checkRange(source, parts_.validation, source.validation);
        checkRange(source, parts_.test, source.test);
        return source;
    }

    /// Numbers of another range would be shown to the network on another scale.
    void checkRange(const ImageSource& source, const std::optional<NumpyPart>& part,
                    const std::optional<ImageSet>& set) const {
        if (!part || set->values.empty()) return;
        const PixelValues own = pixelValuesOf(part->inputs, set->values);
        const double range = source.pixels.white - source.pixels.black;
        constexpr double slack = 0.5;
        if (!source.pixels.known || (own.least >= source.pixels.black - slack * range &&
                                     own.most <= source.pixels.white + slack * range))
            return;
        throw Error(ErrorKind::data, part->inputsName + ": its numbers lie from " + valueText(own.least) +
                                         " to " + valueText(own.most) + ", but those of " +
                                         parts_.train.inputsName + " from " + valueText(source.pixels.least) +
                                         " to " + valueText(source.pixels.most) +
                                         ". Bring all parts to the same range.");
    }

    /// Images of a part; its numbers are moved out.
    ImageSet imageSet(NumpyPart& part, const ImageExtents& extents) const {
        ImageSet set{.count = part.inputs.shape[0], .labels = labels(part), .targets = targets(part)};
        if (part.inputs.bytes.empty()) return set;
        if (byteImages(part.inputs))
            set.bytes = SharedBytes(channelsFirst(std::move(part.inputs.bytes), extents));
        else
            set.values = channelsFirst(finiteNumbers<float>(part.inputs, part.inputsName), extents);
        return set;
    }

    NumpyParts parts_;
    ChannelOrder layout_;
    std::string name_;
    TargetMeaning meaning_;
    LabelCode code_;
};

} // namespace

NumpySource interpretArrays(NumpyParts parts, TaskKind task, ChannelOrder layout, const std::string& name) {
    return Interpreter(std::move(parts), task, layout, name).run();
}

NumpySource readNumpySource(const DataSpec& spec, NumpyContents contents, const Cancelled& cancelled) {
    if (spec.path.empty()) throw Error(ErrorKind::data, "No NumPy file is named. Set data.path.");
    const NumpyStore store{std::filesystem::path(spec.path)};
    const ArrayChoice choice(store, spec);
    const auto read = [&](const ArrayPair& pair) {
        return NumpyPart{.inputs =
                             readArray(store, pair.inputs, contents == NumpyContents::everything, cancelled),
                         .targets = readArray(store, pair.targets, true, cancelled),
                         .inputsName = store.nameOf(pair.inputs),
                         .targetsName = store.nameOf(pair.targets)};
    };
    NumpyParts parts{.train = read(choice.train())};
    if (!choice.validation().inputs.empty()) parts.validation = read(choice.validation());
    if (!choice.test().inputs.empty()) parts.test = read(choice.test());
    NumpySource source = interpretArrays(std::move(parts), spec.task, spec.layout, spec.path);
    const std::vector<std::string> warnings = choice.warnings();
    auto& into = source.images ? source.images->warnings : source.warnings;
    into.insert(into.begin(), warnings.begin(), warnings.end());
    const std::string lookedFor = "arrays x_val and y_val";
    source.lookedFor = lookedFor;
    if (source.images) source.images->lookedFor = lookedFor;
    return source;
}

} // namespace dstn
