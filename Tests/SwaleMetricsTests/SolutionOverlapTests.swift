import Glibc
import Swale
import XCTest

/// `overlaps` against brute force over all permutations, and `generalization_error` against sampling.
final class SolutionOverlapTests: XCTestCase {
  private func permutations(_ items: [Int]) -> [[Int]] {
    if items.isEmpty { return [[]] }
    return items.flatMap { first in permutations(items.filter { $0 != first }).map { [first] + $0 } }
  }

  private func overlap(_ a: [Double], _ b: [Double], _ units: [Int], _ signs: [Double], _ n: Int) -> Double {
    units.indices.reduce(0.0) { sum, k in
      sum + signs[k] * (0..<n).reduce(0.0) { $0 + a[k * n + $1] * b[units[k] * n + $1] }
    }
  }

  /// The Hungarian algorithm finds what trying every permutation finds, with every kind of unit symmetry.
  func testAgainstBruteForce() throws {
    func choices(_ hidden: Int, _ kind: String) -> [[Double]] {
      let all = (0..<(1 << hidden)).map { mask in (0..<hidden).map { mask >> $0 & 1 == 1 ? -1.0 : 1 } }
      return kind == "free" ? all : all.filter { $0.count { $0 < 0 } == 0 }
    }
    for hidden in 2...6 {
      for (unit, signs) in [(PatternGraph.Unit.sign, "none"), (.relu, "none"), (.quadratic, "free")] {
        let device = try SolutionDevice(
          hidden: hidden, fanIn: 7, patterns: 2, tree: false, unit: unit, weights: .real)
        let points = (0..<2).map { SolutionFixture.normal(device.dimension, seed: UInt64(10 * hidden + $0)) }
        let report = try SurfaceFixture.run("overlaps", ["normalization": .text("product")], device, points)
        let found = try XCTUnwrap(report.values("aligned_overlap"))
        let orders = permutations(Array(0..<hidden)).filter { order in
          unit == .sign || order.prefix(hidden / 2).allSatisfy { $0 < hidden / 2 }
        }
        for i in 0..<2 {
          for j in 0..<2 {
            var best = -Double.infinity
            for order in orders {
              for sign in choices(hidden, signs) { best = max(best, overlap(points[i], points[j], order, sign, 7)) }
            }
            XCTAssertEqual(found[2 * i + j], best / Double(7 * hidden), accuracy: 1e-12, "\(unit) K = \(hidden)")
          }
        }
      }
    }
  }

  /// The same committee with its units in another order is the same solution.
  func testPermutedCommittee() throws {
    let (hidden, n) = (5, 33)
    let order = [3, 0, 4, 1, 2]
    for weights in [PatternGraph.Weights.binary, .real] {
      let device = try SolutionDevice(hidden: hidden, fanIn: n, patterns: 20, tree: false, weights: weights)
      let x = SolutionFixture.normal(hidden * n, seed: 2)
      let y = order.flatMap { Array(x[($0 * n)..<($0 * n + n)]) }
      XCTAssertEqual(device.stabilities(x), device.stabilities(y))
      let report = try SurfaceFixture.run("overlaps", [:], device, [x, y])
      let aligned = try XCTUnwrap(report.values("aligned_overlap"))
      // Signs add up exactly; real products round.
      for q in aligned { XCTAssertEqual(q, 1, accuracy: weights == .binary ? 0 : 1e-15) }
      XCTAssertLessThan(abs(try XCTUnwrap(report.values("overlap"))[1]), 0.5)
      let found = try XCTUnwrap(report.values("permutation")).map { Int($0) }
      XCTAssertEqual(report["permutation"]?.shape, [2, 2, hidden])
      XCTAssertEqual(Array(found[0..<5]), Array(0..<5))
      // Unit a of y is unit order[a] of x: the matching of (y, x) is `order`, that of (x, y) its inverse.
      XCTAssertEqual(Array(found[10..<15]), order)
      for a in 0..<5 { XCTAssertEqual(found[5 + order[a]], a) }
      let plain = try SurfaceFixture.run("overlaps", ["align": .bool(false)], device, [x, y])
      XCTAssertNil(plain["aligned_overlap"])
    }
  }

  /// Parity: two sign changes are a symmetry, one is not. Trees: no exchanges.
  func testParityAndTree() throws {
    let (hidden, n) = (3, 21)
    func changed(_ x: [Double], _ units: [Int]) -> [Double] {
      x.indices.map { units.contains($0 / n) ? -x[$0] : x[$0] }
    }
    for tree in [true, false] {
      let device = try SolutionDevice(hidden: hidden, fanIn: n, patterns: 30, tree: tree, output: .parity)
      let x = SolutionFixture.signs(hidden * n, seed: 5)
      let (two, one) = (changed(x, [0, 2]), changed(x, [1]))
      XCTAssertEqual(device.stabilities(x), device.stabilities(two))
      XCTAssertEqual(device.stabilities(x), device.stabilities(one).map { -$0 })
      let report = try SurfaceFixture.run("overlaps", [:], device, [x, two, one])
      let aligned = try XCTUnwrap(report.values("aligned_overlap"))
      XCTAssertEqual(aligned[1], 1)
      XCTAssertEqual(aligned[2], 1.0 / 3, accuracy: 1e-15)
      let signs = try XCTUnwrap(report.values("unit_signs"))
      XCTAssertEqual(Array(signs[3..<6]), [-1, 1, -1])
    }
    let committee = try SolutionDevice(hidden: hidden, fanIn: n, patterns: 30, tree: true)
    let x = SolutionFixture.signs(hidden * n, seed: 5)
    let y = [1, 0, 2].flatMap { Array(x[($0 * n)..<($0 * n + n)]) }
    let report = try SurfaceFixture.run("overlaps", [:], committee, [x, y])
    XCTAssertEqual(report.values("aligned_overlap"), report.values("overlap"))
  }

  /// Objectives without hidden units have plain overlaps.
  func testPlainObjective() throws {
    let bowl = try SurfaceFixture.objective("quadratic", ["diagonal": .reals([1, 1])])
    let report = try SurfaceFixture.run("overlaps", [:], bowl, [[3, 4], [4, 3], [0, -2]])
    let expected = [1, 0.96, -0.8, 0.96, 1, -0.6, -0.8, -0.6, 1]
    let aligned = try XCTUnwrap(report.values("aligned_overlap"))
    for (a, b) in zip(aligned, expected) { XCTAssertEqual(a, b, accuracy: 1e-15) }
  }

  // MARK: networks

  private func network(_ layers: [any Layer]) throws -> NetworkObjective {
    let data = Dataset(
      name: "points", count: 20, shape: [4],
      inputs: SampleStorage(try Buffer(SolutionFixture.normal(80, seed: 8))),
      targets: .labels(try Buffer((0..<20).map { Int32($0 % 3) }), classes: 3))
    let builder = try ModelBuilder(inputShape: [4])
    for layer in layers { try builder.add(layer) }
    return try NetworkObjective(model: builder.finish(), data: data, loss: CrossEntropy())
  }

  /// The parameters with the units of the dense layers 0, 1, ... in another order.
  private func reordered(_ x: [Double], _ objective: any Objective, _ orders: [[Int]]) -> [Double] {
    var y = x
    let tensors = objective.layout.tensors
    for tensor in tensors {
      let layer = Int(String(tensor.name.dropFirst(5).prefix(1))) ?? 0
      let width = tensor.count / tensor.shape[0]
      for r in 0..<tensor.shape[0] {
        let row = layer < orders.count ? orders[layer][r] : r
        for c in 0..<width {
          let column = layer > 0 && tensor.shape.count == 2 ? orders[layer - 1][c] : c
          y[tensor.offset + r * width + c] = x[tensor.offset + row * width + column]
        }
      }
    }
    return y
  }

  /// One hidden layer: the best of all orders of its units, by brute force.
  func testNetworkAgainstBruteForce() throws {
    let objective = try network([Dense(5, "tanh"), Dense(3)])
    let n = objective.dimension
    let points = (0..<2).map { SolutionFixture.normal(n, seed: UInt64(30 + $0)) }
    let report = try SurfaceFixture.run("overlaps", ["normalization": .text("product")], objective, points)
    let found = try XCTUnwrap(report.values("aligned_overlap"))
    var best = -Double.infinity
    for order in permutations(Array(0..<5)) {
      let other = reordered(points[1], objective, [order])
      best = max(best, zip(points[0], other).reduce(0) { $0 + $1.0 * $1.1 } / Double(n))
    }
    XCTAssertEqual(found[1], best, accuracy: 1e-12)
    XCTAssertEqual(found[2], best, accuracy: 1e-12)
    XCTAssertGreaterThan(best, try XCTUnwrap(report.values("overlap"))[1])
    XCTAssertEqual(report.values("group_sizes"), [5])
    // The reported order gives that overlap, and leaves the network what it was.
    let order = try XCTUnwrap(report.values("permutation"))[(2 * 5)..<(3 * 5)].map { Int($0) }
    let back = reordered(points[0], objective, [order])
    XCTAssertEqual(zip(points[1], back).reduce(0) { $0 + $1.0 * $1.1 } / Double(n), best, accuracy: 1e-12)
    let evaluator = try objective.makeEvaluator()
    XCTAssertEqual(
      try evaluator.value(back, gradient: nil), try evaluator.value(points[0], gradient: nil), accuracy: 1e-13)
  }

  /// Two hidden layers in another order are recognised, also with noise on the weights.
  func testDeepNetwork() throws {
    let objective = try network([Dense(6, "tanh"), Dense(5, "relu"), Dense(3)])
    let x = SolutionFixture.normal(objective.dimension, seed: 41)
    let orders = [[3, 0, 5, 1, 4, 2], [4, 2, 0, 1, 3]]
    for noise in [0, 0.05] {
      let z = SolutionFixture.normal(x.count, seed: 42)
      let y = zip(reordered(x, objective, orders), z).map { $0 + noise * $1 }
      let report = try SurfaceFixture.run("overlaps", [:], objective, [x, y])
      let aligned = try XCTUnwrap(report.values("aligned_overlap"))
      XCTAssertLessThan(try XCTUnwrap(report.values("overlap"))[1], 0.6)
      XCTAssertEqual(aligned[1], 1, accuracy: noise == 0 ? 1e-14 : 0.01)
      let permutation = try XCTUnwrap(report.values("permutation")).map { Int($0) }
      XCTAssertEqual(Array(permutation[22..<33]), orders[0] + orders[1])
      XCTAssertEqual(report.values("group_sizes"), [6, 5])
    }
  }

  // MARK: generalization_error

  /// acos(R) / pi against the errors on samples labelled by the teacher, and the test set's own error bar.
  func testTeacher() throws {
    let n = 101
    let teacher = SolutionFixture.signs(n, seed: 1)
    var student = teacher
    for i in 0..<20 { student[3 * i] *= -1 }
    let device = try SolutionDevice(fanIn: n, patterns: 8000, label: { x in
      zip(x, teacher).reduce(0) { $0 + $1.0 * $1.1 } > 0 ? 1 : -1
    })
    let closed = try SurfaceFixture.run("generalization_error", [:], device, [student, teacher])
    let expected = acos(1 - 40.0 / 101) / .pi
    XCTAssertEqual(closed.scalar("generalization_error") ?? 0, expected, accuracy: 1e-14)
    XCTAssertEqual(closed.scalar("overlap") ?? 0, 1 - 40.0 / 101, accuracy: 1e-14)
    XCTAssertEqual(closed.text("method"), "teacher")
    let test = try SurfaceFixture.run("generalization_error", [:], device, [student])
    let bar = try XCTUnwrap(test.scalar("generalization_error_error"))
    XCTAssertEqual(bar, (expected * (1 - expected) / 8000).squareRoot(), accuracy: 0.1 * bar)
    // Binary inputs: corrections of order 1/N to the Gaussian closed form.
    XCTAssertEqual(test.scalar("generalization_error") ?? 0, expected, accuracy: 4 * bar + 0.5 / Double(n))
    XCTAssertEqual(test.text("method"), "test")
    let committee = try SolutionDevice(hidden: 3, fanIn: 67, patterns: 5)
    let ones = [Double](repeating: 1, count: committee.dimension)
    XCTAssertTrue(
      SurfaceFixture.refusal {
        try SurfaceFixture.run("generalization_error", [:], committee, [ones, ones])
      }.contains("is that of a perceptron"))
    XCTAssertTrue(
      SurfaceFixture.refusal {
        try SurfaceFixture.run("generalization_error", ["method": .text("mixture")], device, [student])
      }.contains("the second is the centroid"))
  }

  /// Spec 3.5, N = 1000: Hebb's rule errs at 0.206 for (alpha, delta) = (2, 1) and 0.122 for (1, 0.5); Bayes 0.2071 and
  /// 0.1241. (At infinite N Hebb's rule reaches the Bayes error.)
  func testMixtureNumbers() throws {
    for (alpha, delta, hebb, bayes) in [(2, 1.0, 0.206, 0.2071), (1, 0.5, 0.122, 0.1241)] {
      let (n, seeds) = (1000, 6)
      var sum = 0.0
      for seed in 0..<seeds {
        var source = GaussianMixtureData()
        (source.samples, source.features, source.delta) = (alpha * n, n, delta)
        let data = try source.load(seed: UInt64(seed))
        let centroid = try XCTUnwrap(data.statistics["centroid"]).array
        var w = [Double](repeating: 0, count: n)
        let row = try Buffer<Double>(n)
        let label = try Buffer<Double>(1)
        guard case .real(let targets, _) = data.targets else { return XCTFail("labels") }
        for p in 0..<(alpha * n) {
          data.inputs.read(p * n, n, into: row.pointer)
          targets.read(p, 1, into: label.pointer)
          Double.axpy(n, label.pointer[0], row.constant, &w)
        }
        let device = try SolutionDevice(fanIn: n, patterns: 1, weights: .real)
        let report = try SurfaceFixture.run(
          "generalization_error",
          ["method": .text("mixture"), "delta": .real(delta), "alpha": .real(Double(alpha))], device, [w, centroid])
        sum += report.scalar("generalization_error") ?? .nan
        XCTAssertEqual(report.scalar("bayes_error") ?? 0, bayes, accuracy: 5e-5)
      }
      // |v|^2 / N fluctuates by sqrt(2 / N) = 4.5 %, the error by about 0.01 per instance.
      XCTAssertEqual(sum / Double(seeds), hebb, accuracy: 0.012)
    }
  }

  /// Unbalanced clouds and a bias, against sampling from the definition.
  func testMixtureAgainstSampling() throws {
    let (n, rho, delta, bias) = (40, 0.3, 0.7, -0.4)
    let (w, v) = (SolutionFixture.normal(n, seed: 3), SolutionFixture.normal(n, seed: 4).map { $0 + 0.5 })
    let device = try SolutionDevice(fanIn: n, patterns: 1, weights: .real)
    let weights = zip(w, v).map { $0 + 0.7 * $1 }
    let report = try SurfaceFixture.run(
      "generalization_error",
      ["method": .text("mixture"), "delta": .real(delta), "rho": .real(rho), "bias": .real(bias)], device, [weights, v])
    let samples = 40_000
    var random = RandomStream(seed: 12, stream: 9)
    var z = [Double](repeating: 0, count: n)
    var uniform = [Double](repeating: 0, count: samples)
    random.uniform(samples, 0, 1, into: &uniform)
    var wrong = 0
    for p in 0..<samples {
      random.normal(n, into: &z)
      let y = uniform[p] < rho ? 1.0 : -1
      let field = (0..<n).reduce(0.0) {
        $0 + weights[$1] * (y * v[$1] / Double(n).squareRoot() + delta.squareRoot() * z[$1])
      }
      if y * (field / Double(n).squareRoot() + bias) <= 0 { wrong += 1 }
    }
    let e = try XCTUnwrap(report.scalar("generalization_error"))
    XCTAssertEqual(e, Double(wrong) / Double(samples), accuracy: 4 * (e * (1 - e) / Double(samples)).squareRoot())
    XCTAssertNil(report["bayes_error"])
  }

  /// The bias is the last parameter of the objective: closed form and fresh samples agree on one and the same point.
  func testMixtureWithBias() throws {
    let (n, delta, rho) = (50, 0.8, 0.35)
    var source = GaussianMixtureData()
    (source.samples, source.features, source.delta, source.rho) = (20_000, n, delta, rho)
    let data = try source.load(seed: 3)
    let objective = try Registry.shared.make(
      .objective, "gaussian_mixture", ["bias": .bool(true)], as: (any Landscape).self
    ).build(LandscapeParts(registry: .shared, data: data))
    let centroid = try XCTUnwrap(data.statistics["centroid"]).array
    let x = zip(centroid, SolutionFixture.normal(n, seed: 6)).map { $0 + 0.8 * $1 } + [-0.3]
    let closed = try SurfaceFixture.run(
      "generalization_error", ["method": .text("mixture"), "delta": .real(delta), "rho": .real(rho)], objective,
      [x, centroid + [0]])
    let test = try SurfaceFixture.run("generalization_error", [:], objective, [x])
    XCTAssertEqual(
      test.scalar("generalization_error") ?? 0, closed.scalar("generalization_error") ?? 1,
      accuracy: 4 * (try XCTUnwrap(test.scalar("generalization_error_error"))))
    // Without its bias the point is another classifier.
    let without = try SurfaceFixture.run(
      "generalization_error", ["method": .text("mixture"), "delta": .real(delta), "rho": .real(rho)], objective,
      [x.dropLast() + [0], centroid + [0]])
    XCTAssertNotEqual(without.scalar("generalization_error"), closed.scalar("generalization_error"))
  }
}
