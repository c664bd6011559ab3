import CSwaleKernels
import Glibc
import SwaleCore
import Synchronization

/// The energy of a device over patterns (`PatternGraph`) with labels +1 and -1:
///
///     f(x) = sum_p l(label_p z_p) + l2 / 2 |x|^2   (reduction sum; mean divides the sum by P)
///
/// with z = h / sqrt N + b for a perceptron, sum_k c_k phi(h_k / sqrt n) / sqrt K for a committee, prod_k sign(h_k)
/// for a parity machine. The weights are the signs of x (binary, 0 counting as +1), x sqrt N / |x| (spherical, the
/// norm without the bias), or x. f is the sum over the selected batch where there is one. The error of `evaluate` is
/// the fraction of violated patterns: label z <= 0, or label z < margin where there is one.
///
/// Sign units of committees whose loss has a derivative are tanh(beta h / sqrt n) in f, for real and spherical weights;
/// errors are counted with signs. Then gradients and Hessian products are those of f. For spherical weights f is
/// constant along rays: the gradient is tangent to the sphere and falls as 1 / |x|, at |x| = sqrt N it is the Riemannian
/// gradient, and the Hessian between tangent directions the Riemannian Hessian. x = 0 is refused.
///
/// For binary weights f is that of the signs and piecewise constant; the gradient is a surrogate: that with respect to
/// the weights, taken at the signs and handed to x (straight-through), with tanh(beta h / sqrt n) in the place of the
/// sign units of committees, both in the output at which the loss is differentiated and in its derivative.
///
/// Inputs that are all +1 and -1 are kept as bits and computed with as integers; any other numbers (Gaussian patterns,
/// pixels, entries 0) work with all kinds of weights. A field of exactly 0 is no vote: sign(0) = 0. Binary devices of
/// sign units refuse patterns for which some weights have such a field (multiples of one number with an even sum of
/// magnitudes). The loss linear, and solvers that pass messages over bits, say that they need +1 and -1.
/// Sources: Baldassi, Pittorino, Zecchina, PNAS 117 (2020) 161; E. Gardner, J. Phys. A 21 (1988) 257.
public final class PatternObjective: Objective {
  public let name: String
  public let graph: PatternGraph
  /// Where the patterns came from, with its statistics (a teacher, a centroid).
  public let data: Dataset
  public let precision: Precision
  public let capabilities: Capabilities
  public let l2: Double
  /// Whether f is the mean over patterns.
  public let mean: Bool
  /// Whether the last parameter is a bias of the output.
  public let bias: Bool
  let loss: PatternLoss
  let beta: Double
  private let transposedBits = Mutex<SignBits?>(nil)

  init(
    _ name: String, _ graph: PatternGraph, _ data: Dataset, _ settings: PatternSettings, _ loss: PatternLoss,
    bias: Bool = false
  ) throws(Failure) {
    self.name = name
    self.graph = graph
    self.data = data
    self.loss = loss
    self.bias = bias
    precision = settings.precision == "f32" ? .f32 : .f64
    l2 = settings.l2
    beta = settings.beta
    mean = settings.reduction == "mean"
    if l2 != 0, graph.weights != .real {
      throw Failure(
        .option, "option 'l2' of objective '\(name)' is \(l2), allowed 0: the norm of \(graph.weights) weights is "
          + "fixed")
    }
    var capabilities: Capabilities = [.value, .batches, .errors]
    if graph.weights == .binary { capabilities.insert(.flips) }
    if graph.weights == .spherical { capabilities.insert(.sphere) }
    if !bias { capabilities.insert(.patterns) }
    if loss.isDifferentiable {
      capabilities.insert(.gradient)
      if graph.weights != .binary { capabilities.formUnion([.exactGradient, .hvp]) }
    }
    self.capabilities = capabilities
  }

  public var dimension: Int { graph.dimension + (bias ? 1 : 0) }
  public var sampleCount: Int { graph.patterns }
  public var patterns: PatternGraph? { bias ? nil : graph }

  public var layout: ParameterLayout {
    let (units, n) = (graph.hidden, graph.fanIn)
    let weights = Tensor(
      name: "weight", shape: units == 1 ? [n] : [units, n], offset: 0, role: .weight,
      filterAxis: units == 1 ? nil : 0, fanIn: n, outputGroup: nil)
    let shift = Tensor(name: "bias", shape: [1], offset: n * units, role: .bias, fanIn: n)
    return ParameterLayout(bias ? [weights, shift] : [weights])
  }

  public func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> { try PatternOracle<S>(self) }

  /// Whether tanh stands for the sign units in f.
  var isSmoothed: Bool {
    graph.unit == .sign && graph.output == .sum && !graph.isPerceptron && graph.weights != .binary
      && loss.isDifferentiable
  }

  /// Label-signed output = label times output in the units of `scale`: an integer for binary weights.
  var scale: Double {
    let (n, units) = (Double(graph.fanIn), Double(graph.hidden))
    if graph.output == .parity { return 1 }
    if graph.isPerceptron { return n.squareRoot() }
    switch graph.unit {
    case .sign: return units.squareRoot()
    case .relu: return (n * units).squareRoot()
    case .quadratic: return n * units.squareRoot()
    }
  }

  /// What a stability must reach, as a strict recount has it.
  func isViolated(_ stability: Double) -> Bool { graph.margin == 0 ? !(stability > 0) : !(stability >= graph.margin) }

  /// The smallest whole label-signed output that satisfies the constraint, found by the same quotient that `isViolated`
  /// sees.
  var threshold: Int32 {
    let limit = Double(Int32.max / 4)
    var least = max(-limit, min(limit, (graph.margin * scale).rounded(.up)))
    while least > -limit, !isViolated((least - 1) / scale) { least -= 1 }
    while least < limit, isViolated(least / scale) { least += 1 }
    return Int32(saturating: least)
  }

  /// The patterns' bits by weight: row k n + i holds the inputs that weight i of unit k sees, for all patterns. Units
  /// of a full machine share their rows. Made when first asked for.
  func columns(of bits: SignBits) throws(Failure) -> SignBits {
    try transposedBits.withLock { (kept) throws(Failure) in
      if let kept { return kept }
      let made = try SignBits(rows: bits.columns, width: bits.rows)
      for segment in 0..<bits.segments {
        swk_transpose_bits(
          Int64(bits.rows), Int64(bits.width), bits.words(0, segment), Int64(bits.stride),
          made.words(segment * bits.width), Int64(made.stride))
      }
      kept = made
      return made
    }
  }
}
