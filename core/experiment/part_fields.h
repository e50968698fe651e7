#pragma once

#include "core/export.h"
#include "core/spec/field.h"
#include "core/spec/model.h"

namespace DSTN_EXPORT dstn {

// The options of every part. A new part adds its overload here, its row and its rule to core/spec/model.cpp,
// and its layerOf() to core/engine/layers.

inline constexpr Option<ResponseKind> responseOptions[] = {{ResponseKind::structured, "structured"},
                                                           {ResponseKind::dense, "dense"}};
inline constexpr Option<Initialization> initializationOptions[] = {
    {Initialization::standard, "default"},
    {Initialization::heNormal, "he_normal"},
    {Initialization::heUniform, "he_uniform"},
    {Initialization::xavierNormal, "xavier_normal"},
    {Initialization::xavierUniform, "xavier_uniform"},
    {Initialization::lecunNormal, "lecun_normal"},
    {Initialization::orthogonal, "orthogonal"}};
inline constexpr IntegerRange sizeRange{.min = 1, .max = largestOption};
inline constexpr IntegerRange sizeOrZeroRange{.min = 0, .max = largestOption};
inline constexpr TunableKind rateKind{.range = {.min = 0, .max = 1, .maxOpen = true},
                                      .noun = "rate",
                                      .usual = {.initial = 0.05, .min = 0.0, .max = 0.95}};
/// Of what is dropped for a whole mini-batch.
inline constexpr TunableKind batchRateKind{
    .range = rateKind.range, .noun = "rate", .perBatch = true, .usual = rateKind.usual};
inline constexpr TunableKind strengthKind{
    .range = {.min = 0}, .differentiable = true, .usual = {.initial = 1.0, .min = 0.0, .max = 10.0}};
inline constexpr TunableKind decayKind{
    .range = {.min = 0}, .differentiable = true, .usual = {.initial = 1e-4, .log = true}};

inline constexpr std::string_view biasMeaning = "Whether each output has a bias.";
inline constexpr std::string_view responseMeaning =
    "How the weights respond to the hyperparameters: one direction per output (structured), or the full "
    "Jacobian (dense).";
inline constexpr std::string_view initMeaning =
    "How the weights are drawn: uniformly within ±1/√fan_in (default), or as named; biases are then 0.";
inline constexpr std::string_view decayMeaning =
    "L2 penalty on this part's weights, added to the experiment's.";
inline constexpr std::string_view scaleDecayMeaning = "L2 penalty on this part's scale γ.";
inline constexpr std::string_view epsilonMeaning = "Added to the variance before the square root is taken.";

template <class V>
void fieldsOf(V& v, LinearPart& part) {
    v.integer({"out", "Output features.", true}, part.out, sizeRange);
    v.flag({"bias", biasMeaning}, part.bias);
    v.choice({"init", initMeaning}, part.init, initializationOptions);
    v.choice({"response", responseMeaning}, part.response, responseOptions);
    v.tunables({"weight_decay",
                "L2 penalty on this part's weights, added to the experiment's; a list gives each input "
                "feature its own."},
               part.weightDecay, decayKind, true);
}

template <class V>
void fieldsOf(V& v, Conv2dPart& part) {
    v.integer({"out", "Output channels.", true}, part.out, sizeRange);
    v.integer({"kernel", "Side of the square kernel, in pixels."}, part.kernel, sizeRange);
    v.integer({"stride", "Step of the kernel, in pixels."}, part.stride, sizeRange);
    v.integer({"padding", "Zeros added at each border."}, part.padding, sizeOrZeroRange);
    v.integer({"dilation", "Distance between the kernel's points."}, part.dilation, sizeRange);
    v.integer({"groups", "Groups of channels that are convolved separately."}, part.groups, sizeRange);
    v.flag({"bias", biasMeaning}, part.bias);
    v.choice({"init", initMeaning}, part.init, initializationOptions);
    v.choice({"response", responseMeaning}, part.response, responseOptions);
    v.tunables({"weight_decay", decayMeaning}, part.weightDecay, decayKind, false);
}

template <class V>
void fieldsOf(V&, ReluPart&) {}
template <class V>
void fieldsOf(V&, GeluPart&) {}
template <class V>
void fieldsOf(V&, TanhPart&) {}
template <class V>
void fieldsOf(V&, GlobalAvgPool2dPart&) {}
template <class V>
void fieldsOf(V&, FlattenPart&) {}

template <class V, class Pool>
void poolFields(V& v, Pool& part) {
    v.integer({"kernel", "Side of the square window, in pixels."}, part.kernel, sizeRange);
    v.integer({"stride", "Step of the window, in pixels; 0: the window's side."}, part.stride,
              sizeOrZeroRange);
    v.integer({"padding", "Pixels added at each border, at most half the window's side."}, part.padding,
              sizeOrZeroRange);
}
template <class V>
void fieldsOf(V& v, MaxPool2dPart& part) {
    poolFields(v, part);
}
template <class V>
void fieldsOf(V& v, AvgPool2dPart& part) {
    poolFields(v, part);
}

template <class V>
void fieldsOf(V& v, DropoutPart& part) {
    v.tunable({"rate", "Probability with which an element is dropped.", true}, part.rate, rateKind);
}
template <class V>
void fieldsOf(V& v, Dropout2dPart& part) {
    v.tunable({"rate", "Probability with which a whole channel is dropped.", true}, part.rate, rateKind);
}

template <class V>
void fieldsOf(V& v, LockedDropoutPart& part) {
    v.tunable({"rate", "Probability with which a feature is dropped, at all steps of a sequence.", true},
              part.rate, rateKind);
}

template <class V>
void fieldsOf(V& v, EmbeddingPart& part) {
    v.integer({"width", "Dimension of a token's vector.", true}, part.width, sizeRange);
    v.tunable({"rate", "Probability with which a word is dropped from a whole sequence."}, part.rate,
              rateKind);
    v.tunables({"weight_decay", "L2 penalty on the vectors, added to the experiment's."}, part.weightDecay,
               decayKind, false);
}

template <class V>
void fieldsOf(V& v, LstmPart& part) {
    v.integer({"hidden", "Units per layer.", true}, part.hidden, sizeRange);
    v.integer({"layers", "Number of stacked layers."}, part.layers, {.min = 1, .max = 100});
    v.tunable({"rate", "Probability with which a feature is dropped between the layers, at all steps."},
              part.rate, rateKind);
    v.tunable({"drop_connect", "Probability with which a recurrent weight is dropped, for a whole batch."},
              part.dropConnect, batchRateKind);
    v.tunables({"weight_decay", "L2 penalty on this part's weights, added to the experiment's."},
               part.weightDecay, decayKind, false);
}

template <class V>
void fieldsOf(V&, TiedLinearPart&) {}

template <class V>
void fieldsOf(V& v, ActivationRegularizationPart& part) {
    v.tunable({"strength", "Weight of the mean squared activation in the training loss (AR).", true},
              part.strength, strengthKind);
}
template <class V>
void fieldsOf(V& v, TemporalActivationRegularizationPart& part) {
    v.tunable(
        {"strength", "Weight of the mean squared change from step to step in the training loss (TAR).", true},
        part.strength, strengthKind);
}

template <class V>
void fieldsOf(V& v, BatchNormPart& part) {
    v.number({"momentum", "Weight of a new batch in the running statistics."}, part.momentum,
             {.min = 0, .max = 1});
    v.number({"epsilon", epsilonMeaning}, part.epsilon, {.min = 0, .minOpen = true});
    v.tunables({"weight_decay", scaleDecayMeaning}, part.weightDecay, decayKind, false);
}
template <class V>
void fieldsOf(V& v, LayerNormPart& part) {
    v.number({"epsilon", epsilonMeaning}, part.epsilon, {.min = 0, .minOpen = true});
    v.tunables({"weight_decay", scaleDecayMeaning}, part.weightDecay, decayKind, false);
}

template <class V>
void fieldsOf(V& v, ResidualBlockPart& part) {
    v.integer({"out", "Output channels.", true}, part.out, sizeRange);
    v.integer({"stride", "Step of the first convolution's kernel, in pixels."}, part.stride, sizeRange);
    v.tunable({"rate", "Probability with which a whole channel is dropped between the convolutions."},
              part.rate, rateKind);
    v.choice({"init", initMeaning}, part.init, initializationOptions);
    v.choice({"response", responseMeaning}, part.response, responseOptions);
    v.tunables({"weight_decay", "L2 penalty on the weights of this part's convolutions, added to the "
                                "experiment's."},
               part.weightDecay, decayKind, false);
}

} // namespace dstn
