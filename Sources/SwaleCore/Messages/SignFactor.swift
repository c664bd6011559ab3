import Glibc

/// Constraint of a pattern for sign units: perceptron, committee, parity machine.
///
/// Units carry the fields U_k = atanh(P(h_k > 0) - P(h_k < 0)) up to the output and H_k down from it, with
///
///     F_k(x) = ln Z(x),  Z(x) = e^H H(-x) + e^-H H(x),  R = (e^H - e^-H) G(x) / Z(x),  R' = -R (R + x)
///
/// and H = label * infinity for a perceptron. The output is exact: H_k compares the probabilities that enough of the
/// other units agree with the label. At a margin, a perceptron's x is that of h - label * threshold, the threshold
/// halfway between the least allowed value of label * h and the next lower one. Sources: Braunstein, Zecchina, PRL 96
/// (2006) 030201; Baldassi et al., PNAS 113 (2016) E7655.
final class SignFactor: PatternFactor {
  private var leastField: Double
  /// Least number of units that agree with the label.
  private let leastVotes: Int
  private let up: Buffer<Double>
  private let down: Buffer<Double>
  private let votes: EventCounts?
  /// Probabilities that enough others agree when unit k does, and when it does not.
  private let enough: Buffer<Double>

  init(_ graph: PatternGraph, margin: Double) throws(Failure) {
    let k = graph.hidden
    leastField = Double(PatternGraph.leastField(margin: margin, weights: graph.dimension) - 1)
    leastVotes = (PatternGraph.leastField(margin: margin, weights: k) + k) / 2
    up = try Buffer(k)
    down = try Buffer(k)
    votes = k > 1 && graph.output == .sum ? try EventCounts(k, "the votes of \(k) hidden units") : nil
    enough = try Buffer(2 * k)
    try super.init(graph)
  }

  /// H_k; infinite for a perceptron.
  func field(_ k: Int) -> Double { units == 1 ? label * .infinity : down.pointer[k] }

  override func threshold(_ k: Int) -> Double { units == 1 ? label * leastField : 0 }

  /// Replaces the least field of a perceptron, for patterns of which each has its own.
  func require(_ field: Double) { leastField = field }

  override func likelihood(_ k: Int, _ mean: Double, _ variance: Double) -> Double {
    let x = (mean - threshold(k)) / max(variance, Self.leastVariance).squareRoot()
    if units == 1 { return GaussianTail.logH(-label * x) }
    let h = down.pointer[k]
    let (a, b) = (h + GaussianTail.logH(-x), -h + GaussianTail.logH(x))
    return max(a, b) + log1p(exp(-abs(a - b)))
  }

  private func standardised(_ k: Int) -> Double {
    let field = moments.pointer[k]
    return (field.mean - threshold(k)) / max(field.variance, Self.leastVariance).squareRoot()
  }

  override func update() {
    if units == 1 {
      let x = -label * standardised(0)
      slope.pointer[0] = label * GaussianTail.r(x)
      curvature.pointer[0] = -GaussianTail.rSlope(x)
      logZ = GaussianTail.logH(x)
      return
    }
    for k in 0..<units {
      let x = standardised(k)
      let field = 0.5 * (GaussianTail.logH(-x) - GaussianTail.logH(x))
      up.pointer[k] = max(-Self.limit, min(Self.limit, field))
    }
    sendDown()
    for k in 0..<units {
      let (x, h) = (standardised(k), down.pointer[k])
      let (a, b) = (h + GaussianTail.logH(-x), -h + GaussianTail.logH(x))
      let logUnit = max(a, b) + log1p(exp(-abs(a - b)))
      let density = -0.5 * x * x - GaussianTail.logRootTwoPi - logUnit
      let r = exp(h + density) - exp(-h + density)
      slope.pointer[k] = r
      curvature.pointer[k] = -r * (r + x)
    }
  }

  /// Downward fields and logZ from upward fields that were computed elsewhere.
  func update(upward: UnsafePointer<Double>) {
    for k in 0..<units { up.pointer[k] = max(-Self.limit, min(Self.limit, upward[k])) }
    sendDown()
  }

  private static func log(_ p: Double) -> Double { Glibc.log(max(p, 1e-300)) }

  private func sendDown() {
    guard let votes else { return sendParityDown() }
    for k in 0..<units { votes.probabilities.pointer[k] = 1 / (1 + exp(-2 * label * up.pointer[k])) }
    votes.load()
    logZ = Self.log(votes.tail(leastVotes))
    let (with, without) = (enough.pointer, enough.pointer + units)
    votes.tails(leastVotes - 1, with)
    votes.tails(leastVotes, without)
    for k in 0..<units {
      down.pointer[k] = label * min(Self.limit, 0.5 * (Self.log(with[k]) - Self.log(without[k])))
    }
  }

  /// tanh H_k = label * product of tanh U over the other units.
  private func sendParityDown() {
    var product = label
    for k in 0..<units { product *= tanh(up.pointer[k]) }
    logZ = Self.log(0.5 * (1 + product))
    for k in 0..<units {
      var others = label
      for l in 0..<units where l != k { others *= tanh(up.pointer[l]) }
      down.pointer[k] = max(-Self.limit, min(Self.limit, atanh(others)))
    }
  }
}
