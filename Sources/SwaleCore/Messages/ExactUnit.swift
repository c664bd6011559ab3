import Glibc

/// A sign unit whose field is summed over all its values, by convolution, instead of taken as normal. With J the number of
/// weights that agree with their inputs times an orientation, orientation * h = 2 J - n.
final class ExactUnit {
  private let n: Int
  private let perceptron: Bool
  /// Least label * field of a perceptron.
  private let least: Int
  private let agreeing: EventCounts
  private let with: Buffer<Double>
  private let without: Buffer<Double>
  private var orientation = 1.0

  init(_ graph: PatternGraph, margin: Double) throws(Failure) {
    n = graph.fanIn
    perceptron = graph.hidden == 1
    least = PatternGraph.leastField(margin: margin, weights: n)
    agreeing = try EventCounts(n, "the distributions of a field of \(n) weights")
    with = try Buffer(n)
    without = try Buffer(n)
  }

  /// The number of agreeing weights from which orientation * h is large enough, or positive. A field of 0 is not.
  private var wanted: Int {
    if perceptron { return (n + least) / 2 }
    return orientation > 0 ? n / 2 + 1 : (n + 1) / 2
  }

  /// Takes the cavity fields total - u of the unit's weights. The tail at which the orientation points keeps its digits
  /// when it is small; perceptrons are oriented by their label.
  func load<S: Scalar>(
    _ bits: UnsafePointer<UInt64>, _ total: UnsafePointer<S>, _ u: UnsafePointer<S>, orientation: Double
  ) {
    self.orientation = orientation
    for i in 0..<n {
      let xi = bits[i >> 6] >> UInt64(i & 63) & 1 == 1 ? orientation : -orientation
      agreeing.probabilities.pointer[i] = 1 / (1 + exp(-2 * xi * Double(total[i] - u[i])))
    }
    agreeing.load()
  }

  private static func log(_ p: Double) -> Double { Glibc.log(max(p, 1e-300)) }

  /// ln P(orientation * h is large enough).
  var logSatisfied: Double { Self.log(agreeing.tail(wanted)) }

  /// atanh(P(h > 0) - P(h < 0)).
  var upward: Double {
    let p = agreeing.tail(wanted)
    return orientation * 0.5 * (Self.log(p) - Self.log(1 - p))
  }

  /// sent_i = xi_i times the message to weight i, given |field| from the output, which points along the orientation.
  func send(field: Double, _ sent: UnsafeMutablePointer<Double>) {
    agreeing.tails(wanted - 1, with.pointer)
    agreeing.tails(wanted, without.pointer)
    let against = exp(-2 * field)
    for i in 0..<n {
      let (p, q) = (with.pointer[i], without.pointer[i])
      let agrees = Self.log(p + against * (1 - p))
      let disagrees = Self.log(q + against * (1 - q))
      sent[i] = orientation * 0.5 * (agrees - disagrees)
    }
  }
}
