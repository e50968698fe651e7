#pragma once

#include "core/export.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>

namespace DSTN_EXPORT dstn {

/// Hyperparameters of a Gaussian process.
struct Kernel {
    Eigen::VectorXd lengths; ///< ℓ, one a dimension
    double variance = 1.0;   ///< s²
    double noise = 1e-6;     ///< σ², of an observation
};

/// Gaussian process regression (Rasmussen & Williams, "Gaussian Processes for Machine Learning", 2006,
/// Algorithm 2.1) with mean 0 and the Matérn 5/2 kernel with a length for each dimension, as Snoek,
/// Larochelle & Adams 2012 recommend it (Eq. 4.17 there with ν = 5/2):
///
/// k(x, x') = s² (1 + √5 r + 5/3 r²) exp(−√5 r), r² = Σ_d (x_d − x'_d)² / ℓ_d²
///
/// With K = k(X, X) + σ² I, α = K⁻¹ y and k* = k(X, x): the mean at x is k*ᵀ α, the variance of the function
/// (without noise) s² − k*ᵀ K⁻¹ k*.
///
/// n points are the columns of a [d, n] matrix.
class GaussianProcess {
  public:
    /// Conditions on observations. The noise must make K positive definite: 1e-10 of s² and more.
    GaussianProcess(Eigen::MatrixXd points, const Eigen::VectorXd& values, Kernel kernel);
    /// The same with the kernel that fitKernel() chooses.
    GaussianProcess(Eigen::MatrixXd points, const Eigen::VectorXd& values);

    struct Prediction {
        double mean = 0.0, variance = 0.0;
        Eigen::VectorXd meanSlope = {}, varianceSlope = {}; ///< gradients by x
    };
    /// At one point, with gradients.
    Prediction predict(const Eigen::VectorXd& x) const;
    /// At the columns of a [d, m] matrix, without gradients: means and variances, [m] each.
    void predict(const Eigen::MatrixXd& points, Eigen::VectorXd& means, Eigen::VectorXd& variances) const;

    const Kernel& kernel() const { return kernel_; }

  private:
    Kernel kernel_;
    Eigen::MatrixXd scaled_; // points / ℓ
    Eigen::LLT<Eigen::MatrixXd> factor_;
    Eigen::VectorXd alpha_;
};

/// log p(y | X, θ) = −½ yᵀ K⁻¹ y − ½ log |K| − n/2 log 2π, and its gradient by θ = (log ℓ, log s², log σ²),
/// ½ tr((α αᵀ − K⁻¹) ∂K/∂θ) (Rasmussen & Williams, Eqs. 5.8 and 5.9). −infinity where rounding leaves K
/// without a factor.
/// @param gradient [d + 2]; written
double logMarginalLikelihood(const Eigen::MatrixXd& points, const Eigen::VectorXd& values,
                             const Kernel& kernel, Eigen::VectorXd& gradient);

/// The most probable kernel for standardised values on the unit cube: the marginal likelihood times a prior,
/// maximised by L-BFGS from the two best of some fixed starts.
///
/// The prior: log ℓ ~ N(√2 + ½ log d, 3), which keeps functions of many dimensions smooth (Hvarfner, Hellsten
/// & Nardi, "Vanilla Bayesian Optimization Performs Great in High Dimensions", 2024); log s² ~ N(0, 1);
/// log σ² ~ N(−6, 4): little noise, unless the data say otherwise. Bounds: ℓ in [0.02, 200], s² in
/// [0.05, 20], σ² in [1e-6, 1].
Kernel fitKernel(const Eigen::MatrixXd& points, const Eigen::VectorXd& values);

} // namespace dstn
