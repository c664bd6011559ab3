import Glibc
import Swale
import XCTest

/// Local and Franz-Parisi entropies by belief propagation against exact counts and closed forms.
final class EntropyLocalTests: XCTestCase {
  private typealias Fixture = EntropyFixture

  /// What the fields g measure exactly, from the counts N(D) at distance D: with weights N(D) exp(g (N - 2 D)), the
  /// mean distance and the entropy ln Z - g (N - 2 <D>), per weight.
  private func tilted(_ counts: [Double], _ g: Double) -> (distance: Double, entropy: Double) {
    let n = Double(counts.count - 1)
    var (z, first) = (0.0, 0.0)
    for (d, count) in counts.enumerated() {
      let weight = count * exp(-2 * g * Double(d))
      z += weight
      first += weight * Double(d)
    }
    let mean = first / z
    return (mean / n, (log(z) + 2 * g * mean) / n)
  }

  /// N = 21, P = 6: around a solution and around a random point, at every field the mean distance and the entropy of
  /// the tilted solutions, to the accuracy of the Bethe approximation at this size (mean about 0.006, largest 0.03).
  func testAgainstEnumeration() throws {
    let device = Device(fanIn: 21)
    var (sum, largest, count) = (0.0, 0.0, 0.0)
    for seed in 0..<12 {
      let graph = try device.graph(6, seed: 900 + seed)
      var random = RandomStream(seed: UInt64(seed), stream: 5)
      // Every second reference is a solution: the first one after a random start.
      var mask = random.below(1 << 21)
      while seed % 2 == 0, device.errors(device.configuration(mask), graph) > 0 { mask = (mask + 1) % (1 << 21) }
      let reference = device.configuration(mask)
      let counts = try Fixture.run("enumeration", graph, [reference]).values("local_counts") ?? []
      let report = try Fixture.run(
        "local_entropy", graph, [reference], ["fields": .reals([0.1, 0.3, 0.6, 1]), "damping": .real(0.2)])
      let (fields, distances) = (report.values("fields") ?? [], report.values("distances") ?? [])
      for (index, g) in fields.enumerated() where report.values("converged")?[index] == 1 {
        let exact = tilted(counts, g)
        XCTAssertEqual(distances[index], exact.distance, accuracy: 0.06)
        let gap = abs((report.values("entropies")?[index] ?? .nan) - exact.entropy)
        sum += gap
        largest = max(largest, gap)
        count += 1
      }
    }
    XCTAssertGreaterThan(count, 40)
    XCTAssertLessThan(sum / count, 0.015)
    XCTAssertLessThan(largest, 0.06)
  }

  /// Without patterns every configuration counts: S = H2(d), d = (1 - tanh g) / 2, exactly, and the distances asked for
  /// are met.
  func testWithoutPatterns() throws {
    let graph = try Device(fanIn: 31).graph(0, seed: 1)
    let point = [Device(fanIn: 31).configuration(0x2f0f_1234)]
    let fields = [0.0, 0.4, 1, 3]
    let report = try Fixture.run("local_entropy", graph, point, ["fields": .reals(fields)])
    for (index, g) in fields.enumerated() {
      let d = (1 - tanh(g)) / 2
      XCTAssertEqual(report.values("distances")?[index] ?? .nan, d, accuracy: 1e-14)
      XCTAssertEqual(report.values("entropies")?[index] ?? .nan, Fixture.bound(d), accuracy: 1e-13)
      XCTAssertEqual(report.values("bound")?[index] ?? .nan, Fixture.bound(d), accuracy: 1e-13)
    }
    let wanted = [0.05, 0.2, 0.45]
    let at = try Fixture.run("local_entropy", graph, point, ["distances": .reals(wanted)])
    for (index, d) in wanted.enumerated() {
      XCTAssertEqual(at.values("distances")?[index] ?? .nan, d, accuracy: 1e-6)
      XCTAssertEqual(at.values("fields")?[index] ?? .nan, atanh(1 - 2 * d), accuracy: 1e-4)
      XCTAssertEqual(at.values("entropies")?[index] ?? .nan, Fixture.bound(d), accuracy: 1e-5)
    }
  }

  /// S'(d) = 2 g, and no entropy is above H2: consistency of the Legendre transform on an instance of N = 301.
  func testSlope() throws {
    let graph = try Device(fanIn: 301).graph(90, seed: 7)
    var random = RandomStream(seed: 1, stream: 1)
    let point = (0..<301).map { _ in 2 * random.below(2) - 1 }
    let report = try Fixture.run(
      "local_entropy", graph, [point], ["distances": .reals([0.4201, 0.42, 0.4199]), "tolerance": .real(1e-10)])
    guard let s = report.values("entropies"), let g = report.values("fields"), let d = report.values("distances") else {
      return XCTFail("no curve")
    }
    XCTAssertEqual((s[0] - s[2]) / (d[0] - d[2]), 2 * g[1], accuracy: 0.01)
    for (entropy, bound) in zip(s, report.values("bound") ?? []) { XCTAssertLessThan(entropy, bound) }
  }

  /// A parity machine around a point that is wrong on 14 of 30 patterns: no solutions are left at fields above 1.75,
  /// where the fixed point of the messages moves smoothly (the same with damping) back to larger distances. Distances
  /// of points that count as converged fall, in whatever order the fields are given.
  func testTurns() throws {
    let graph = try parity()
    let fields = stride(from: 0.25, through: 2.25, by: 0.25).map { $0 }
    let point = [[Int](repeating: 1, count: 99)]
    for order in [fields, fields.reversed()] {
      let report = try Fixture.run(
        "local_entropy", graph, point, ["fields": .reals(order), "max_sweeps": .int(300), "damping": .real(0.2)])
      let rows = zip(report.values("fields") ?? [], zip(report.values("distances") ?? [], report.values("converged") ?? []))
        .sorted { $0.0 < $1.0 }
      let distances = rows.filter { $0.1.1 == 1 }.map(\.1.0)
      XCTAssertEqual(distances, distances.sorted(by: >))
      XCTAssertGreaterThanOrEqual(distances.count, 5)
      XCTAssertTrue(rows.filter { $0.1.1 == 0 }.allSatisfy { $0.1.0.isNaN })
      XCTAssertTrue(report.text("status")?.contains("does not fall") ?? false, report.text("status") ?? "")
    }
  }

  /// K = 3 units of 33 inputs, 30 patterns.
  private func parity() throws -> PatternGraph {
    var patterns = RandomPatterns()
    (patterns.samples, patterns.features) = (30, 99)
    let objective = try Registry.shared.make(.objective, "parity", ["hidden": .int(3)], as: (any Landscape).self)
      .build(LandscapeParts(registry: .shared, data: try patterns.load(seed: 1)))
    return try XCTUnwrap(objective.patterns)
  }

  func testFieldsOrDistances() throws {
    let graph = try Device(fanIn: 9).graph(2, seed: 1)
    let point = [[Int](repeating: 1, count: 9)]
    let both = SurfaceFixture.refusal {
      try Fixture.run("local_entropy", graph, point, ["fields": .reals([0.5]), "distances": .reals([0.2])])
    }
    XCTAssertTrue(both.contains("'fields' and 'distances'"), both)
    let neither = try Fixture.run("local_entropy", graph, point)
    XCTAssertEqual(neither.values("fields"), [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2])
  }

  func testMethods() throws {
    let quadratic = try SurfaceFixture.objective("quadratic", ["diagonal": .reals([1, 2])])
    XCTAssertEqual(try SurfaceFixture.run("local_entropy", [:], quadratic, [[0, 0]]).text("method"), "langevin")
    let refused = SurfaceFixture.refusal {
      try SurfaceFixture.run("local_entropy", ["method": .text("bp")], quadratic, [[0, 0]])
    }
    XCTAssertTrue(refused.contains("patterns"), refused)
    let graph = try Device(fanIn: 9).graph(2, seed: 1)
    let other = SurfaceFixture.refusal {
      try Fixture.run("local_entropy", graph, [[Int](repeating: 1, count: 9)], ["method": .text("langevin")])
    }
    XCTAssertTrue(other.contains("a gradient"), other)
  }

  /// Not converged: NaN, and words.
  func testNotConverged() throws {
    let graph = try Device(fanIn: 101).graph(50, seed: 3)
    let report = try Fixture.run(
      "local_entropy", graph, [[Int](repeating: 1, count: 101)], ["max_sweeps": .int(1), "fields": .reals([0.5])])
    XCTAssertTrue(report.values("entropies")?[0].isNaN ?? false)
    XCTAssertEqual(report.values("converged"), [0])
    XCTAssertEqual(report.text("status"), "1 of 1 points not converged")
  }

  /// Typical references by decimation at N = 17: the curve is the mean over all solutions of the tilted entropy at the
  /// same distance, up to the error of the average over references and of the Bethe approximation.
  func testFranzParisi() throws {
    let device = Device(fanIn: 17)
    let graph = try device.graph(4, seed: 31)
    let wanted = [0.3, 0.2]
    let report = try Fixture.run("franz_parisi", graph, [], ["references": .int(12), "distances": .reals(wanted)])
    XCTAssertEqual(report["references"]?.shape, [12, 17])
    XCTAssertEqual(report.values("reference_errors"), [Double](repeating: 0, count: 12))
    // The exact curve over a sample of all solutions, as many as make its error small.
    var random = RandomStream(seed: 3, stream: 9)
    var means = [0.0, 0.0]
    var found = 0
    while found < 60 {
      let w = device.configuration(random.below(1 << 17))
      if device.errors(w, graph) > 0 { continue }
      found += 1
      let counts = try Fixture.run("enumeration", graph, [w]).values("local_counts") ?? []
      for (index, d) in wanted.enumerated() {
        // The mean distance falls with g.
        var (low, high) = (-5.0, 5.0)
        for _ in 0..<60 {
          let g = (low + high) / 2
          if tilted(counts, g).distance > d { low = g } else { high = g }
        }
        means[index] += tilted(counts, low).entropy / 60
      }
    }
    for index in wanted.indices {
      let (value, error) =
        (report.values("entropies")?[index] ?? .nan, report.values("entropies_error")?[index] ?? .nan)
      XCTAssertGreaterThanOrEqual(report.values("converged")?[index] ?? 0, 10)
      XCTAssertEqual(value, means[index], accuracy: 0.02 + 4 * error)
    }
  }

  /// Typical references of N = 201 at alpha = 0.2 against the Franz-Parisi theory for N -> infinity (spec 3.4):
  /// 0.42046, 0.27070, 0.16071 at d = 0.2, 0.1, 0.05. One instance deviates by about 0.005.
  func testFranzParisiAgainstTheory() throws {
    let graph = try Device(fanIn: 201).graph(40, seed: 12)
    let report = try Fixture.run(
      "franz_parisi", graph, [],
      ["references": .int(4), "distances": .reals([0.2, 0.1, 0.05]), "tolerance": .real(1e-4)], precision: .f32)
    XCTAssertGreaterThanOrEqual(report["references"]?.shape.first ?? 0, 2)
    XCTAssertTrue(report.values("reference_errors")?.allSatisfy { $0 == 0 } ?? false)
    for (index, theory) in [0.42046, 0.27070, 0.16071].enumerated() {
      XCTAssertEqual(report.values("entropies")?[index] ?? .nan, theory, accuracy: 0.02)
      XCTAssertLessThan(report.values("entropies_error")?[index] ?? .nan, 0.01)
    }
  }

  /// N = 301 at alpha = 0.4, where the first draws meet contradictions: the last weights are drawn again.
  func testDecimation() throws {
    let graph = try Device(fanIn: 301).graph(120, seed: 3)
    let report = try Fixture.run(
      "franz_parisi", graph, [], ["references": .int(1), "distances": .reals([0.2])], precision: .f32)
    XCTAssertEqual(report["references"]?.shape, [1, 301])
    XCTAssertEqual(report.values("reference_errors"), [0])
  }

  /// Without solutions the search ends after the first reference, in words.
  func testNoReferences() throws {
    let report = try Fixture.run(
      "franz_parisi", try Device(fanIn: 51).graph(100, seed: 3), [], ["references": .int(3)], precision: .f32)
    XCTAssertEqual(report["references"]?.shape, [0, 51])
    XCTAssertTrue(report.text("status")?.hasPrefix("3 of 3 references not found") ?? false, report.text("status") ?? "")
  }

  /// Points as references, a margin above that of the objective: fewer solutions near, exactly none more.
  func testFranzParisiMargin() throws {
    let device = Device(fanIn: 101)
    let graph = try device.graph(10, seed: 5)
    let point = [Int](repeating: 1, count: 101)
    let options: Options = ["distances": .reals([0.45])]
    let plain = try Fixture.run("franz_parisi", graph, [point], options)
    let strict = try Fixture.run("franz_parisi", graph, [point], ["distances": .reals([0.45]), "kappa": .reals([0.5])])
    XCTAssertLessThan(
      strict.values("entropies")?[0] ?? .nan, (plain.values("entropies")?[0] ?? .nan) - 0.02)
    XCTAssertTrue(plain.values("entropies_error")?[0].isNaN ?? false)
    let same = try Fixture.run("local_entropy", graph, [point], options)
    XCTAssertEqual(
      plain.values("entropies")?[0] ?? .nan, same.values("entropies")?[0] ?? 0, accuracy: 1e-6)
  }
}
