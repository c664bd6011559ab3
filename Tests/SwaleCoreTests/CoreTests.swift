import Dispatch
import Swale
import XCTest

final class CoreTests: XCTestCase {
  func testMemoryLimitRefusesInWords() throws {
    let before = Memory.limit
    defer { Memory.limit = before }
    Memory.limit = Memory.used + 1000
    XCTAssertThrowsError(try Buffer<Double>(1_000_000)) { error in
      XCTAssertEqual((error as? Failure)?.status, .memory)
      XCTAssertTrue("\(error)".contains("8000000 bytes"), "\(error)")
    }
    XCTAssertNoThrow(try Buffer<Double>(100))
  }

  func testImpossibleSizesAreRefused() {
    XCTAssertThrowsError(try Buffer<Double>(Int.max))
    XCTAssertThrowsError(try Buffer<Double>(-1))
    XCTAssertThrowsError(try Buffer<Double>(Int.max / 16))
    XCTAssertThrowsError(try checkedProduct([Int.max, 2], "x"))
  }

  func testBuffersAreCountedAndReturned() throws {
    let used = Memory.used
    do {
      let buffer = try Buffer<Float>(1000)
      XCTAssertEqual(Memory.used, used + 4000)
      XCTAssertEqual(Int(bitPattern: buffer.pointer) % 64, 0)
    }
    XCTAssertEqual(Memory.used, used)
  }

  /// Numbers of one kind run on through the blocks of the stream; another kind begins at a block that nothing was read
  /// from, as the second uniform of a block is the angle of its normals.
  func testKindsOfNumbersShareNoBlock() {
    func values(_ count: Int, _ fill: (UnsafeMutablePointer<Double>) -> Void) -> [Double] {
      var out = [Double](repeating: 0, count: count)
      fill(&out)
      return out
    }
    var random = RandomStream(seed: 3, stream: 5)
    let pieces = values(2) { random.normal(2, into: $0) } + values(3) { random.normal(3, into: $0) }
    XCTAssertEqual(pieces, values(5) { Double.randomNormal(3, 5, 0, 5, 0, 1, $0) })
    // Five normals of two a block end in block 2, so that uniforms begin in block 3, at position 6.
    XCTAssertEqual(
      values(1) { random.uniform(1, 0, 1, into: $0) }, values(1) { Double.randomUniform(3, 5, 6, 1, 0, 1, $0) })
    // And signs, 128 a block, in block 4.
    XCTAssertEqual(values(2) { random.signs(2, into: $0) }, values(2) { Double.randomSigns(3, 5, 512, 2, $0) })

    // A normal and a uniform by turns are independent: P(z > 0, cos 2 pi u > 0) = 1/4, of 20000 within 4.5 deviations.
    var both = 0
    for _ in 0..<20_000 {
      let (z, u) = (values(1) { random.normal(1, into: $0) }[0], values(1) { random.uniform(1, 0, 1, into: $0) }[0])
      if z > 0, abs(u - 0.5) > 0.25 { both += 1 }
    }
    XCTAssertEqual(Double(both) / 20_000, 0.25, accuracy: 4.5 * (0.1875 / 20_000).squareRoot())
  }

  /// Every split of a product over rows or columns gives the same bits, all transposes included.
  func testProductsDoNotDependOnThreads() throws {
    let before = Parallel.threads
    defer { Parallel.threads = before }
    let (m, n, k) = (301, 287, 190)
    let a = try Buffer<Float>(m * k)
    let b = try Buffer<Float>(k * n)
    Float.randomNormal(1, 1, 0, a.count, 0, 1, a.pointer)
    Float.randomNormal(1, 2, 0, b.count, 0, 1, b.pointer)
    for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
      var results: [[Float]] = []
      for threads in [1, 2, 3, 4] {
        Parallel.threads = threads
        let c = try Buffer<Float>(m * n)
        Float.gemm(ta, tb, m, n, k, 1, a.constant, ta ? m : k, b.constant, tb ? k : n, 0, c.pointer, n)
        results.append(c.array)
      }
      for other in results.dropFirst() { XCTAssertEqual(results[0], other) }
      // Against a plain double sum: 190 terms of rounding in 24 bits.
      for (i, j) in [(0, 0), (m - 1, n - 1), (17, 200)] {
        var sum = 0.0
        for l in 0..<k {
          sum += Double(a.pointer[ta ? l * m + i : i * k + l]) * Double(b.pointer[tb ? j * k + l : l * n + j])
        }
        XCTAssertEqual(Double(results[0][i * n + j]), sum, accuracy: 1e-4)
      }
    }
  }

  func testRangesCoverEverythingOnce() {
    for count in [0, 1, 5, 48, 49, 1000] {
      for pieces in 1...7 {
        var seen = 0
        for piece in 0..<pieces {
          let range = Parallel.range(piece, of: pieces, count: count, grain: 16)
          XCTAssertEqual(range.lowerBound, seen)
          seen = range.upperBound
        }
        XCTAssertEqual(seen, count)
      }
    }
  }

  /// Loops one after the other, loops within loops and loops of several host threads at once: every piece runs once.
  func testLoopsRunEveryPieceOnce() throws {
    let (hosts, loops, widest) = (3, 2000, 6)
    let counts = try Buffer<Int64>(hosts * widest * widest)
    DispatchQueue.concurrentPerform(iterations: hosts) { host in
      let mine = counts.pointer + host * widest * widest
      for loop in 0..<loops {
        let pieces = loop % widest + 1
        Parallel.run(pieces) { piece in
          let row = mine + piece * widest
          Parallel.run(pieces) { row[$0] += 1 }
        }
      }
    }
    for host in 0..<hosts {
      for piece in 0..<widest {
        for inner in 0..<widest {
          let expected = (0..<loops).count { $0 % widest >= max(piece, inner) }
          XCTAssertEqual(counts.pointer[(host * widest + piece) * widest + inner], Int64(expected))
        }
      }
    }
  }

  func testRegistryRefusesTakenNames() {
    XCTAssertThrowsError(try Registry.shared.add([Registration(Dense.self)])) { error in
      XCTAssertEqual((error as? Failure)?.status, .plugin)
    }
    XCTAssertThrowsError(try Registry.shared.find(.layer, "dens")) { error in
      XCTAssertEqual("\(error)", "unknown layer 'dens'; did you mean 'dense'?")
    }
  }

  func testARunServesOneCallAtATime() throws {
    let run = Run()
    XCTAssertThrowsError(
      try run.exclusively { () throws(Failure) in try run.exclusively { () throws(Failure) in 0 } }
    ) { XCTAssertEqual(($0 as? Failure)?.status, .state) }
  }

  /// Central differences of an exact gradient: for a quadratic the product is exact up to rounding, about
  /// epsilon^(2/3).
  func testDifferencedProductsOfAQuadratic() throws {
    let table = CallbackTable(
      dimension: 2,
      value: { x, g throws(Failure) in
        if let g {
          g[0] = 3 * x[0] + x[1]
          g[1] = x[0] + 2 * x[1]
        }
        return 1.5 * x[0] * x[0] + x[0] * x[1] + x[1] * x[1]
      }, hasGradient: true)
    let objective = try CallbackObjective(table)
    var out = [0.0, 0.0]
    try objective.makeEvaluator().product(.hessian, [0.3, -0.7], [1, 2], 1, &out)
    XCTAssertEqual(out[0], 5, accuracy: 1e-8)
    XCTAssertEqual(out[1], 5, accuracy: 1e-8)
  }
}
