#include "core/data/image_decoder.h"

#include "core/error.h"

namespace dstn {

void refuseImage(const std::string& name, ImageFault fault, const std::string& reason) {
    switch (fault) {
    case ImageFault::truncated:
        throw Error(ErrorKind::data,
                    name + ": the image is truncated: its end is missing. Fetch the file again, "
                           "or remove it.");
    case ImageFault::unsupported:
        throw Error(ErrorKind::data, name + ": an image of this kind cannot be decoded (" +
                                         printable(reason) + "). Convert it, or remove it.");
    case ImageFault::memory:
        throw Error(ErrorKind::device, name + ": memory ran out while the image was decoded. Use smaller "
                                              "images, or end other programs.");
    case ImageFault::damaged:
        break;
    }
    throw Error(ErrorKind::data, name + ": the image is damaged (" + printable(reason) +
                                     "). Fetch the file again, or remove it.");
}

} // namespace dstn
