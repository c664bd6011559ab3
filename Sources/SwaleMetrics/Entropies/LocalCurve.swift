import Glibc
import SwaleCore

/// Entropy of the solutions at a distance from a reference w~, by belief propagation with external fields g w~_i: at
/// the fixed point the solutions lie at d = (1 - sum_i w~_i m_i / N) / 2, and their entropy per weight is the local
/// entropy S(d) (Legendre transform; g = S'(d) / 2). Points follow one another from the messages of the last one.
final class LocalCurve<S: Scalar> {
  struct Point {
    var field: Double
    var distance = Double.nan
    var entropy = Double.nan
    var found = Relaxation()
    var converged = false
    /// No solution exists there.
    var empty = false
    /// Converged at first, but `markTurns` found that its distance does not fall as the field grows.
    var turned = false
  }

  private let messages: MessagePassing<S>
  private let limits: MessageLimits
  private let job: Job<S>
  private let reference: Buffer<S>
  /// Patterns contradict each other: no solution exists anywhere.
  private let hopeless: Bool

  /// - Parameter reference: its signs count, 0 as +1.
  init(_ messages: MessagePassing<S>, _ limits: MessageLimits, _ job: Job<S>, around reference: UnsafePointer<S>)
    throws(Failure)
  {
    self.messages = messages
    self.limits = limits
    self.job = job
    hopeless = try messages.graph.conflict(margin: messages.settings.margin) != nil
    self.reference = try Buffer(messages.weights, zeroed: false)
    for i in 0..<messages.weights { self.reference.pointer[i] = reference[i] >= 0 ? 1 : -1 }
    messages.forget()
  }

  /// The point of the field g. NaN where the messages do not converge; they are forgotten then, so that one bad point
  /// does not spoil the next.
  func point(field g: Double) -> Point {
    if hopeless { return Point(field: g, empty: true) }
    let n = messages.weights
    for i in 0..<n { messages.setExternal(i, g * Double(reference.pointer[i])) }
    let rest = limits.settle(messages, job)
    var point = Point(field: g, entropy: rest.entropy, found: rest.found, converged: rest.valid, empty: rest.empty)
    if rest.valid {
      var overlap = 0.0
      for i in 0..<n { overlap += Double(reference.pointer[i]) * messages.magnetization(i) }
      point.distance = (1 - overlap / Double(n)) / 2
    } else if !job.stopping() {
      messages.forget()
    }
    return point
  }

  /// The point at the distance d: the field by the secant method in x = atanh(1 - 2 d), of which g is a smooth function
  /// (g = x without patterns), within a bracket. Its field is NaN when the messages do not converge on the way.
  func point(distance d: Double) -> Point {
    let goal = atanh(1 - 2 * d)
    var g = goal
    var (low, high) = (-Double.infinity, Double.infinity)
    var previous: (g: Double, x: Double)?
    var point = Point(field: .nan)
    for _ in 0..<40 {
      point = self.point(field: g)
      if !point.converged || abs(point.distance - d) < 1e-6 { break }
      let x = atanh(1 - 2 * point.distance)
      if x > goal { high = min(high, g) } else { low = max(low, g) }
      var next = g + goal - x
      if let before = previous, before.x != x { next = g + (goal - x) * (g - before.g) / (x - before.x) }
      if next <= low || next >= high || !next.isFinite {
        next = low.isFinite && high.isFinite ? (low + high) / 2 : g + (goal - x)
      }
      previous = (g, x)
      g = next
    }
    if point.converged, abs(point.distance - d) > 1e-4 { point.converged = false }
    if !point.converged {
      point.distance = .nan
      point.entropy = .nan
    }
    return point
  }

  /// Distances fall as the field grows: ln Z is convex in g. A fixed point that breaks this is none of the solutions'
  /// measure. It is where the messages go when solutions at that field have run out: too many weights are held for the
  /// normal approximation of a field, and distance and entropy rise again. From the field nearest 0 outwards, such
  /// points become not converged, with NaN for distance and entropy.
  /// - Parameter slack: by how much a distance may rise; the accuracy of the messages.
  static func markTurns(_ points: inout [Point], slack: Double) {
    let order = points.indices.filter { points[$0].converged }.sorted { points[$0].field < points[$1].field }
    guard let start = order.indices.min(by: { abs(points[order[$0]].field) < abs(points[order[$1]].field) }) else {
      return
    }
    for (path, sign) in [(Array(order[start...]), 1.0), (order[...start].reversed(), -1.0)] {
      var lowest = Double.infinity
      for index in path {
        let height = sign * points[index].distance
        if height <= lowest + slack {
          lowest = min(lowest, height)
        } else {
          points[index].converged = false
          points[index].turned = true
          points[index].distance = .nan
          points[index].entropy = .nan
        }
      }
    }
  }
}

/// H2(d) = -d ln d - (1 - d) ln(1 - d): the entropy of all configurations at distance d, which no local entropy
/// exceeds.
func binaryEntropy(_ d: Double) -> Double {
  if d.isNaN { return .nan }
  return d <= 0 || d >= 1 ? 0 : -d * log(d) - (1 - d) * log1p(-d)
}
