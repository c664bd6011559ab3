import Glibc
import Swale
import XCTest

/// Least action, alone and by replicas, against plain transcriptions of the rules, and successes (spec 3.5) as loose
/// thresholds.
final class LeastActionTests: XCTestCase {
  /// A replica of the transcription: H, and its gradient over a batch.
  struct Replica {
    var h: [Float]
    var w: [Int] { h.map { $0 >= 0 ? 1 : -1 } }

    /// G of the patterns at fixed w.
    func gain(_ device: PlainDevice, _ batch: ArraySlice<Int>) -> [Float] {
      let (graph, w) = (device.graph, w)
      var g = [Float](repeating: 0, count: h.count)
      for p in batch where device.isWrong(p, w) {
        let fields = device.fields(p, w)
        let right = fields.count { $0 > 0 }
        let wrong = graph.hidden - right
        let needed = (1 - (right - wrong) + 1) / 2
        let units = fields.indices.filter { fields[$0] <= 0 }.sorted { (-fields[$0], $0) < (-fields[$1], $1) }
        for k in units.prefix(needed) {
          for i in 0..<graph.fanIn {
            g[k * graph.fanIn + i] += Float(
              device.labels[p] * device.inputs[p][graph.tree ? k * graph.fanIn + i : i])
          }
        }
      }
      return g
    }
  }

  func order(_ device: PlainDevice, _ number: Int, seed: UInt64) -> [Int] {
    var order = [Int64](repeating: 0, count: device.labels.count)
    RandomStream.permutation(
      seed: seed, stream: StreamBase.solver + (1 << 31) + UInt64(number), order.count, into: &order)
    return order.map(Int.init)
  }

  func testEpochsFollowTheRule() throws {
    for (hidden, fanIn, tree, batch) in [(3, 65, true, 7), (3, 65, false, 1), (5, 21, false, 100), (1, 130, true, 4)] {
      let device = try PlainDevice(
        hidden: hidden, fanIn: fanIn, patterns: hidden * fanIn * 3 / 4, tree: tree, seed: 2)
      let start = randomSpins(device.dimension, seed: 3)
      let end = try solved(
        LeastAction.self, ["batch": .int(batch)], device, start,
        run: ["seed": .int(4), "max_steps": .int(4), "trajectory_every": .int(1)])
      var replica = Replica(h: start.map(Float.init))
      for epoch in 0..<4 {
        let order = order(device, epoch, seed: 4)
        for first in stride(from: 0, to: order.count, by: batch) {
          let g = replica.gain(device, order[first..<min(first + batch, order.count)])
          for i in g.indices { replica.h[i] += 2 * g[i] }
        }
        XCTAssertEqual(end.trajectory[epoch + 1], replica.w.map(Double.init), "K \(hidden), epoch \(epoch)")
        XCTAssertEqual(end.losses[epoch], Double(device.errors(replica.w)))
      }
    }
  }

  /// All four forms of the pull and the explicit centre, with schedules, for an odd and an even number of replicas.
  func testReplicatedEpochsFollowTheRule() throws {
    for (y, update) in [(3, "normal"), (4, "normal"), (3, "corrected"), (4, "hard"), (3, "continuous"), (3, "center")] {
      let device = try PlainDevice(hidden: 3, fanIn: 65, patterns: 150, tree: y == 3, seed: 6)
      let start = randomSpins(device.dimension, seed: 7)
      let batch = 40
      let options: Options = [
        "replicas": .int(y), "update": .text(update), "batch": .int(batch), "gamma": .real(0.2),
        "gamma_step": .real(0.05), "attraction": .real(0.5), "attraction_factor": .real(0.5),
        "learning_rate_factor": .real(0.5),
      ]
      let end = try solved(
        EntropicLeastAction.self, options, device, start, run: ["seed": .int(8), "max_steps": .int(3)])
      XCTAssertEqual(end.steps, 3)

      var replicas = [Replica](repeating: Replica(h: start.map(Float.init)), count: y)
      var center = replicas[0]
      var turns = Array(0..<y)
      var turnRandom = RandomStream(seed: 8, stream: StreamBase.solver + (1 << 30) + 1)
      for epoch in 0..<3 {
        let gamma = 0.2 + 0.05 * Double(epoch)
        let (lambda, eta) = (Float(0.5 * pow(0.5, Double(epoch))), Float(2 * pow(0.5, Double(epoch))))
        let orders = (0..<y).map { order(device, epoch * y + $0, seed: 8) }
        for first in stride(from: 0, to: device.labels.count, by: batch) {
          for last in stride(from: y - 1, to: 0, by: -1) { turns.swapAt(last, turnRandom.below(last + 1)) }
          for a in turns {
            let before = (0..<y).map { replicas[$0].w }
            let sums = start.indices.map { i in before.reduce(0) { $0 + $1[i] } }
            let g = replicas[a].gain(device, orders[a][first..<min(first + batch, orders[a].count)])
            for i in g.indices {
              replicas[a].h[i] += eta * g[i]
              let w: Float = replicas[a].h[i] >= 0 ? 1 : -1
              if update == "center" {
                let kick = lambda * ((center.h[i] >= 0 ? 1 : -1) - w)
                replicas[a].h[i] += kick
                center.h[i] -= kick
                continue
              }
              let s = Double(sums[i])
              let c = update == "corrected" ? Float(tanh(gamma * Double(y))) : 1
              let f =
                switch update {
                case "hard": Float(max(-1, min(1, gamma * s)))
                case "continuous": Float(s) / Float(y)
                default: Float(tanh(gamma * s))
                }
              replicas[a].h[i] += lambda * (f - (w > 0 ? c : -c))
            }
          }
        }
      }
      let errors = replicas.map { Double(device.errors($0.w)) }
      XCTAssertEqual(end.report.values("replica_errors"), errors, "\(update), y \(y)")
      let expected = start.indices.map { i -> Double in
        if update == "center" { return center.h[i] >= 0 ? 1 : -1 }
        return replicas.reduce(0) { $0 + $1.w[i] } >= 0 ? 1 : -1
      }
      XCTAssertEqual(end.report.values("center"), expected, "\(update), y \(y)")
      XCTAssertEqual(end.report.scalar("center_errors"), Double(device.errors(expected.map { Int($0) })))
      let distance = replicas.reduce(0.0) { sum, replica in
        sum + zip(replica.w, expected).reduce(0.0) { $0 + (Double($1.0) == $1.1 ? 0 : 1) }
      }
      XCTAssertEqual(
        end.report.values("replica_distance")?.last ?? .nan, distance / Double(y * start.count), accuracy: 1e-12)
    }
  }

  /// Without attraction a single replica is plain least action.
  func testOneReplicaWithoutAttractionIsLeastAction() throws {
    let device = try PlainDevice(hidden: 3, fanIn: 45, patterns: 60, seed: 1)
    let start = randomSpins(device.dimension, seed: 1)
    let alone = try solved(LeastAction.self, ["batch": .int(5)], device, start, run: ["max_steps": .int(50)])
    let one = try solved(
      EntropicLeastAction.self, ["batch": .int(5), "replicas": .int(1), "attraction": .real(0)], device, start,
      run: ["max_steps": .int(50)])
    XCTAssertEqual(alone.losses, one.losses)
    XCTAssertEqual(alone.x, one.x)
  }

  func successes<T: Solver & Component>(
    _ type: T.Type, _ options: Options = [:], hidden: Int = 5, fanIn: Int, tree: Bool, alpha: Double, runs: Int
  ) throws -> Int {
    // Successes are of the first solution, wherever a run could go on.
    var options = options
    if type is EntropicLeastAction.Type { options["stop"] = .text("first") }
    return try (0..<runs).count { seed in
      let patterns = Int((alpha * Double(hidden * fanIn)).rounded())
      let device = try PlainDevice(hidden: hidden, fanIn: fanIn, patterns: patterns, tree: tree, seed: UInt64(seed))
      let end = try solved(
        type, options, device, randomSpins(device.dimension, seed: UInt64(seed)), run: ["seed": .int(seed)])
      let errors = device.errors(end.x.map { Int($0) })
      XCTAssertEqual(end.report.scalar("errors"), Double(errors))
      XCTAssertEqual(end.report.scalar("solved"), errors == 0 ? 1 : 0)
      XCTAssertEqual(end.report.scalar("success"), errors == 0 ? 1 : 0)
      return errors == 0
    }
  }

  /// Spec 3.5: all 5/5 on the tree; eLAL 5/5 on the full machine.
  func testSuccesses() throws {
    XCTAssertGreaterThanOrEqual(try successes(LeastAction.self, fanIn: 201, tree: true, alpha: 0.4, runs: 3), 2)
    XCTAssertGreaterThanOrEqual(try successes(EntropicLeastAction.self, fanIn: 201, tree: true, alpha: 0.4, runs: 3), 2)
    XCTAssertGreaterThanOrEqual(
      try successes(EntropicLeastAction.self, fanIn: 321, tree: false, alpha: 0.3, runs: 3), 2)
    for update in ["corrected", "hard", "continuous"] {
      XCTAssertGreaterThanOrEqual(
        try successes(
          EntropicLeastAction.self, ["update": .text(update)], fanIn: 201, tree: true, alpha: 0.4, runs: 2), 1, update)
    }
    // An explicit centre wants small batches and a weak pull (measured: 3 of 3 in about 800 epochs).
    let explicit: Options = ["update": .text("center"), "batch": .int(5), "attraction": .real(0.2)]
    XCTAssertGreaterThanOrEqual(
      try successes(EntropicLeastAction.self, explicit, fanIn: 101, tree: true, alpha: 0.3, runs: 2), 1)
  }

  /// With wait_center the run ends with a centre that makes no error.
  func testWaitingForTheCenter() throws {
    let device = try PlainDevice(hidden: 5, fanIn: 101, patterns: 150, seed: 2)
    let end = try solved(
      EntropicLeastAction.self,
      ["wait_center": .bool(true), "update": .text("continuous"), "stop": .text("first")], device,
      randomSpins(505, seed: 2))
    XCTAssertEqual(end.report.scalar("solved"), 1)
    XCTAssertEqual(end.report.scalar("center_errors"), 0)
    XCTAssertEqual(end.report.values("center"), end.x)
  }

  /// Beyond capacity (tree, K = 3: 0.921) and beyond what is claimed at 0.85, nothing is reported as solved.
  func testNothingIsClaimedBeyondCapacity() throws {
    XCTAssertEqual(
      try successes(LeastAction.self, ["epochs": .int(100)], hidden: 1, fanIn: 1001, tree: true, alpha: 0.85, runs: 1),
      0)
    XCTAssertEqual(
      try successes(
        EntropicLeastAction.self, ["epochs": .int(100)], hidden: 1, fanIn: 1001, tree: true, alpha: 0.85, runs: 1), 0)
    XCTAssertEqual(
      try successes(
        EntropicLeastAction.self, ["epochs": .int(100)], hidden: 3, fanIn: 201, tree: true, alpha: 1, runs: 1), 0)
  }

  func testSameBitsForAnyThreads() throws {
    let device = try PlainDevice(hidden: 3, fanIn: 101, patterns: 150, tree: false, seed: 4)
    let before = Parallel.threads
    defer { Parallel.threads = before }
    var ends: [[Double]] = []
    for threads in [1, 2, 4] {
      Parallel.threads = threads
      let end = try solved(
        EntropicLeastAction.self, [:], device, randomSpins(303, seed: 4),
        run: ["seed": .int(2), "max_steps": .int(60)])
      ends.append(end.losses + end.x + (end.report.values("center") ?? []))
    }
    XCTAssert(ends[0] == ends[1] && ends[0] == ends[2])
  }

  func testRefusals() throws {
    let device = try PlainDevice(hidden: 3, fanIn: 5, patterns: 4, seed: 1)
    XCTAssertEqual(
      refusal { _ = try EntropicLeastAction.configured(["replicas": .int(0)]) }?.message,
      "option 'replicas' of solver 'entropic_least_action' is 0, allowed 1 ... 100000")
    XCTAssertEqual(
      refusal { _ = try EntropicLeastAction.configured(["gamma": .real(-0.1)]) }?.message,
      "option 'gamma' of solver 'entropic_least_action' is -0.1, allowed 0 ... inf")
    XCTAssertEqual(
      refusal { _ = try EntropicLeastAction.configured(["update": .text("soft")]) }?.message,
      "option 'update' of solver 'entropic_least_action' is soft, allowed normal, corrected, hard, continuous, center")
    XCTAssertEqual(
      refusal { _ = try LeastAction.configured(["batch": .int(0)]) }?.message,
      "option 'batch' of solver 'least_action' is 0, allowed 1 ... 9000000000000000.0")
    let plain = try landscape(3) { x in (0, x) }
    XCTAssert(
      refusal { _ = try solved(LeastAction.self, [:], plain, [1, 1, 1]) }?.message.contains("patterns") == true)
    // Infinite gamma: the sign of the sum.
    let end = try solved(
      EntropicLeastAction.self, ["gamma": .real(.infinity)], device, randomSpins(15, seed: 1),
      run: ["max_steps": .int(20)])
    XCTAssertNotEqual(end.reason, .diverged)
  }
}
