#include "core/engine/training/checkpoint.h"

#include "core/data/safetensors.h"
#include "core/error.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace dstn {

namespace {

struct CheckpointDtype {
    const char* name;
    at::ScalarType type;
};

constexpr std::array<CheckpointDtype, 7> checkpointDtypes{{{"F64", at::kDouble},
                                                           {"F32", at::kFloat},
                                                           {"F16", at::kHalf},
                                                           {"BF16", at::kBFloat16},
                                                           {"I64", at::kLong},
                                                           {"U8", at::kByte},
                                                           {"BOOL", at::kBool}}};

std::string checkpointDtypeName(const std::string& tensor, at::ScalarType type) {
    for (const CheckpointDtype& dtype : checkpointDtypes)
        if (dtype.type == type) return dtype.name;
    throw Error(ErrorKind::archive, "The checkpoint cannot be written: its tensor \"" + tensor +
                                        "\" is of dtype " + c10::toString(type) + ".");
}

at::ScalarType dtypeOf(const SafetensorsEntry& entry) {
    for (const CheckpointDtype& dtype : checkpointDtypes)
        if (entry.dtype == dtype.name) return dtype.type;
    throw Error(ErrorKind::archive, "The checkpoint's tensor \"" + entry.name + "\" is of dtype " +
                                        entry.dtype + ", which no checkpoint of this program has.");
}

} // namespace

std::string writeCheckpoint(const Checkpoint& checkpoint) {
    Safetensors file;
    file.metadata = checkpoint.metadata;
    std::vector<Tensor> alive; // what the entries point into
    for (const auto& [name, tensor] : checkpoint.tensors) {
        alive.push_back(tensor.detach().cpu().contiguous());
        const Tensor& host = alive.back();
        file.entries.push_back({.name = name,
                                .dtype = checkpointDtypeName(name, host.scalar_type()),
                                .shape = host.sizes().vec(),
                                .data = {static_cast<const std::byte*>(host.data_ptr()),
                                         static_cast<std::size_t>(host.nbytes())}});
    }
    return writeSafetensors(file);
}

Checkpoint readCheckpoint(std::string_view bytes) {
    Safetensors file = parseSafetensors(bytes);
    Checkpoint checkpoint;
    checkpoint.metadata = std::move(file.metadata);
    for (const SafetensorsEntry& entry : file.entries) {
        const at::ScalarType type = dtypeOf(entry);
        // A bool of another value than 0 and 1 is undefined behaviour for whoever reads it.
        if (type == at::kBool && std::any_of(entry.data.begin(), entry.data.end(),
                                             [](std::byte value) { return value > std::byte{1}; }))
            throw Error(ErrorKind::archive, "The checkpoint is damaged: its tensor \"" + entry.name +
                                                "\" has truth values other than 0 and 1.");
        Tensor tensor = at::empty(entry.shape, at::TensorOptions(type));
        if (!entry.data.empty()) std::memcpy(tensor.data_ptr(), entry.data.data(), entry.data.size());
        checkpoint.tensors.emplace_back(entry.name, std::move(tensor));
    }
    return checkpoint;
}

} // namespace dstn
