import Glibc
import Swale
import XCTest

/// Messages of one unit in one pattern against their formulas, written plainly with erfc.
final class MessageKernelTests: XCTestCase {
  private struct Unit {
    let bits: [UInt64]
    let total: [Double]
    let u: [Double]
    let xi: [Double]
    let m: [Double]
    let mu: Double
    let variance: Double

    /// Padding bits are random: they must not be read as inputs.
    init(_ n: Int, size: Double, seed: UInt64) {
      total = randomFields(n, size, seed: seed)
      u = randomFields(n, 0.3, seed: seed + 1000)
      let bits = randomFields((n + 63) / 64, 1, seed: seed + 2000).map { $0.bitPattern &* 0x9e37_79b9_7f4a_7c15 }
      self.bits = bits
      xi = (0..<n).map { bits[$0 / 64] >> UInt64($0 % 64) & 1 == 1 ? 1 : -1 }
      m = zip(total, u).map { tanh($0 - $1) }
      mu = zip(xi, m).reduce(0) { $0 + $1.0 * $1.1 }
      variance = m.reduce(0) { $0 + 1 - $1 * $1 }
    }
  }

  private func logH(_ x: Double) -> Double { log(0.5 * erfc(x / 2.0.squareRoot())) }

  /// u_i from both values of weight i.
  private func direct(_ unit: Unit, _ field: Double) -> [Double] {
    let (mu, variance) = (unit.mu, unit.variance)
    func likelihood(_ x: Double) -> Double {
      if field.isInfinite { return logH(field > 0 ? -x : x) }
      return log(exp(field + logH(-x)) + exp(-field + logH(x)))
    }
    return unit.total.indices.map { i in
      let (xi, m) = (unit.xi[i], unit.m[i])
      let s = max(variance - (1 - m * m), 1e-10).squareRoot()
      return 0.5 * (likelihood((mu - xi * m + xi) / s) - likelihood((mu - xi * m - xi) / s))
    }
  }

  private func check<S: Scalar>(_ type: S.Type, _ n: Int, _ field: Double, damping: Double, seed: UInt64) throws {
    let unit = Unit(n, size: 1.2, seed: seed)
    let total = try Buffer<S>(unit.total.map { S($0) })
    let (u, m, change) = (try Buffer<S>(unit.u.map { S($0) }), try Buffer<S>(n), try Buffer<S>(n + 1))
    let digits = S.self == Float.self ? 1e-5 : 1e-12
    let what = "\(S.self) n \(n) field \(field)"
    let moments = unit.bits.withUnsafeBufferPointer {
      S.messageCavity(n, $0.baseAddress!, total.constant, u.constant, m.pointer)
    }
    XCTAssertEqual(moments.mean, unit.mu, accuracy: digits * Double(n), what)
    XCTAssertEqual(moments.variance, unit.variance, accuracy: digits * Double(n), what)
    // A single weight leaves no variance, of which both sides take 1e-10: beyond the reach of erfc, the clamp decides.
    let wanted = n == 1 ? [] : direct(unit, field)
    let residual = unit.bits.withUnsafeBufferPointer {
      S.messagePairs(
        n, $0.baseAddress!, m.constant, moments, down: field, limit: 30, damping: damping, u.pointer, change.pointer)
    }
    var largest = 0.0
    for i in wanted.indices where wanted[i].isFinite {
      let new = (1 - damping) * max(-30, min(30, wanted[i])) + damping * unit.u[i]
      let tolerance = 20 * digits * max(1, abs(new))
      XCTAssertEqual(Double(u.pointer[i]), new, accuracy: tolerance, what)
      XCTAssertEqual(Double(change.pointer[i]), new - unit.u[i], accuracy: tolerance, what)
      largest = max(largest, abs(tanh(new) - tanh(unit.u[i])))
    }
    XCTAssertGreaterThanOrEqual(residual, largest - 20 * digits, what)
    XCTAssertEqual(change.pointer[n], 0, "written past the end")
  }

  func testPairsFollowTheFormula() throws {
    for n in 1...40 {
      for field in [Double.infinity, -Double.infinity, 0, 0.7, -2.5] {
        try check(Double.self, n, field, damping: n % 3 == 0 ? 0.4 : 0, seed: UInt64(n))
        try check(Float.self, n, field, damping: n % 3 == 0 ? 0.4 : 0, seed: UInt64(n))
      }
    }
    try check(Double.self, 130, 0.5, damping: 0, seed: 77)
  }

  /// u_i = xi_i / s_i (R + R' (x_i - x)), and by how much that differs from both values of a weight: third order in 1 / s.
  private func checkSend<S: Scalar>(_ type: S.Type, _ n: Int, _ field: Double) throws {
    let unit = Unit(n, size: 0.8, seed: UInt64(n) + 50)
    let (mu, variance) = (unit.mu, unit.variance)
    let x = mu / variance.squareRoot()
    func density(_ x: Double) -> Double { exp(-0.5 * x * x) / (2 * Double.pi).squareRoot() }
    let r: Double
    if field.isInfinite {
      let sign = field > 0 ? 1.0 : -1
      r = sign * density(x) / (0.5 * erfc(-sign * x / 2.0.squareRoot()))
    } else {
      let below = 0.5 * erfc(x / 2.0.squareRoot())
      r = (exp(field) - exp(-field)) * density(x) / (exp(field) * (1 - below) + exp(-field) * below)
    }
    let bend = -r * (r + x)
    let u = try Buffer<S>(unit.u.map { S($0) })
    let (m, change) = (try Buffer<S>(unit.m.map { S($0) }), try Buffer<S>(n))
    let digits = S.self == Float.self ? 1e-6 : 1e-13
    _ = unit.bits.withUnsafeBufferPointer {
      S.messageSend(
        n, $0.baseAddress!, m.constant, FieldMoments(mean: mu, variance: variance), slope: r, curvature: bend,
        limit: 30, damping: 0, u.pointer, change.pointer)
    }
    let pairs = direct(unit, field)
    for i in 0..<n {
      let s = (variance - (1 - unit.m[i] * unit.m[i])).squareRoot()
      let shifted = (mu - unit.xi[i] * unit.m[i]) / s
      let wanted = unit.xi[i] / s * (r + bend * (shifted - x))
      XCTAssertEqual(Double(u.pointer[i]), wanted, accuracy: 10 * digits, "\(S.self) n \(n) field \(field)")
      // |F'''| < 1 here: F''' / 6 for the pair and F''' / 2 for the shift, in units of 1 / s^3.
      XCTAssertEqual(Double(u.pointer[i]), pairs[i], accuracy: 1 / (s * s * s) + 10 * digits)
    }
  }

  func testExpansionFollowsTheFormula() throws {
    for n in [40, 64, 101, 333, 1001] {
      for field in [Double.infinity, -Double.infinity, 0.7, -2.5] {
        try checkSend(Double.self, n, field)
        try checkSend(Float.self, n, field)
      }
    }
  }

  /// Frozen weights, contradicting fields and extreme sizes: messages stay finite and within the clamp.
  func testExtremeFieldsAreClamped() throws {
    for n in [1, 2, 9, 65] {
      for size in [0.0, 20.0, 500.0] {
        for field in [Double.infinity, -Double.infinity, 30, -30] {
          let unit = Unit(n, size: size, seed: 9)
          let total = try Buffer<Float>(unit.total.map { Float($0) })
          let (u, m, change) = (try Buffer<Float>(n), try Buffer<Float>(n), try Buffer<Float>(n))
          unit.bits.withUnsafeBufferPointer {
            let moments = Float.messageCavity(n, $0.baseAddress!, total.constant, u.constant, m.pointer)
            let residual = Float.messagePairs(
              n, $0.baseAddress!, m.constant, moments, down: field, limit: 30, damping: 0, u.pointer, change.pointer)
            XCTAssertTrue(residual.isFinite && residual >= 0)
          }
          XCTAssertTrue(u.array.allSatisfy { $0.isFinite && abs($0) <= 30 }, "n \(n) size \(size) field \(field)")
        }
      }
    }
  }

  func testLogCosh() throws {
    for n in [1, 63, 64, 65, 200] {
      let (total, u) = (randomFields(n, 40, seed: 1), randomFields(n, 2, seed: 2))
      let wanted = zip(total, u).reduce(0.0) { $0 + logTwoCosh($1.0 - $1.1) }
      XCTAssertEqual(Double.messageLogCosh(n, total, u), wanted, accuracy: 1e-13 * wanted)
      let narrow = Float.messageLogCosh(n, total.map { Float($0) }, u.map { Float($0) })
      XCTAssertEqual(narrow, wanted, accuracy: 1e-6 * wanted)
      XCTAssertEqual(
        Double.messageLogCosh(n, total, nil), total.reduce(0) { $0 + logTwoCosh($1) }, accuracy: 1e-13 * wanted)
    }
  }
}
