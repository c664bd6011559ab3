import Glibc
import Swale
import XCTest

/// SBPI against a plain transcription of its rule, its promises about solutions, and its successes (spec 3.5) as loose
/// thresholds.
final class SBPITests: XCTestCase {
  func perceptron(_ n: Int, _ alpha: Double, seed: UInt64, margin: Double = 0) throws -> PlainDevice {
    try PlainDevice(fanIn: n, patterns: Int((alpha * Double(n)).rounded()), seed: seed, margin: margin)
  }

  /// The order of epoch number `epoch`, as the solver documents its streams.
  func order(_ count: Int, seed: UInt64, epoch: Int) -> [Int] {
    var order = [Int64](repeating: 0, count: count)
    RandomStream.permutation(seed: seed, stream: StreamBase.solver + (1 << 31) + UInt64(epoch), count, into: &order)
    return order.map(Int.init)
  }

  /// The rule of the documentation, one spin at a time. The draws of an epoch are 32-bit words, of which a uniform
  /// Float keeps the upper 24: enough to compare with quarters.
  func testEpochsFollowTheRule() throws {
    let cases: [(n: Int, threshold: Int, chance: Float, clip: Int, margin: Double)] = [
      (67, 1, 1, 0, 0), (67, 3, 0.25, 0, 0), (128, 1, 0, 0, 0), (67, 2, 1, 7, 0), (64, 2, 0.5, 6, 0.3),
    ]
    for (n, threshold, chance, clip, margin) in cases {
      let device = try perceptron(n, 0.7, seed: 5, margin: margin)
      let (start, epochs, count) = (randomSpins(n, seed: 6), 6, device.labels.count)
      let options: Options = [
        "epochs": .int(epochs), "threshold": .int(threshold), "probability": .real(Double(chance)), "clip": .int(clip),
      ]
      let end = try solved(SBPI.self, options, device, start, run: ["seed": .int(9)])
      XCTAssertEqual(end.steps, epochs, "solved too early to compare")

      let bound = margin == 0 ? 1 : Int((margin * Double(n).squareRoot()).rounded(.up))
      let largest = clip == 0 ? Int.max : (clip - 1) / 2 * 2 + 1
      var random = RandomStream(seed: 9, stream: StreamBase.solver + (1 << 30))
      var h = start.map { Int($0) }
      for epoch in 0..<epochs {
        var draws = [Float](repeating: 0, count: count)
        random.uniform(count, 0, 1, into: &draws)
        for (draw, p) in zip(draws, order(count, seed: 9, epoch: epoch)) {
          let wanted = device.inputs[p].map { $0 * device.labels[p] }
          let field = (0..<n).reduce(0) { $0 + (h[$1] > 0 ? 1 : -1) * wanted[$1] }
          let strengthens = field >= bound && field < bound + threshold && draw < chance
          for i in 0..<n where field < bound || (strengthens && (h[i] > 0) == (wanted[i] > 0)) {
            if abs(h[i] + 2 * wanted[i]) <= largest { h[i] += 2 * wanted[i] }
          }
        }
      }
      XCTAssertEqual(end.report.values("hidden"), h.map(Double.init), "n \(n), threshold \(threshold), clip \(clip)")
      XCTAssert(h.allSatisfy { $0 % 2 != 0 && abs($0) <= largest })
    }
  }

  func testSolutionsAreSolutions() throws {
    for seed in 0..<4 {
      // An even number of weights: fields of 0 are errors, and no weight is ever undecided.
      for n in [100, 101] {
        let device = try perceptron(n, 0.4, seed: UInt64(seed))
        let end = try solved(SBPI.self, [:], device, randomSpins(n, seed: 1), run: ["seed": .int(seed)])
        let w = end.x.map { Int($0) }
        XCTAssert(w.allSatisfy { abs($0) == 1 })
        XCTAssertEqual(end.report.scalar("errors"), Double(device.errors(w)))
        XCTAssertEqual(end.report.scalar("solved"), device.errors(w) == 0 ? 1 : 0)
        XCTAssertEqual(end.report.scalar("success"), end.report.scalar("solved"))
        XCTAssertEqual(end.reason, device.errors(w) == 0 ? .converged : .maxSteps)
      }
    }
  }

  func successes(_ n: Int, _ alpha: Double, runs: Int, _ options: Options = [:], margin: Double = 0) throws -> Int {
    try (0..<runs).count { seed in
      let device = try perceptron(n, alpha, seed: UInt64(seed), margin: margin)
      let end = try solved(SBPI.self, options, device, randomSpins(n, seed: UInt64(seed)), run: ["seed": .int(seed)])
      return end.report.scalar("solved") == 1
    }
  }

  /// Spec 3.5, N = 1001: 10/10 at 0.5 and 0.6; the clipped perceptron 20/20 at 0.2 and 0/20 at 0.5.
  func testSuccesses() throws {
    XCTAssertGreaterThanOrEqual(try successes(1001, 0.5, runs: 4), 3)
    XCTAssertGreaterThanOrEqual(try successes(1001, 0.6, runs: 4), 3)
    let clipped: Options = ["probability": .real(0), "epochs": .int(1000)]
    XCTAssertGreaterThanOrEqual(try successes(1001, 0.2, runs: 4, clipped), 3)
    XCTAssertEqual(try successes(1001, 0.5, runs: 3, clipped), 0)
  }

  /// Beyond the capacity 0.833 there is nothing to find. At margin 0.5 the capacity is 0.456.
  func testNothingIsClaimedBeyondCapacity() throws {
    XCTAssertEqual(try successes(1001, 0.85, runs: 2, ["epochs": .int(500)]), 0)
    XCTAssertEqual(try successes(501, 0.6, runs: 2, ["epochs": .int(500)], margin: 0.5), 0)
    XCTAssertGreaterThanOrEqual(try successes(501, 0.15, runs: 3, margin: 0.5), 2)
  }

  func testSameBitsForAnyThreadsAndRepeats() throws {
    let device = try perceptron(301, 0.6, seed: 4)
    let before = Parallel.threads
    defer { Parallel.threads = before }
    var ends: [[Double]] = []
    for threads in [1, 2, 4] {
      Parallel.threads = threads
      let end = try solved(SBPI.self, [:], device, randomSpins(301, seed: 4), run: ["seed": .int(2)])
      ends.append(end.losses + (end.report.values("hidden") ?? []))
    }
    XCTAssert(ends[0] == ends[1] && ends[0] == ends[2])
    let other = try solved(SBPI.self, [:], device, randomSpins(301, seed: 4), run: ["seed": .int(3)])
    XCTAssertNotEqual(other.losses, Array(ends[0].prefix(other.losses.count)))
  }

  func testRefusals() throws {
    let start = randomSpins(15, seed: 1)
    let committee = try PlainDevice(hidden: 3, fanIn: 5, patterns: 4, seed: 1)
    let words = refusal { _ = try solved(SBPI.self, [:], committee, start) }
    XCTAssertEqual(words?.status, .unsupported)
    XCTAssert(words?.message.contains("3 hidden units; use 'least_action'") == true, "\(String(describing: words))")

    let spherical = try PlainDevice(fanIn: 15, patterns: 4, seed: 1, weights: .spherical)
    let round = refusal { _ = try solved(SBPI.self, [:], spherical, start) }
    XCTAssert(round?.message.contains("weights +1 and -1") == true)

    let steep = try PlainDevice(fanIn: 15, patterns: 4, seed: 1, margin: 4)
    XCTAssert(refusal { _ = try solved(SBPI.self, [:], steep, start) }?.message.contains("margin 4.0") == true)

    let plain = try landscape(15) { x in (0, x) }
    XCTAssert(refusal { _ = try solved(SBPI.self, [:], plain, start) }?.message.contains("patterns") == true)

    let bad = refusal { _ = try SBPI.configured(["probability": .real(1.5)]) }
    XCTAssertEqual(bad?.message, "option 'probability' of solver 'sbpi' is 1.5, allowed 0 ... 1")
  }
}
