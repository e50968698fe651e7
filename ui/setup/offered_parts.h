#pragma once

#include "core/spec/model.h"

#include <QString>

#include <vector>

namespace dstn::ui {

/// A type of part that can be put into a model, with options to start from.
struct OfferedPart {
    QString id;    ///< "conv2d"
    QString group; ///< the menu that it is offered in
    QString toolTip;
    Part part;
};

/// Every type of partTypes(), in its order.
const std::vector<OfferedPart>& offeredParts();
/// The groups in the order of the menu; only those that have a part.
const QStringList& partGroups();

} // namespace dstn::ui
