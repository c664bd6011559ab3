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

  /// self(h) and its derivative with respect to h.
  private func selfField(_ h: Double) -> (value: Double, slope: Double) {
    let g = (y - 1) * Self.product(h, gamma)
    return (Self.product(g, gamma), (y - 1) * Self.productSlope(h, gamma) * Self.productSlope(g, gamma))
  }

  /// d atanh(tanh a tanh b) / da.
  private static func productSlope(_ a: Double, _ b: Double) -> Double { 0.5 * (tanh(a + b) - tanh(a - b)) }

  /// The self-field of a replica with total field T: the root of s = self(T - s), found by Newton's method between bounds
  /// from a nearby value on. self rises, so that there is one root, between 0 and the smaller of T and gamma. At gamma =
  /// infinity it is (1 - 1 / y) T.
  public func own(total: Double, near start: Double) -> Double {
    if gamma.isInfinite { return (1 - 1 / y) * total }
    let size = abs(total)
    var (low, high) = (0.0, min(size, gamma))
    var s = max(low, min(high, total < 0 ? -start : start))
    for _ in 0..<60 {
      let (value, slope) = selfField(size - s)
      let rest = value - s
      if rest > 0 { low = s } else { high = s }
      var next = s + rest / (1 + slope)
      if !(next > low && next < high) { next = 0.5 * (low + high) }
      let step = abs(next - s)
      s = next
      if step <= 1e-9 * high { break }
    }
    return total < 0 ? -s : s
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
  /// Replaces the self-fields by those of replicas at (y, gamma) with the present total fields. To take self(h) of the
  /// field h without them has the same fixed points, but is unstable for y > 2: h answers to the self-field. At gamma =
  /// infinity it is reinforcement, T = h + (1 - 1 / y) T.
  public func focus(_ focus: Focus) { replaceOwn(focus.own) }

  /// One visit of every pattern with the self-fields of (y, gamma). Returns the residual.
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
