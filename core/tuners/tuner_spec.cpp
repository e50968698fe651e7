#include "core/tuners/tuner_spec.h"

namespace dstn {

const std::vector<TunerType>& tunerTypes() {
    static const std::vector<TunerType> types = {
        {"delta-stn", "Δ-STN",
         "Learns, while training, how the best weights respond to the hyperparameters around their current "
         "value, and moves the hyperparameters along the validation loss (Bae & Grosse 2020)."},
        {"stn", "STN",
         "The Δ-STN's ancestor: weights as an affine function of the hyperparameters, trained as one, "
         "without "
         "centring or linearisation (MacKay et al. 2019)."},
        {"fixed", "Fixed", "Plain training: every hyperparameter stays at its initial value."},
    };
    return types;
}

} // namespace dstn
