import Glibc

/// The self-field of focusing belief propagation: y replicas of every weight, tied by the field gamma to a common centre,
/// where all replicas are alike.
///
/// A replica whose field without the tie is h gets from the others, through the centre,
///
///     self(h) = atanh( tanh[(y - 1) g] tanh gamma ),   g = atanh( tanh h tanh gamma )
///
/// gamma = infinity is reinforcement, self = (y - 1) h. Sources: Baldassi et al., PNAS 113 (2016) E7655.
public struct Focus: Sendable {
  /// Number of replicas, real and at least 1.
  public var y: Double
  /// Attraction to the centre, 0 ... infinity.
  public var gamma: Double

  public init(y: Double, gamma: Double) {
    self.y = y
    self.gamma = gamma
  }

  /// atanh(tanh a tanh b) without the loss of digits of the two functions.
  private static func product(_ a: Double, _ b: Double) -> Double {
    let (p, q) = (abs(a), abs(b))
    if p.isInfinite { return a > 0 ? b : -b }
    if q.isInfinite { return b > 0 ? a : -a }
    // atanh(tanh p tanh q) = (ln cosh(p + q) - ln cosh(p - q)) / 2.
    let size = 0.5 * (logTwoCosh(p + q) - logTwoCosh(p - q))
    return (a < 0) != (b < 0) ? -size : size
  }

  public func own(_ h: Double) -> Double {
    let field = Self.product((y - 1) * Self.product(h, gamma), gamma)
    return max(-PatternFactor.limit * 100, min(PatternFactor.limit * 100, field))
  }

  /// What the site terms of the replicated system are made of, for a weight with field h.
  struct Site {
    /// Probability that the centre is +1.
    var center: Double
    /// E ln 2cosh(h + gamma w*) - gamma E w* tanh(h + gamma w*): the entropy part of one replica at fixed centre.
    var entropy: Double
    /// E w* tanh(h + gamma w*): overlap of replica and centre.
    var overlap: Double
    /// (1 / y) ln sum over w* of [2cosh(h + gamma w*)]^y.
    var free: Double
  }

  func site(_ h: Double) -> Site {
    if gamma.isInfinite {
      let center = 1 / (1 + exp(-2 * y * h))
      return Site(center: center, entropy: h * tanh(y * h), overlap: 1, free: logTwoCosh(y * h) / y)
    }
    let (plus, minus) = (logTwoCosh(h + gamma), logTwoCosh(h - gamma))
    let center = 1 / (1 + exp(y * (minus - plus)))
    let overlap = center * tanh(h + gamma) - (1 - center) * tanh(h - gamma)
    return Site(
      center: center, entropy: center * plus + (1 - center) * minus - gamma * overlap, overlap: overlap,
      free: max(plus, minus) + log1p(exp(-y * abs(plus - minus))) / y)
  }
}

/// What a state of focusing belief propagation says, per weight.
public struct FocusReadout: Sendable {
  /// Overlap w* . w / N of centre and replica; their distance is (1 - overlap) / 2.
  public var overlap = 0.0
  /// Self-overlaps: mean tanh^2 T of a replica, mean m*^2 of the centre.
  public var replica = 0.0
  public var center = 0.0
  /// Entropy of the solutions around a typical centre at this overlap.
  public var localEntropy = 0.0
  /// (1 / (y N)) ln of the replicated partition function: its derivative with respect to gamma is `overlap`.
  public var freeEntropy = 0.0
}

extension MessagePassing {
  /// Moves the self-fields towards self(h) of replicas at (y, gamma), by the fraction h / (h + self(h)): the fixed points
  /// are the same, and where the self-field is many times h, a step does not overshoot. At gamma = infinity the fraction is
  /// 1 / y and this is reinforcement, T = h + rho T with y = 1 / (1 - rho); where self(h) has reached its bound gamma, it
  /// follows more closely.
  public func focus(_ focus: Focus) {
    for i in 0..<weights {
      let old = Double(own.pointer[i])
      let rest = Double(total.pointer[i]) - old
      let wanted = focus.own(rest)
      let sum = abs(rest + wanted)
      let field = old + (sum > 0 ? abs(rest) / sum : 1 / focus.y) * (wanted - old)
      own.pointer[i] = S(field)
      total.pointer[i] = S(rest + field)
    }
  }

  /// One visit of every pattern after the self-fields have moved towards (y, gamma). Returns the residual.
  @discardableResult
  public func sweep(_ focus: Focus) -> Double {
    self.focus(focus)
    return sweep()
  }

  /// Read-out at the fixed point of the last `focus`. The local entropy is phi - gamma overlap with phi the derivative of
  /// y * freeEntropy with respect to y: of all messages only the site term depends on y by itself, so that
  ///
  ///     N phi = patterns + sum_i E_w* ln 2cosh(h_i + gamma w*),   P(w*) ~ [2cosh(h_i + gamma w*)]^y
  public func readout(_ focus: Focus) -> FocusReadout {
    var result = FocusReadout()
    let n = weights
    let patterns = patternPart()
    result.localEntropy = patterns
    result.freeEntropy = patterns
    for i in 0..<n {
      let field = Double(total.pointer[i])
      let site = focus.site(field - Double(own.pointer[i]))
      result.overlap += site.overlap
      result.localEntropy += site.entropy
      result.freeEntropy += site.free
      result.replica += tanh(field) * tanh(field)
      result.center += (2 * site.center - 1) * (2 * site.center - 1)
    }
    let scale = 1 / Double(n)
    result.overlap *= scale
    result.replica *= scale
    result.center *= scale
    result.localEntropy *= scale
    result.freeEntropy *= scale
    return result
  }
}
