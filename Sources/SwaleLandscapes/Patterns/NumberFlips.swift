import Glibc
import SwaleCore

/// Single-spin flips of devices whose inputs are numbers (Gaussian patterns, pixels, entries 0), in double whatever the
/// objective computes in. Turning spin i of unit k changes its fields by -2 w_ki xi_i, so that a proposal looks at one
/// column of the inputs and the fields of all patterns: O(P K). Fields are sums that every flip adds to; after N flips
/// they are made anew, so that rounding cannot pile up.
///
/// A field of exactly 0 is no vote, as in the values: sign(0) = 0. Outputs are summed over the units each time, because
/// they can be exactly 0 (ReLU units none of which answers), which a sum of changes would miss by a rounding.
final class NumberFlips<S: Scalar> {
  private let graph: PatternGraph
  private let objective: PatternObjective
  /// Inputs by feature, inputWidth x P.
  private let columns: Buffer<S>
  private let labels: Buffer<Double>
  private let spins: Buffer<Double>
  /// K x P.
  private let fields: Buffer<Double>
  /// Per pattern: the sum over units of c_k phi(h_k / sqrt n), the product of signs, or the field of a perceptron.
  private let totals: Buffer<Double>
  private let proposed: Buffer<Double>
  private let unitFields: Buffer<Double>
  private let outputs: Buffer<Double>
  /// Of losses with a formula; nil counts violated patterns.
  private let kernel: LossKernel<Double>?
  private let share: Double
  private var energy = Double.nan
  private var age = 0

  /// - Parameter rows: all patterns, as numbers.
  init(
    _ objective: PatternObjective, _ rows: PatternRows<S>, _ kernel: LossKernel<Double>?, share: Double
  ) throws(Failure) {
    guard let numbers = rows.numbers else { throw Failure(.internalError, "flips over numbers need numbers") }
    self.objective = objective
    self.kernel = kernel
    self.share = share
    graph = objective.graph
    let (count, width) = (graph.patterns, graph.inputWidth)
    columns = try Buffer(try checkedProduct([width, count], "the inputs by feature"), zeroed: false)
    for p in 0..<count {
      for j in 0..<width { columns.pointer[j * count + p] = numbers[p * width + j] }
    }
    labels = try Buffer(count, zeroed: false)
    for p in 0..<count { labels.pointer[p] = Double(graph.labels.pointer[p]) }
    spins = try Buffer(graph.dimension, zeroed: false)
    fields = try Buffer(try checkedProduct([graph.hidden, count], "the fields of the patterns"), zeroed: false)
    totals = try Buffer(count, zeroed: false)
    proposed = try Buffer(count, zeroed: false)
    unitFields = try Buffer(count, zeroed: false)
    outputs = try Buffer(count, zeroed: false)
  }

  /// Takes the signs of x as spins. Returns their energy, the share of each pattern included.
  func place(_ x: UnsafePointer<S>) -> Double {
    for i in 0..<graph.dimension { spins.pointer[i] = x[i] < 0 ? -1 : 1 }
    rebuild()
    return energy * share
  }

  /// Energies afresh, after a change of the loss.
  func refresh() { if !energy.isNaN { energy = cost(totals.constant) } }

  /// The loss, so that its inverse temperature can follow that of the objective.
  var gamma: Double? {
    get { kernel?.gamma }
    set { kernel?.gamma = newValue }
  }

  func change(_ i: Int) -> Double {
    guard i >= 0, i < graph.dimension, !energy.isNaN else { return .nan }
    propose(i)
    return (cost(proposed.constant) - energy) * share
  }

  func flip(_ i: Int) {
    guard i >= 0, i < graph.dimension, !energy.isNaN else { return }
    age += 1
    if age >= graph.dimension {
      spins.pointer[i] = -spins.pointer[i]
      return rebuild()
    }
    let unit = propose(i)
    spins.pointer[i] = -spins.pointer[i]
    (fields.pointer + unit * graph.patterns).update(from: unitFields.constant, count: graph.patterns)
    totals.pointer.update(from: proposed.constant, count: graph.patterns)
    energy = cost(totals.constant)
  }

  /// Fields of the unit and totals of all patterns as they would be with spin i turned. Returns the unit.
  @discardableResult
  private func propose(_ i: Int) -> Int {
    let count = graph.patterns
    let (unit, j) = i.quotientAndRemainder(dividingBy: graph.fanIn)
    let column = columns.constant + (graph.tree ? i : j) * count
    let old = fields.constant + unit * count
    let (new, out) = (unitFields.pointer, proposed.pointer)
    let step = -2 * spins.pointer[i]
    for p in 0..<count { new[p] = old[p] + step * Double(column[p]) }
    combine(unit, into: out)
    return unit
  }

  /// Totals of all patterns, with the fields of one unit in `unitFields` (-1: of none).
  private func combine(_ unit: Int, into out: UnsafeMutablePointer<Double>) {
    let count = graph.patterns
    func field(_ k: Int) -> UnsafePointer<Double> {
      k == unit ? unitFields.constant : fields.constant + k * count
    }
    if graph.output == .parity {
      Double.fill(count, 1, out)
      for k in 0..<graph.hidden {
        let h = field(k)
        for p in 0..<count { out[p] *= h[p] > 0 ? 1 : h[p] < 0 ? -1 : 0 }
      }
    } else if graph.isPerceptron {
      out.update(from: field(0), count: count)
    } else {
      Double.fill(count, 0, out)
      for k in 0..<graph.hidden {
        let (h, sign) = (field(k), Double(graph.outputSign(k)))
        for p in 0..<count { out[p] += sign * activation(h[p]) }
      }
    }
  }

  /// phi(h / sqrt n).
  @inline(__always)
  private func activation(_ h: Double) -> Double {
    switch graph.unit {
    case .sign: h > 0 ? 1 : h < 0 ? -1 : 0
    case .relu: h > 0 ? h / Double(graph.fanIn).squareRoot() : 0
    case .quadratic: h * h / Double(graph.fanIn)
    }
  }

  /// Everything from the spins.
  private func rebuild() {
    age = 0
    let (count, n) = (graph.patterns, graph.fanIn)
    Double.fill(graph.hidden * count, 0, fields.pointer)
    for i in 0..<graph.dimension {
      let column = columns.constant + (graph.tree ? i : i % n) * count
      let (field, spin) = (fields.pointer + i / n * count, spins.pointer[i])
      for p in 0..<count { field[p] += spin * Double(column[p]) }
    }
    combine(-1, into: totals.pointer)
    energy = cost(totals.constant)
  }

  /// Sum of the energies of the patterns with these totals.
  private func cost(_ totals: UnsafePointer<Double>) -> Double {
    let count = graph.patterns
    let divisor = graph.output == .parity ? 1 : Double(graph.isPerceptron ? graph.fanIn : graph.hidden).squareRoot()
    for p in 0..<count { outputs.pointer[p] = totals[p] / divisor }
    guard let kernel else {
      return Double((0..<count).count { objective.isViolated(labels.pointer[$0] * outputs.pointer[$0]) })
    }
    var (sum, wrong) = (0.0, Int64(0))
    kernel.evaluate(
      count, outputs.constant, TargetRows(real: labels.constant, width: 1), saved: nil, gradient: nil, &sum, &wrong)
    return sum
  }
}
