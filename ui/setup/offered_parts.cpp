#include "ui/setup/offered_parts.h"

#include "ui/forms/field_options.h"
#include "ui/forms/tunable_edit.h"
#include "ui/text/number_text.h"

#include <QObject>

#include <set>
#include <utility>

namespace dstn::ui {

namespace {

QString groupName(PartGroup group) {
    switch (group) {
    case PartGroup::weights:
        return QObject::tr("Weights");
    case PartGroup::sequences:
        return QObject::tr("Sequences");
    case PartGroup::activations:
        return QObject::tr("Activations");
    case PartGroup::pooling:
        return QObject::tr("Pooling and shape");
    case PartGroup::dropout:
        return QObject::tr("Dropout and penalties");
    case PartGroup::normalization:
        return QObject::tr("Normalisation");
    case PartGroup::blocks:
        break;
    }
    return QObject::tr("Blocks");
}

template <std::size_t... index>
std::vector<Part> defaultParts(std::index_sequence<index...>) {
    return {Part(std::in_place_index<index>)...};
}

} // namespace

const std::vector<OfferedPart>& offeredParts() {
    static const std::vector<OfferedPart> offered = [] {
        std::vector<OfferedPart> all;
        for (Part& part : defaultParts(std::make_index_sequence<std::variant_size_v<Part>>())) {
            const PartTraits& traits = traitsOf(part);
            // What has no default, for a document must name it, starts from something usual.
            for (const FieldOption& option : optionsOf(part)) {
                if (!option.required) continue;
                if (option.kind == FieldOption::Kind::integer)
                    setOption(part, option.key, typedText(traits.usualSize));
                else if (option.tunable != nullptr)
                    setOption(part, option.key, typedText(option.tunable->usual.initial));
            }
            all.push_back({.id = QString::fromStdString(partType(part)),
                           .group = groupName(traits.group),
                           .toolTip = QString::fromUtf8(traits.description),
                           .part = part});
        }
        return all;
    }();
    return offered;
}

const QStringList& partGroups() {
    static const QStringList groups = [] {
        std::set<PartGroup> used;
        for (const OfferedPart& one : offeredParts()) used.insert(traitsOf(one.part).group);
        QStringList all;
        for (const PartGroup group : used) all.append(groupName(group));
        return all;
    }();
    return groups;
}

} // namespace dstn::ui
