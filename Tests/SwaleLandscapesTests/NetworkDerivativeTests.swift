import Swale
import XCTest

/// Value, gradient, Hessian, Gauss-Newton, JVP, VJP and per-sample gradients of the network objective against
/// hyper-dual numbers: every activation x loss x depth, every remainder of the SIMD width.
final class NetworkDerivativeTests: XCTestCase {
  /// Rounding of sums of a few thousand terms of order one.
  let tolerance = 1e-9

  struct Problem {
    let reference: ReferenceNetwork
    let objective: NetworkObjective
    let inputs: [[Double]]
    let labels: [Int]
    let real: [[Double]]
    let x: [Double]
  }

  func makeProblem(
    widths: [Int], activation: String, loss: String, samples: Int, gamma: Double = 1, precision: Precision = .f64
  ) throws -> Problem {
    let depth = widths.count - 1
    let activations = (0..<depth).map { $0 == depth - 1 ? "linear" : activation }
    let outputs = widths[depth]
    let inputs = (0..<samples).map { n in (0..<widths[0]).map { wave(31 * n + $0, 0.3) } }
    let signs = outputs == 1 && loss != "mse"
    let labels = (0..<samples).map { ($0 * 7 + 3) % max(outputs, 2) }
    let real: [[Double]]
    if signs {
      real = (0..<samples).map { [wave($0, 2) > 0 ? 1 : -1] }
    } else if loss == "mse" {
      real = (0..<samples).map { n in (0..<outputs).map { wave(n * outputs + $0, 1.1) } }
    } else {
      real = []
    }
    let flat = try Buffer(inputs.flatMap { $0 })
    let targets: Targets
    if real.isEmpty {
      targets = .labels(try Buffer(labels.map(Int32.init)), classes: outputs)
    } else {
      targets = .real(SampleStorage(try Buffer(real.flatMap { $0 })), width: outputs)
    }
    let data = Dataset(name: "test", count: samples, shape: [widths[0]], inputs: SampleStorage(flat), targets: targets)
    let builder = try ModelBuilder(inputShape: [widths[0]])
    for l in 0..<depth { try builder.add(Dense(widths[l + 1], activations[l])) }
    var options = Options()
    if loss == "cross_entropy" { options["gamma"] = .real(gamma) }
    let made = try Registry.shared.make(.loss, loss, options, as: (any Loss).self)
    let objective = try NetworkObjective(model: builder.finish(), data: data, loss: made, precision: precision)
    let reference = ReferenceNetwork(widths: widths, activations: activations, loss: loss, gamma: gamma)
    let x = (0..<reference.dimension).map { 0.6 * wave($0) }
    XCTAssertEqual(objective.dimension, reference.dimension)
    return Problem(reference: reference, objective: objective, inputs: inputs, labels: labels, real: real, x: x)
  }

  func check(_ p: Problem, _ tolerance: Double, _ label: String) throws {
    let d = p.reference.dimension
    let evaluator = try p.objective.makeEvaluator()
    let truth = { (u: [Double]?, v: [Double]?) in p.reference.mean(p.x, u, v, p.inputs, p.labels, p.real) }
    func unit(_ i: Int) -> [Double] { (0..<d).map { $0 == i ? 1 : 0 } }
    func close(_ got: Double, _ want: Double, _ what: String) {
      XCTAssertEqual(got, want, accuracy: tolerance * (1 + abs(want)), "\(label): \(what)")
    }

    var g = [Double](repeating: .nan, count: d)
    close(try evaluator.value(p.x, gradient: &g), truth(nil, nil).a, "value")
    // Three directions as one block.
    let k = 3
    let v = (0..<k * d).map { wave($0, 0.7) }
    var hv = [Double](repeating: .nan, count: k * d)
    try evaluator.product(.hessian, p.x, v, k, &hv)
    // A stride through the coordinates keeps the number of reference evaluations bounded; it is coprime with every
    // layer width used, so that all tensors are visited.
    for i in stride(from: 0, to: d, by: max(1, d / 24)) {
      close(g[i], truth(unit(i), nil).b, "gradient \(i)")
      for j in 0..<k { close(hv[j * d + i], truth(unit(i), Array(v[(j * d)..<((j + 1) * d)])).d, "H v_\(j) [\(i)]") }
    }
    // v'Hw = w'Hv over the whole vector.
    let (v0, v1) = (Array(v[0..<d]), Array(v[d..<(2 * d)]))
    let left = zip(v1, hv[0..<d]).reduce(0) { $0 + $1.0 * $1.1 }
    let right = zip(v0, hv[d..<(2 * d)]).reduce(0) { $0 + $1.0 * $1.1 }
    close(left, right, "symmetry")
    try checkJacobian(p, evaluator, v, hv, tolerance, label)
  }

  func checkJacobian(
    _ p: Problem, _ evaluator: any Evaluator, _ v: [Double], _ hv: [Double], _ tolerance: Double, _ label: String
  ) throws {
    let d = p.reference.dimension
    let (n, c) = (p.inputs.count, p.objective.outputCount)
    func close(_ got: Double, _ want: Double, _ what: String) {
      XCTAssertEqual(got, want, accuracy: tolerance * (1 + abs(want)), "\(label): \(what)")
    }
    var z = [Double](repeating: .nan, count: n * c)
    try evaluator.outputs(p.x, &z)
    var dz = z
    try evaluator.jacobian(transposed: false, p.x, v, 1, &dz)
    let along = p.x.indices.map { HyperDual(p.x[$0], v[$0]) }
    var cotangent = [Double](repeating: 0, count: n * c)
    for i in 0..<n {
      let outputs = p.reference.outputs(along, p.inputs[i])
      for o in 0..<c {
        close(z[i * c + o], outputs[o].a, "output")
        close(dz[i * c + o], outputs[o].b, "jvp")
        // d2 loss / d output2 times dz, by hyper-duals of the loss alone: the Gauss-Newton cotangent.
        let shifted = outputs.enumerated().map { HyperDual($1.a, $1.b, $0 == o ? 1 : 0) }
        cotangent[i * c + o] =
          p.reference.sampleLoss(shifted, label: p.labels[i], real: p.real.isEmpty ? [] : p.real[i]).d / Double(n)
      }
    }
    var gv = [Double](repeating: .nan, count: d)
    try evaluator.product(.gaussNewton, p.x, v, 1, &gv)
    var jtu = gv
    try evaluator.jacobian(transposed: true, p.x, cotangent, 1, &jtu)
    for i in 0..<d { close(gv[i], jtu[i], "G v = J' (l'' J v)") }
    // <u, J v> = <J' u, v>
    let inner = zip(cotangent, dz).reduce(0) { $0 + $1.0 * $1.1 }
    close(zip(jtu, v).reduce(0) { $0 + $1.0 * $1.1 }, inner, "adjoint")
    // Per-sample gradients average to the gradient, and a single one is right.
    var rows = [Double](repeating: .nan, count: n * d)
    try evaluator.sampleGradients(p.x, first: 0, count: n, &rows)
    var g = [Double](repeating: .nan, count: d)
    _ = try evaluator.value(p.x, gradient: &g)
    for i in stride(from: 0, to: d, by: max(1, d / 40)) {
      close((0..<n).reduce(0) { $0 + rows[$1 * d + i] } / Double(n), g[i], "mean of per-sample gradients")
    }
    let last = n - 1
    let sample = p.reference.mean(
      p.x, v, nil, [p.inputs[last]], [p.labels[last]], p.real.isEmpty ? [] : [p.real[last]]
    ).b
    close(zip(rows[(last * d)...], v).reduce(0) { $0 + $1.0 * $1.1 }, sample, "per-sample gradient along v")
  }

  func testEveryActivationLossAndDepth() throws {
    let kinds = ActivationKind.names.filter { $0 != "sign" }
    for activation in kinds {
      for depth in 0...4 {
        let hidden = Array([5, 4, 6, 3].prefix(depth))
        for (loss, outputs) in [
          ("cross_entropy", 3), ("cross_entropy", 1), ("mse", 2), ("logistic", 1), ("hinge", 1),
        ] {
          let problem = try makeProblem(
            widths: [4] + hidden + [outputs], activation: activation, loss: loss, samples: 7)
          try check(problem, tolerance, "\(activation) x \(loss)(\(outputs)) x depth \(depth)")
        }
      }
    }
  }

  func testEveryRemainderOfTheVectorWidth() throws {
    for width in 1...33 {
      let problem = try makeProblem(
        widths: [width, 34 - width, 3], activation: "tanh", loss: "cross_entropy", samples: width)
      try check(problem, tolerance, "width \(width)")
    }
  }

  func testInverseTemperature() throws {
    for gamma in [0.25, 4.0] {
      for outputs in [1, 3] {
        let problem = try makeProblem(
          widths: [3, 4, outputs], activation: "softplus", loss: "cross_entropy", samples: 6, gamma: gamma)
        try check(problem, tolerance, "gamma \(gamma), \(outputs) outputs")
      }
    }
  }

  /// f32 against f64 on the same problem: rounding of 24-bit numbers through a few layers, 1e-4 of the largest entry.
  func testSinglePrecisionAgreesWithDouble() throws {
    for activation in ActivationKind.names where activation != "sign" {
      let wide = try makeProblem(widths: [9, 17, 11, 3], activation: activation, loss: "cross_entropy", samples: 33)
      let single = try makeProblem(
        widths: [9, 17, 11, 3], activation: activation, loss: "cross_entropy", samples: 33, precision: .f32)
      let d = wide.objective.dimension
      let v = (0..<2 * d).map { wave($0, 0.9) }
      var results: [[Double]] = []
      for p in [wide, single] {
        let evaluator = try p.objective.makeEvaluator()
        var g = [Double](repeating: 0, count: d)
        let f = try evaluator.value(p.x, gradient: &g)
        var hv = [Double](repeating: 0, count: 2 * d)
        try evaluator.product(.hessian, p.x, v, 2, &hv)
        var gv = hv
        try evaluator.product(.gaussNewton, p.x, v, 2, &gv)
        results.append([f] + g + hv + gv)
      }
      let scale = results[0].map(abs).max() ?? 1
      for (a, b) in zip(results[0], results[1]) { XCTAssertEqual(a, b, accuracy: 1e-4 * scale, activation) }
    }
  }

  /// For piecewise-linear activations the second derivatives of the outputs vanish on the diagonal: tr H = tr G.
  func testTraceOfHessianEqualsGaussNewtonForRelu() throws {
    let p = try makeProblem(widths: [5, 7, 6, 4], activation: "relu", loss: "cross_entropy", samples: 23)
    let d = p.objective.dimension
    let evaluator = try p.objective.makeEvaluator()
    var identity = [Double](repeating: 0, count: d * d)
    for i in 0..<d { identity[i * d + i] = 1 }
    var h = identity
    var g = identity
    try evaluator.product(.hessian, p.x, identity, d, &h)
    try evaluator.product(.gaussNewton, p.x, identity, d, &g)
    let traces = [h, g].map { m in (0..<d).reduce(0) { $0 + m[$1 * d + $1] } }
    XCTAssertEqual(traces[0], traces[1], accuracy: 1e-12 * abs(traces[0]))
    for i in 0..<d { for j in 0..<i { XCTAssertEqual(h[i * d + j], h[j * d + i], accuracy: 1e-13) } }
  }

  func testSameBitsForAnyNumberOfThreads() throws {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    // Large enough that products and elementwise loops are split.
    let p = try makeProblem(
      widths: [200, 300, 10], activation: "tanh", loss: "cross_entropy", samples: 700, precision: .f32)
    let d = p.objective.dimension
    let v = (0..<2 * d).map { wave($0) }
    var all: [[UInt64]] = []
    for threads in [1, 2, 4] {
      Parallel.threads = threads
      let evaluator = try p.objective.makeEvaluator()
      var g = [Double](repeating: 0, count: d)
      let f = try evaluator.value(p.x, gradient: &g)
      var hv = [Double](repeating: 0, count: 2 * d)
      try evaluator.product(.hessian, p.x, v, 2, &hv)
      all.append(([f] + g + hv).map(\.bitPattern))
    }
    XCTAssertEqual(all[0], all[1])
    XCTAssertEqual(all[0], all[2])
  }
}
