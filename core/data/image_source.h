#pragma once

#include "core/data/dataset.h"
#include "core/export.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace DSTN_EXPORT dstn {

/// Images of one size with an answer each, as a file or folder gives them: neither split nor normalised.
struct ImageSet {
    std::int64_t count = 0;
    SharedBytes bytes = {};         ///< [count, channels, height, width]; empty if only headers were read
    std::vector<float> values = {}; ///< the same for images that are not bytes
    std::vector<std::int64_t> labels = {}; ///< [count]; empty where they were not read, or for regression
    std::vector<double> targets = {};      ///< [count, outputs]; regression only
};

/// What the readers of images yield.
struct ImageSource {
    std::string name; ///< the file or folder; appears in messages
    Shape shape;      ///< [channels, height, width]
    TaskKind task = TaskKind::classification;
    std::int64_t outputs = 0;            ///< classes, or columns of the targets
    std::vector<std::string> classNames; ///< empty where the source has none
    bool bytes = true;                   ///< whether pixels are bytes
    bool classByClass = false;           ///< whether it is ordered by class: a limit then takes some of each
    ImageSet train = {};
    std::optional<ImageSet> validation = {}, test = {};
    PixelValues pixels = {};
    std::string lookedFor = {};  ///< what a validation part would be: "the folder val"; may be empty
    std::string taskReason = {}; ///< as in DataInfo
    std::vector<std::string> decisions = {}, warnings = {}; ///< as in DataInfo
};

/// What prepareImages() will make of the source, of which only headers need have been read.
/// @param seed as of probeDataset()
DataInfo imageInfo(const DataSpec& spec, const ImageSource& source, std::optional<std::uint64_t> seed);

/// Splits and normalises a source. Throws Error{data} where a part would be empty, Error{interrupted} once
/// `cancelled` says so.
Dataset prepareImages(const DataSpec& spec, const ImageSource& source, std::uint64_t seed,
                      const std::function<bool()>& cancelled);

} // namespace dstn
