import CSwaleKernels
import SwaleCore

/// Single-spin flips of devices whose inputs are numbers (Gaussian patterns, pixels, entries 0), in double whatever the
/// objective computes in. Turning spin i of unit k changes its fields by -2 w_ki xi_i, so that a proposal looks at one
/// column of the inputs and the fields of all patterns: O(P K). Fields are sums that every flip adds to; after N flips
/// they are made anew, so that rounding cannot pile up.
///
/// A field of exactly 0 is no vote, as in the values: sign(0) = 0. Outputs are summed over the units each time, because
/// they can be exactly 0 (ReLU units none of which answers), which a sum of changes would miss by a rounding.
final class NumberFlips {
  private let graph: PatternGraph
  /// Inputs by feature, inputWidth x P.
  private let columns: Buffer<Double>
  private let labels: Buffer<Double>
  private let spins: Buffer<Double>
  /// K x P.
  private let fields: Buffer<Double>
  /// z of the patterns, as in `PatternObjective`: now, and with the proposed flip.
  private let outputs: Buffer<Double>
  private let proposed: Buffer<Double>
  /// Fields of the unit of the proposed flip.
  private let unitFields: Buffer<Double>
  private let unit: Buffer<Double>
  /// Of losses with a formula; nil counts violated patterns.
  private let kernel: LossKernel<Double>?
  private let share: Double
  private var energy = Double.nan
  private var age = 0

  /// - Parameter rows: all patterns, as numbers.
  init<S: Scalar>(
    _ objective: PatternObjective, _ rows: PatternRows<S>, _ kernel: LossKernel<Double>?, share: Double
  ) throws(Failure) {
    guard let numbers = rows.numbers else { throw Failure(.internalError, "flips over numbers need numbers") }
    self.kernel = kernel
    self.share = share
    graph = objective.graph
    let (count, width) = (graph.patterns, graph.inputWidth)
    columns = try Buffer(try checkedProduct([width, count], "the inputs by feature"), zeroed: false)
    let row = try Buffer<Double>(width, zeroed: false)
    for p in 0..<count {
      S.toDouble(width, numbers + p * width, row.pointer)
      for j in 0..<width { columns.pointer[j * count + p] = row.pointer[j] }
    }
    labels = try Buffer(count, zeroed: false)
    for p in 0..<count { labels.pointer[p] = Double(graph.labels.pointer[p]) }
    spins = try Buffer(graph.dimension, zeroed: false)
    fields = try Buffer(try checkedProduct([graph.hidden, count], "the fields of the patterns"), zeroed: false)
    outputs = try Buffer(count, zeroed: false)
    proposed = try Buffer(count, zeroed: false)
    unitFields = try Buffer(count, zeroed: false)
    unit = try Buffer(count, zeroed: false)
  }

  /// Takes the signs of x as spins. Returns their energy, the share of each pattern included.
  func place<S: Scalar>(_ x: UnsafePointer<S>) -> Double {
    S.toDouble(graph.dimension, x, spins.pointer)
    for i in 0..<graph.dimension { spins.pointer[i] = spins.pointer[i] < 0 ? -1 : 1 }
    rebuild()
    return energy * share
  }

  /// Energies afresh, after a change of the loss.
  func refresh() { if !energy.isNaN { energy = cost(outputs.constant) } }

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
    let k = propose(i)
    spins.pointer[i] = -spins.pointer[i]
    (fields.pointer + k * graph.patterns).update(from: unitFields.constant, count: graph.patterns)
    outputs.pointer.update(from: proposed.constant, count: graph.patterns)
    energy = cost(outputs.constant)
  }

  /// Fields of the unit and outputs of all patterns as they would be with spin i turned. Returns the unit.
  @discardableResult
  private func propose(_ i: Int) -> Int {
    let count = graph.patterns
    let (k, j) = i.quotientAndRemainder(dividingBy: graph.fanIn)
    unitFields.pointer.update(from: fields.constant + k * count, count: count)
    let column = columns.constant + (graph.tree ? i : j) * count
    Double.axpy(count, -2 * spins.pointer[i], column, unitFields.pointer)
    combine(k, into: proposed.pointer)
    return k
  }

  /// Outputs of all patterns by the arithmetic of the values (`PatternPass`), with the fields of one unit in
  /// `unitFields` (-1: of none).
  private func combine(_ moved: Int, into z: UnsafeMutablePointer<Double>) {
    let (count, units) = (graph.patterns, graph.hidden)
    let scale = 1 / Double(graph.fanIn).squareRoot()
    let parity = graph.output == .parity
    Double.fill(count, parity ? 1 : 0, z)
    for k in 0..<units {
      let field = k == moved ? unitFields.constant : fields.constant + k * count
      if parity {
        Double.biasActivate(Int32(SWK_SIGN), 0, 1, count, nil, field, unit.pointer, nil, nil)
        Double.multiply(count, z, unit.constant, z)
      } else if graph.isPerceptron {
        Double.axpy(count, scale, field, z)
      } else {
        Double.fill(count, 0, unit.pointer)
        Double.axpy(count, scale, field, unit.pointer)
        Double.biasActivate(activation, 0, 1, count, nil, unit.constant, unit.pointer, nil, nil)
        Double.axpy(count, Double(graph.outputSign(k)) / Double(units).squareRoot(), unit.constant, z)
      }
    }
  }

  private var activation: Int32 {
    switch graph.unit {
    case .sign: Int32(SWK_SIGN)
    case .relu: Int32(SWK_RELU)
    case .quadratic: Int32(SWK_SQUARE)
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
      Double.axpy(count, spin, column, field)
    }
    combine(-1, into: outputs.pointer)
    energy = cost(outputs.constant)
  }

  /// Sum of the energies of the patterns with these outputs.
  private func cost(_ z: UnsafePointer<Double>) -> Double {
    let (count, y) = (graph.patterns, labels.constant)
    guard let kernel else {
      let margin = graph.margin
      var right = 0
      if margin == 0 {
        for p in 0..<count { right &+= y[p] * z[p] > 0 ? 1 : 0 }
      } else {
        for p in 0..<count { right &+= y[p] * z[p] >= margin ? 1 : 0 }
      }
      return Double(count - right)
    }
    var (sum, wrong) = (0.0, Int64(0))
    kernel.evaluate(count, z, TargetRows(real: y, width: 1), saved: nil, gradient: nil, &sum, &wrong)
    return sum
  }
}
