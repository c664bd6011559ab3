import CSwaleKernels

/// Relaxed belief propagation of a perceptron: one message per pattern and one field per weight instead of 2 N P
/// messages, with Onsager's corrections for what each message would not have said to its own sender. With a prior and
/// an output channel it is generalised approximate message passing.
///
/// For inputs X (labels absorbed), means m and variances v of the weights, patterns a and weights i, one step is
///
///     V = sum v_i,  omega = X m - V g,   g_a = message of the channel at (omega_a, V),   A = sum -dg_a/domega_a
///     h = X' g + A m + external,   B = memory B + gain h,   m_i, v_i = moments of weight i under (A, B_i)
///
/// Constraint x.w / sqrt N >= kappa: g = r(-u) / sqrt V, u = (omega - kappa sqrt N) / sqrt V, r(x) = G(x) / H(x);
/// weights +-1: m = tanh B. Real inputs take V_a = s_a sum c_i v_i and A_i = c_i sum s_a (-dg_a/domega_a), where s_a
/// c_i stands for x_ai^2. Valid for inputs without strong correlations, with errors of order 1 / sqrt N.
///
/// Sources: Mezard, J. Phys. A 22 (1989) 2181; Braunstein, Zecchina, PRL 96 (2006) 030201 (reinforcement); Rangan,
/// "Generalized approximate message passing" (2011).
public final class TapPerceptron<S: Scalar> {
  /// What is known of a weight before the patterns: +1 or -1, or normal with mean 0.
  public enum Prior: Sendable {
    case binary
    case gaussian(variance: Double)
  }

  /// What a pattern says about its field z = x.w.
  public enum Channel: Sendable {
    /// z / sqrt N + noise >= margin.
    case sign
    /// z / sqrt N + noise = 1: regression on the labels.
    case gaussian
  }

  /// How a step mixes old and new fields: B = memory B + gain h.
  public struct Mixing: Sendable {
    public var memory: Double
    public var gain: Double

    /// - Parameter damping: part of the old B that stays, 0 ..< 1.
    /// - Parameter reinforcement: rho of the self-term rho B, whose fixed point B = h / (1 - rho) is that of
    ///   y = 1 / (1 - rho) replicas at infinite attraction.
    public init(damping: Double = 0, reinforcement: Double = 0) {
      memory = damping + (1 - damping) * reinforcement
      gain = 1 - damping
    }
  }

  public let inputs: TapPatterns<S>
  public let prior: Prior
  public let channel: Channel
  /// Means m of the weights.
  public let means: Buffer<S>
  /// Fields B of the weights.
  public let fields: Buffer<S>
  /// External fields on the weights.
  public var external: Buffer<S>?
  /// Largest change of a mean in the last step.
  public private(set) var residual = Double.infinity
  /// |g' - g| / |g'| of the last step.
  public private(set) var messageChange = Double.infinity
  /// Patterns that the means violated before the last step; 0 is the moment to try the signs.
  public private(set) var violated: Int
  /// sum m_i^2 / N.
  public private(set) var selfOverlap = 0.0
  /// V, the variance of a pattern's field.
  public private(set) var variance = 0.0
  /// A, the precision that the patterns give to a weight.
  public private(set) var precision = 0.0

  /// What z must exceed, or be in the regression.
  public let target: Double
  /// Variance of the noise of z. Weights and inputs +-1 make z a whole number of known parity, so that noise uniform in
  /// +-1 (variance 1/3) around the even or odd number below the least allowed z changes no constraint. It keeps the
  /// messages bounded when V falls below the distance of two values of z, without which they jump about near a
  /// solution.
  public let noise: Double
  /// g, one per pattern.
  public let messages: Buffer<S>
  private let products: Buffer<S>
  private let sums: Buffer<S>

  /// - Parameter margin: kappa of the constraint.
  /// - Parameter noise: variance of the noise that the caller assumes in z / sqrt N.
  public init(
    _ inputs: TapPatterns<S>, margin: Double = 0, prior: Prior = .binary, channel: Channel = .sign, noise: Double = 0
  ) throws(Failure) {
    self.inputs = inputs
    self.prior = prior
    self.channel = channel
    let (n, p) = (inputs.weights, inputs.patterns)
    let root = Double(n).squareRoot()
    if channel == .sign, inputs.areSigns, case .binary = prior {
      target = Double(PatternGraph.leastField(margin: margin, weights: n) - 1)
      self.noise = noise * Double(n) + 1.0 / 3
    } else {
      target = (channel == .sign ? margin : 1) * root
      self.noise = noise * Double(n)
    }
    violated = p
    means = try Buffer(n)
    fields = try Buffer(n)
    messages = try Buffer(p)
    products = try Buffer(p)
    sums = try Buffer(n)
    reset()
  }

  public var weights: Int { inputs.weights }
  public var patterns: Int { inputs.patterns }

  /// Forgets the messages: weights are as before the patterns, but for fields uniform in +-`amplitude`.
  public func reset(amplitude: Double = 0, random: RandomStream? = nil) {
    S.fill(patterns, 0, messages.pointer)
    S.fill(weights, 0, fields.pointer)
    if var random, amplitude > 0 { random.uniform(weights, S(-amplitude), S(amplitude), into: fields.pointer) }
    precision = 0
    updateWeights(memory: 1, gain: 0)
    residual = .infinity
    messageChange = .infinity
    violated = patterns
  }

  /// One iteration over all patterns and all weights.
  @specialized(where S == Float) @specialized(where S == Double)
  public func step(_ mixing: Mixing = Mixing()) {
    inputs.fields(means.constant, products.pointer)
    let out = S.tapPatterns(
      channel, patterns, variance: max(variance, 1e-10), inputs.rowScale?.constant, noise: noise, target: target,
      products.constant, messages.pointer)
    precision = out.precision
    violated = Int(out.below)
    messageChange = out.square > 0 ? (out.change / out.square).squareRoot() : 0
    inputs.adjoint(messages.constant, sums.pointer)
    updateWeights(memory: mixing.memory, gain: mixing.gain)
  }

  /// B, m and V from the sums X' g and the precision A.
  private func updateWeights(memory: Double, gain: Double) {
    let (n, scale) = (weights, inputs.columnScale?.constant)
    let out =
      switch prior {
      case .binary:
        S.tapBinary(
          n, precision: precision, scale, external?.constant, memory: memory, gain: gain, sums.constant,
          fields.pointer, means.pointer)
      case .gaussian(let width):
        S.tapGaussian(
          n, precision: precision, scale, external?.constant, memory: memory, gain: gain, lambda: 1 / width,
          sums.constant, fields.pointer, means.pointer)
      }
    residual = out.change
    selfOverlap = out.square / Double(n)
    variance = out.spread
  }

  /// Writes the signs of the fields to `x` and returns how many patterns they violate.
  public func errorsOfSigns(_ x: UnsafeMutablePointer<S>) -> Int {
    S.tapSigns(weights, fields.constant, x)
    inputs.fields(x, products.pointer)
    return S.tapBelow(patterns, products.constant, target)
  }
}

extension PatternGraph {
  /// The least field label x.w of weights and inputs +-1 that satisfies label x.w / sqrt N >= margin, and is positive
  /// where the margin is not negative. It has the parity of N.
  public static func leastField(margin: Double, weights n: Int) -> Int {
    leastField(margin: margin, weights: n, parity: n)
  }

  /// The same where some inputs are 0: it has the parity of the number of the others.
  static func leastField(margin: Double, weights n: Int, parity: Int) -> Int {
    let limit = Double(n) + 2
    let wanted = max(-limit, min(limit, margin * Double(n).squareRoot()))
    let least = max(Int(saturating: wanted.rounded(.up)), margin >= 0 ? 1 : -n)
    return (least + parity) % 2 == 0 ? least : least + 1
  }
}
