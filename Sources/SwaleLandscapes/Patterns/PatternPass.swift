import CSwaleKernels
import SwaleCore

/// Forward and backward passes of a device with numbers as weights: fields of the units over some patterns, outputs,
/// and their derivatives.
final class PatternPass<S: Scalar> {
  private let objective: PatternObjective
  private let graph: PatternGraph
  private let layout: SignBits?
  /// Capacity in patterns of the buffers below.
  private var room = 0
  /// K x patterns.
  private(set) var fields: Buffer<S>
  /// First and second derivatives of the outputs by the fields, K x patterns, of committees.
  private var slopes: Buffer<S>
  private var bends: Buffer<S>
  private var unit: Buffer<S>
  private(set) var outputs: Buffer<S>

  init(_ objective: PatternObjective, _ layout: SignBits?) throws(Failure) {
    self.objective = objective
    self.layout = layout
    graph = objective.graph
    fields = try Buffer(0)
    slopes = try Buffer(0)
    bends = try Buffer(0)
    unit = try Buffer(0)
    outputs = try Buffer(0)
  }

  func reserve(_ patterns: Int) throws(Failure) {
    if patterns <= room { return }
    let count = try checkedProduct([graph.hidden, patterns], "the fields of the patterns")
    fields = try Buffer(count, zeroed: false)
    if !graph.isPerceptron {
      slopes = try Buffer(count, zeroed: false)
      if graph.weights != .binary { bends = try Buffer(count, zeroed: false) }
    }
    unit = try Buffer(patterns, zeroed: false)
    outputs = try Buffer(patterns, zeroed: false)
    room = patterns
  }

  /// Pieces of a product with bits: the sizes alone decide, never the number of threads.
  private func pieces(_ rows: Int, _ width: Int) -> Int {
    // Signs are about three times as fast as the multiplications that `worthwhile` counts.
    max(1, min(rows / 64, Int(saturating: Double(rows) * Double(width) / 3 / Parallel.worthwhile)))
  }

  private func product(
    _ rows: Int, _ width: Int, _ bits: UnsafePointer<UInt64>, _ stride: Int, _ x: UnsafePointer<S>,
    _ y: UnsafeMutablePointer<S>
  ) {
    let pieces = pieces(rows, width)
    func run(_ piece: Int) {
      let range = Parallel.range(piece, of: pieces, count: rows, grain: 16)
      S.signRows(range.count, width, bits + range.lowerBound * stride, stride, x, y + range.lowerBound)
    }
    if Parallel.threads == 1 {
      for piece in 0..<pieces { run(piece) }
    } else {
      Parallel.run(pieces, run)
    }
  }

  /// Fields h_k = sum_i w_ki x_i of all units for weights w (K x n).
  func computeFields(_ rows: PatternRows<S>, _ w: UnsafePointer<S>) throws(Failure) {
    let (units, n, count) = (graph.hidden, graph.fanIn, rows.count)
    try Interruption.check(work: Double(units) * Double(n) * Double(count))
    if let layout, let bits = rows.bits {
      for k in 0..<units {
        product(
          count, n, bits + (graph.tree ? k * layout.wordsPerSegment : 0), layout.stride, w + k * n,
          fields.pointer + k * count)
      }
    } else if let x = rows.numbers {
      if graph.tree {
        for k in 0..<units {
          S.gemv(false, count, n, 1, x + k * n, graph.inputWidth, w + k * n, 0, fields.pointer + k * count)
        }
      } else if units == 1 {
        S.gemv(false, count, n, 1, x, n, w, 0, fields.pointer)
      } else {
        S.gemm(false, true, units, count, n, 1, w, n, x, n, 0, fields.pointer, count)
      }
    }
  }

  /// Outputs z from the fields, written to `outputs`.
  /// - Parameters:
  ///   - soft: tanh(beta h / sqrt n) for sign units of committees.
  ///   - derivatives: 1 keeps dz/dh_k of committees for `adjoint`, 2 also d2z/dh_k2 for `tangentAdjoint`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func computeOutputs(_ count: Int, bias: S, soft beta: Double?, derivatives: Int = 0) {
    let (units, n) = (graph.hidden, Double(graph.fanIn))
    let z = outputs.pointer
    if graph.output == .parity {
      S.fill(count, 1, z)
      for k in 0..<units {
        S.biasActivate(Int32(SWK_SIGN), 0, 1, count, nil, fields.constant + k * count, unit.pointer, nil, nil)
        S.multiply(count, z, unit.constant, z)
      }
      return
    }
    if graph.isPerceptron {
      S.fill(count, bias, z)
      S.axpy(count, S(1 / n.squareRoot()), fields.constant, z)
      return
    }
    let (kind, sharpness) = activation(beta)
    S.fill(count, 0, z)
    for k in 0..<units {
      let weight = Double(graph.outputSign(k)) / Double(units).squareRoot()
      S.fill(count, 0, unit.pointer)
      S.axpy(count, S(sharpness / n.squareRoot()), fields.constant + k * count, unit.pointer)
      let slope = derivatives > 0 ? slopes.pointer + k * count : nil
      let bend = derivatives > 1 ? bends.pointer + k * count : nil
      S.biasActivate(kind, 0, 1, count, nil, unit.constant, unit.pointer, slope, bend)
      S.axpy(count, S(weight), unit.constant, z)
      if let slope { S.scale(count, S(weight * sharpness / n.squareRoot()), slope) }
      if let bend { S.scale(count, S(weight * sharpness * sharpness / n), bend) }
    }
  }

  /// Changes of the outputs for the changes of the fields in `fields`, written to `outputs`.
  func computeTangent(_ count: Int, bias: S) {
    if graph.isPerceptron { return computeOutputs(count, bias: bias, soft: nil) }
    S.fill(count, 0, outputs.pointer)
    for k in 0..<graph.hidden {
      S.multiplyAdd(count, slopes.constant + k * count, fields.constant + k * count, outputs.pointer)
    }
  }

  /// Kernel of the units, and what h / sqrt n is multiplied with before.
  private func activation(_ beta: Double?) -> (Int32, Double) {
    switch graph.unit {
    case .relu: (Int32(SWK_RELU), 1)
    case .quadratic: (Int32(SWK_SQUARE), 1)
    case .sign: beta.map { (Int32(SWK_TANH), $0) } ?? (Int32(SWK_SIGN), 1)
    }
  }

  /// g (K x n) = sum_p (d f / d z_p) (d z_p / d w), for derivatives `d` of the outputs of these rows. Overwrites the
  /// fields of committees.
  func adjoint(_ rows: PatternRows<S>, _ d: UnsafePointer<S>, _ g: UnsafeMutablePointer<S>) throws(Failure) {
    let count = rows.count
    if !graph.isPerceptron {
      for k in 0..<graph.hidden {
        S.multiply(count, d, slopes.constant + k * count, fields.pointer + k * count)
      }
    }
    try sumOverPatterns(rows, d, g)
  }

  /// The change of `adjoint` in the direction whose changes of the fields are in `fields`: `change` of the derivatives
  /// of the outputs, which are `d`. Overwrites the fields of committees.
  func tangentAdjoint(
    _ rows: PatternRows<S>, _ change: UnsafePointer<S>, _ d: UnsafePointer<S>, _ g: UnsafeMutablePointer<S>
  ) throws(Failure) {
    let count = rows.count
    if !graph.isPerceptron {
      for k in 0..<graph.hidden {
        let field = fields.pointer + k * count
        S.multiply(count, field, bends.constant + k * count, field)
        S.productSum(count, field, d, slopes.constant + k * count, change, field)
      }
    }
    try sumOverPatterns(rows, change, g)
  }

  /// g_k = sum_p x_(k)p a_kp with a in `fields`; for a perceptron a = d / sqrt N.
  private func sumOverPatterns(
    _ rows: PatternRows<S>, _ d: UnsafePointer<S>, _ g: UnsafeMutablePointer<S>
  ) throws(Failure) {
    let (units, n, count) = (graph.hidden, graph.fanIn, rows.count)
    if graph.isPerceptron {
      try transposedProduct(rows, 0, d, g)
      S.scale(n, S(1 / Double(n).squareRoot()), g)
      return
    }
    if let x = rows.numbers, !graph.tree {
      S.gemm(false, false, units, n, count, 1, fields.constant, count, x, n, 0, g, n)
      return
    }
    for k in 0..<units { try transposedProduct(rows, k, fields.constant + k * count, g + k * n) }
  }

  /// y_i = sum_p x_pi d_p over the inputs of unit k.
  private func transposedProduct(
    _ rows: PatternRows<S>, _ k: Int, _ d: UnsafePointer<S>, _ y: UnsafeMutablePointer<S>
  ) throws(Failure) {
    let n = graph.fanIn
    if let x = rows.numbers {
      S.gemv(true, rows.count, n, 1, x + (graph.tree ? k * n : 0), graph.inputWidth, d, 0, y)
    } else if let layout, let bits = rows.bits {
      if rows.complete {
        let columns = try objective.columns(of: layout)
        product(n, rows.count, columns.words(graph.tree ? k * n : 0), columns.stride, d, y)
      } else {
        S.signColumns(
          rows.count, n, bits + (graph.tree ? k * layout.wordsPerSegment : 0), layout.stride, d, 0, y)
      }
    }
  }
}
