#include "core/spec/tuner_spec.h"

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
        {"hypernetwork", "Hypernetwork",
         "One linear map from the hyperparameters to all weights, trained on samples around the current "
         "value "
         "(Lorraine & Duvenaud 2018). Its memory is weights times hyperparameters."},
        {"implicit", "Implicit differentiation",
         "Differentiates the validation loss through the optimality of the weights, with the inverse Hessian "
         "of the "
         "training loss (Larsen et al. 1996; Pedregosa 2016; Lorraine et al. 2020). Tunes what the training "
         "loss is "
         "differentiable in."},
        {"unrolled", "Unrolling",
         "Differentiates the validation loss through the last training steps (Maclaurin et al. 2015; Shaban "
         "et al. "
         "2019) or along with all of them (Franceschi et al. 2017). Tunes what the training loss is "
         "differentiable "
         "in."},
        {"grid", "Grid search", "Trains once for each point of a grid."},
        {"random", "Random search", "Trains once for each of many random points (Bergstra & Bengio 2012)."},
        {"bayesian", "Bayesian optimisation",
         "Trains where a Gaussian process of the trainings so far expects the most improvement (Snoek et al. "
         "2012)."},
        {"pbt", "Population based training",
         "Trains many at once; the worst take over the weights of the best and change their hyperparameters "
         "a little "
         "(Jaderberg et al. 2017)."},
        {"replay", "Replay",
         "Plain training with the hyperparameters following the schedule of another run."},
        {"fixed", "Fixed", "Plain training: every hyperparameter stays at its initial value."},
    };
    return types;
}

bool needsDerivatives(std::string_view type) { return type == "implicit" || type == "unrolled"; }

bool learnsResponse(std::string_view type) { return type == "delta-stn" || type == "stn"; }

bool movesHyperparameters(std::string_view type) {
    return perturbs(type) || needsDerivatives(type) || type == "replay";
}

bool perturbs(std::string_view type) { return learnsResponse(type) || type == "hypernetwork"; }

bool isSearch(std::string_view type) {
    return type == "grid" || type == "random" || type == "bayesian" || type == "pbt";
}

} // namespace dstn
