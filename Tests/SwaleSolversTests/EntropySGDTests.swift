import Glibc
import Swale
import XCTest

/// `entropy_sgd` against a plain loop written from spec 1.3 J, and the size of its noise.
final class EntropySGDTests: XCTestCase {
  let diagonal = (0..<21).map { 0.05 + 0.11 * Double($0) }
  let center = (0..<21).map { sin(1.7 * Double($0)) }
  var start: [Double] { (0..<21).map { 2 * cos(Double($0)) } }

  struct Settings {
    var (rate, inner, beta, gamma0, gamma1) = (0.7, 0.1, 0.75, 0.05, 0.02)
    var (momentum, innerMomentum, decay) = (0.0, 0.0, 0.0)
    var (nesterov, paperAverage, outerGamma) = (true, false, false)
    /// Below 0: as long as the way without momentum.
    var dampening = 0.0
    var (walk, steps) = (6, 8)

    var options: Options {
      [
        "learning_rate": .real(rate), "langevin_rate": .real(inner), "beta": .real(beta), "gamma_0": .real(gamma0),
        "gamma_1": .real(gamma1), "momentum": .real(momentum), "inner_momentum": .real(innerMomentum),
        "weight_decay": .real(decay), "nesterov": .bool(nesterov), "average": .text(paperAverage ? "paper" : "program"),
        "outer_gamma": .bool(outerGamma), "langevin_steps": .int(walk), "steps": .int(steps), "epsilon": .real(0),
        "dampening": .real(dampening),
      ]
    }
  }

  /// The walk and the outer step, one coordinate at a time, without noise.
  func reference(_ s: Settings) -> [Double] {
    func direction(_ g: Double, _ v: inout Double, _ momentum: Double) -> Double {
      if momentum == 0 { return g }
      v = momentum * v + g
      return s.nesterov ? g + momentum * v : v
    }
    return diagonal.indices.map { i in
      var (x, velocity) = (start[i], 0.0)
      for t in 0..<s.steps {
        let tie = s.gamma0 * pow(1 + s.gamma1, Double(t))
        var (w, mean, inner) = (x, x, 0.0)
        for _ in 0..<s.walk {
          let slope = diagonal[i] * (w - center[i]) + s.decay * w
          w -= s.inner * (direction(slope, &inner, s.innerMomentum) + tie * (w - x))
          mean = s.paperAverage ? (1 - s.beta) * mean + s.beta * w : s.beta * mean + (1 - s.beta) * w
        }
        let slope = (s.walk == 0 ? diagonal[i] * (x - center[i]) : x - mean) + s.decay * x
        let part = 1 - (s.dampening < 0 ? (s.walk == 0 ? 0 : s.momentum) : s.dampening)
        x -= s.rate * part * (s.outerGamma ? tie : 1) * direction(slope, &velocity, s.momentum)
      }
      return x
    }
  }

  func testAgainstThePlainLoop() throws {
    var cases = [Settings()]
    for change in [
      { (s: inout Settings) in s.paperAverage = true }, { $0.outerGamma = true }, { $0.momentum = 0.6 },
      { $0.innerMomentum = 0.5 }, { $0.innerMomentum = 0.5; $0.nesterov = false; $0.momentum = 0.3 },
      { $0.decay = 0.03 }, { $0.walk = 1 }, { $0.walk = 0; $0.momentum = 0.9; $0.rate = 0.05 },
      { $0.momentum = 0.6; $0.dampening = -1 }, { $0.dampening = 0.25 },
    ] {
      var s = Settings()
      change(&s)
      cases.append(s)
    }
    for (number, s) in cases.enumerated() {
      let expected = reference(s)
      for (precision, accuracy) in [(Precision.f64, 1e-13), (.f32, 1e-5)] {
        // Rounding of 50 inner steps of numbers of order one.
        let bowl = try QuadraticObjective(diagonal: diagonal, center: center, precision: precision)
        let found = try solved(EntropySGD.self, s.options, bowl, start)
        for (a, b) in zip(found.x, expected) { XCTAssertEqual(a, b, accuracy: accuracy, "case \(number)") }
        XCTAssertEqual(found.report.scalar("gradients"), Double(s.steps * max(s.walk, 1)))
        XCTAssertEqual(
          found.report.values("gradient_evaluations"), (1...s.steps).map { Double($0 * max(s.walk, 1)) })
        let scope = try XCTUnwrap(found.report.values("scope"))
        for (t, g) in scope.enumerated() { XCTAssertEqual(g, s.gamma0 * pow(1 + s.gamma1, Double(t)), accuracy: 1e-15) }
      }
    }
  }

  /// Where nothing is given, a step of the walker goes back a tenth of the way to x, in the last step three tenths.
  func testDefaultTie() throws {
    let bowl = try QuadraticObjective(diagonal: diagonal, center: center)
    let found = try solved(EntropySGD.self, ["langevin_rate": .real(0.4), "steps": .int(11)], bowl, start)
    let scope = try XCTUnwrap(found.report.values("scope"))
    for (t, g) in scope.enumerated() { XCTAssertEqual(g, 0.25 * pow(3, Double(t) / 10), accuracy: 1e-14) }
    XCTAssertEqual(found.report.scalar("gamma_0") ?? 0, 0.25, accuracy: 1e-16)
    XCTAssertEqual(found.report.scalar("gamma_1") ?? 0, pow(3, 0.1) - 1, accuracy: 1e-14)
    // A tie that is stronger than that at the start does not grow; no tie stays none, however it would grow.
    for (gamma0, gamma1) in [(2.0, -1.0), (0, -1), (0, 1e6)] {
      let given: Options = [
        "langevin_rate": .real(0.4), "steps": .int(60), "gamma_0": .real(gamma0), "gamma_1": .real(gamma1),
      ]
      let result = try solved(EntropySGD.self, given, bowl, start)
      XCTAssertEqual(result.report.values("scope"), [Double](repeating: gamma0, count: 60))
      XCTAssertTrue(result.fun.isFinite)
    }
  }

  /// Without inner steps it is sgd, to the bit.
  func testNoWalkIsSGD() throws {
    let cloud = CloudObjective(samples: 40)
    let common: Options = [
      "batch_size": .int(6), "learning_rate": .real(0.1), "momentum": .real(0.9), "nesterov": .bool(true),
      "epochs": .int(3),
    ]
    var options = common
    options["langevin_steps"] = .int(0)
    let a = try solved(EntropySGD.self, options, cloud, [3, 4], run: ["seed": .int(5)])
    let b = try solved(SGD.self, common, cloud, [3, 4], run: ["seed": .int(5)])
    XCTAssertEqual(a.x, b.x)
    XCTAssertEqual(a.losses, b.losses)
  }

  /// On a flat landscape without tie the mean after L steps is sum_l (1 - b^(L - l + 1)) s z_l: its variance is known.
  func testNoiseVariance() throws {
    let n = 200_000
    let flat = try QuadraticObjective(diagonal: [Double](repeating: 0, count: n))
    let (rate, epsilon, beta, walk) = (0.3, 0.2, 0.6, 4)
    for (convention, variance) in [("program", 2 * rate), ("paper", rate)] {
      let options: Options = [
        "noise_scale": .text(convention), "epsilon": .real(epsilon), "langevin_rate": .real(rate), "beta": .real(beta),
        "langevin_steps": .int(walk), "gamma_0": .real(0), "steps": .int(1),
      ]
      let x = try solved(EntropySGD.self, options, flat, [Double](repeating: 0, count: n)).x
      let weights = (1...walk).reduce(0.0) { $0 + pow(1 - pow(beta, Double(walk - $1 + 1)), 2) }
      let expected = epsilon * epsilon * variance * weights
      let found = x.reduce(0) { $0 + $1 * $1 } / Double(n)
      // Standard deviation of a variance from n numbers: sqrt(2 / n) = 0.3 %.
      XCTAssertEqual(found, expected, accuracy: 0.015 * expected, convention)
      XCTAssertEqual(x.reduce(0, +) / Double(n), 0, accuracy: 5 * (expected / Double(n)).squareRoot())
    }
  }

  /// With a tie the walker's stationary spread obeys the discrete Ornstein-Uhlenbeck process: on f = a x^2 / 2 around
  /// 0, variance s^2 / (1 - (1 - r (a + g))^2).
  func testTiedWalkerIsStationary() throws {
    let n = 20_000
    let (rate, epsilon, curvature, tie) = (0.5, 0.3, 0.4, 0.8)
    let bowl = try QuadraticObjective(diagonal: [Double](repeating: curvature, count: n))
    let options: Options = [
      "epsilon": .real(epsilon), "langevin_rate": .real(rate), "beta": .real(0), "langevin_steps": .int(60),
      "gamma_0": .real(tie), "steps": .int(1),
    ]
    // beta = 0: the mean is the walker's last place.
    let x = try solved(EntropySGD.self, options, bowl, [Double](repeating: 0, count: n)).x
    let keep = 1 - rate * (curvature + tie)
    let expected = 2 * rate * epsilon * epsilon / (1 - keep * keep)
    XCTAssertEqual(x.reduce(0) { $0 + $1 * $1 } / Double(n), expected, accuracy: 0.05 * expected)
  }

  /// An epoch is a pass of the walker; every batch of it is used once.
  func testEpochsCountGradients() throws {
    let cloud = CloudObjective(samples: 24)
    let options: Options = ["batch_size": .int(4), "epochs": .int(10), "langevin_steps": .int(5), "epsilon": .real(0)]
    let result = try solved(EntropySGD.self, options, cloud, [0, 0])
    XCTAssertEqual(result.steps, 12)
    XCTAssertEqual(result.report.scalar("gradients"), 60)
    XCTAssertEqual(result.report.values("epoch_loss")?.count, 10)
    for epoch in 0..<10 {
      XCTAssertEqual(cloud.batches[(6 * epoch)..<(6 * epoch + 6)].flatMap { $0 }.sorted(), Array(0..<24))
    }
  }

  /// A walk that is cut short leaves the point where it was.
  func testStoppedWalk() throws {
    let bowl = try QuadraticObjective(diagonal: diagonal, center: center)
    // Of a growth of its own, which does not depend on the length of the run.
    let options: Options = ["gamma_1": .real(0.01)]
    let whole = try solved(EntropySGD.self, ["steps": .int(2), "gamma_1": .real(0.01)], bowl, start)
    let cut = try solved(EntropySGD.self, options, bowl, start, run: ["max_evaluations": .int(47)])
    XCTAssertEqual(cut.reason, .maxEvaluations)
    XCTAssertEqual(cut.x, whole.x)
    XCTAssertEqual(cut.report.scalar("gradients"), 47)
    XCTAssertEqual(cut.report.values("scope")?.count, cut.losses.count)
  }

  func testStepsTakeNoMemory() throws {
    let cloud = CloudObjective(samples: 24)
    for type in [EntropySGD.self, ReplicatedSGD.self] as [any (Solver & Component).Type] {
      var used: [Int] = []
      let options: Options = ["batch_size": .int(5), "momentum": .real(0.5), "learning_rate": .real(0.01)]
      let run: Options = ["max_steps": .int(40), "history": .bool(false), "progress_every": .real(0)]
      _ = try solved(type, options, cloud, [1, 2], run: run) { progress in
        if progress.reason == .running, progress.step >= 1 { used.append(Memory.used) }
        return true
      }
      XCTAssertGreaterThan(used.count, 10)
      XCTAssertEqual(Set(used).count, 1, type.info.name)
    }
  }
}
