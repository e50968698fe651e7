#include "core/data/dataset.h"
#include "core/data/split.h"

namespace dstn {

std::optional<DataInfo> declaredDataset(const DataSpec& spec) {
    struct Published {
        Shape image;
        std::int64_t classes, train, test;
    };
    Published published;
    switch (spec.source) {
    case DataSource::fashionMnist:
        published = {.image = {1, 28, 28}, .classes = 10, .train = 60'000, .test = 10'000};
        break;
    case DataSource::cifar10:
        published = {.image = {3, 32, 32}, .classes = 10, .train = 50'000, .test = 10'000};
        break;
    case DataSource::cifar100:
        published = {.image = {3, 32, 32}, .classes = 100, .train = 50'000, .test = 10'000};
        break;
    default:
        return {};
    }
    const SplitCounts counts = countSplit(spec, {.name = "The data",
                                                 .examples = published.train,
                                                 .task = TaskKind::classification,
                                                 .classes = published.classes,
                                                 .test = OwnPart{.examples = published.test}});
    DataInfo info;
    info.input = published.image;
    info.outputs = published.classes;
    info.inputBytes = 1;
    info.train = counts.train;
    info.validation = counts.validation;
    info.test = counts.test;
    return info;
}

} // namespace dstn
