import Glibc
import SwaleCore

/// Two balanced Gaussian clusters x = y v / sqrt N + sqrt(Delta) z with a random direction v, |v|^2 = N, learnt from
/// alpha N examples. The posterior of v given the examples is Gaussian with overlap q = alpha / (alpha + Delta); the
/// Bayes-optimal classifier is the sign of the projection on its mean, which is Hebb's rule, and errs with probability
/// H(sqrt(q / Delta)) = H(sqrt(alpha / (Delta (alpha + Delta)))).
/// Source: Mignacco, Krzakala, Lu, Urbani, Zdeborova, ICML (2020), arXiv:2002.11544; Baldassi, Malatesta, Negri,
/// Zecchina, J. Stat. Mech. (2020) 124012.
struct GaussianClouds {
  /// Delta > 0.
  let variance: Double

  func overlap(_ alpha: Double) -> Double { alpha / (alpha + variance) }
  func bayesError(_ alpha: Double) -> Double { GaussianTail.h((overlap(alpha) / variance).squareRoot()) }
  /// With v known.
  var oracleError: Double { GaussianTail.h(1 / variance.squareRoot()) }
}
