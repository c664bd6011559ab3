import Swale
import XCTest

/// Products with sign bits against plain loops.
final class TapKernelTests: XCTestCase {
  private func check<S: Scalar>(_ type: S.Type, rows: Int, width: Int, padding: Int, _ random: inout SplitMix) throws {
    let stride = (width + 63) / 64 + padding
    let bits = try Buffer<UInt64>(rows * stride)
    for k in 0..<bits.count { bits.pointer[k] = random.next() }
    let x = try Buffer<S>((0..<width).map { _ in S(random.uniform() - 0.5) })
    let g = try Buffer<S>((0..<rows).map { _ in S(random.uniform() - 0.5) })
    func sign(_ p: Int, _ i: Int) -> Double { bits.pointer[p * stride + i / 64] >> UInt64(i % 64) & 1 == 1 ? 1 : -1 }
    // Sums of n terms below 1/2 are off by at most n^2 / 4 units of rounding.
    func tolerance(_ n: Int) -> Double { Double(n * n + 4) / 4 * Double(S.ulpOfOne) }

    let y = try Buffer<S>(rows + 1)
    y.pointer[rows] = 7
    S.signRows(rows, width, bits.constant, stride, x.constant, y.pointer)
    for p in 0..<rows {
      let wanted = (0..<width).reduce(0.0) { $0 + sign(p, $1) * Double(x.pointer[$1]) }
      XCTAssertEqual(Double(y.pointer[p]), wanted, accuracy: tolerance(width), "\(S.self) rows \(rows) x \(width)")
    }
    XCTAssertEqual(y.pointer[rows], 7, "written past the end")

    let z = try Buffer<S>(width + 1)
    S.fill(width + 1, 3, z.pointer)
    S.signColumns(rows, width, bits.constant, stride, g.constant, 0.5, z.pointer)
    for i in 0..<width {
      let wanted = 1.5 + (0..<rows).reduce(0.0) { $0 + sign($1, i) * Double(g.pointer[$1]) }
      XCTAssertEqual(
        Double(z.pointer[i]), wanted, accuracy: tolerance(rows + 3), "\(S.self) columns \(rows) x \(width)")
    }
    XCTAssertEqual(z.pointer[width], 3, "written past the end")
  }

  func testProductsOfAllWidths() throws {
    var random = SplitMix(state: 1)
    for width in 1...130 {
      // 1, 5: below the blocks of rows; 16, 17, 33: whole and broken blocks of the table kernels.
      for rows in [1, 5, 16, 17, 33] {
        try check(Float.self, rows: rows, width: width, padding: width % 3, &random)
        try check(Double.self, rows: rows, width: width, padding: width % 2, &random)
      }
    }
    // Several tiles of 1024 columns.
    try check(Float.self, rows: 20, width: 2113, padding: 0, &random)
    try check(Double.self, rows: 20, width: 2113, padding: 1, &random)
  }

  func testColumnsWithBetaZeroOnlyWrite() throws {
    let bits = try Buffer<UInt64>([5, 2])
    let g = try Buffer<Double>([2, 3])
    let y = try Buffer<Double>([.nan, .nan, .nan])
    Double.signColumns(2, 3, bits.constant, 1, g.constant, 0, y.pointer)
    XCTAssertEqual(y.array, [2 - 3, -2 + 3, 2 - 3])
  }

  /// The products of the patterns are the plain ones with labels absorbed, in both orientations and for both kinds of
  /// inputs, and do not depend on the number of threads.
  func testPatternProducts() throws {
    let (graph, _) = try PatternGraph.random(weights: 201, patterns: 97, seed: 3)
    var random = SplitMix(state: 4)
    let m = try Buffer<Double>((0..<201).map { _ in random.uniform() - 0.5 })
    let g = try Buffer<Double>((0..<97).map { _ in random.uniform() - 0.5 })
    for inputs in [try TapPatterns<Double>(graph), try TapPatterns<Double>(graph.expanded())] {
      let fields = try Buffer<Double>(97)
      inputs.fields(m.constant, fields.pointer)
      for (p, wanted) in graph.plainFields(m.array).enumerated() {
        XCTAssertEqual(fields.pointer[p], wanted, accuracy: 1e-12)
      }
      let sums = try Buffer<Double>(201)
      inputs.adjoint(g.constant, sums.pointer)
      for i in 0..<201 {
        let wanted = (0..<97).reduce(0.0) { $0 + graph.input($1, i) * Double(graph.labels.pointer[$1]) * g.pointer[$1] }
        XCTAssertEqual(sums.pointer[i], wanted, accuracy: 1e-12)
      }
    }
  }

  func testPatternProductsDoNotDependOnThreads() throws {
    // 36 million products: three pieces.
    let (graph, _) = try PatternGraph.random(weights: 9001, patterns: 12_007, seed: 5)
    let inputs = try TapPatterns<Float>(graph)
    let m = try Buffer<Float>(9001)
    Float.randomUniform(1, 2, 0, 9001, -1, 1, m.pointer)
    let threads = Parallel.threads
    defer { Parallel.threads = threads }
    var results: [[Float]] = []
    for count in [1, 2, 5] {
      Parallel.threads = count
      let fields = try Buffer<Float>(12_007)
      inputs.fields(m.constant, fields.pointer)
      results.append(fields.array)
    }
    XCTAssertEqual(results[0], results[1])
    XCTAssertEqual(results[0], results[2])
  }
}
