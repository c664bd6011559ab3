import Swale
import XCTest

/// Every numeric option of the continuous and spin solvers at both ends of its range, at 0 and at the smallest steps
/// beside them: an answer or a sentence, and never the end of the process.
final class ExtremeOptionTests: XCTestCase {
  let solvers: [any (Solver & Component).Type] = [
    SGD.self, Adam.self, RMSprop.self, Adagrad.self, Langevin.self, LBFGS.self, NewtonCG.self, Metropolis.self,
    SimulatedAnnealing.self, SBPI.self, LeastAction.self,
  ]

  func candidates(_ option: OptionInfo) -> [Double] {
    let ends = [option.lowest, option.highest].filter(\.isFinite)
    let beside = ends.flatMap { [$0.nextUp, $0.nextDown] }
    let all = ends + beside + [0, Double.leastNonzeroMagnitude, 1e-300, 1, 1e308, -1]
    return all.filter { $0 >= option.lowest && $0 <= option.highest }
  }

  func value(_ number: Double, _ type: OptionType) -> OptionValue? {
    switch type {
    case .int: Int(exactly: number).map { .int($0) }
    case .real: .real(number)
    case .ints: Int(exactly: number).map { .ints([$0]) }
    case .reals: .reals([number, number])
    case .bool, .text: nil
    }
  }

  func testEveryNumericOption() throws {
    let bowl = try QuadraticObjective(diagonal: [1, 2, 3], precision: .f32)
    let data = try RandomPatterns.configured(["samples": .int(5), "features": .int(21)]).load(seed: 1)
    let make = try Registry.shared.make(.objective, "perceptron", [:], as: (any Landscape).self)
    let perceptron = try make.build(LandscapeParts(registry: .shared, data: data))
    let objectives: [any Objective] = [
      bowl, try QuadraticObjective(diagonal: [1, 2, 3]), CloudObjective(samples: 5), perceptron,
    ]
    let run: Options = ["max_steps": .int(3), "max_seconds": .real(0.05), "history": .bool(false)]
    var tried = 0
    for type in solvers {
      for objective in objectives where objective.capabilities.isSuperset(of: type.needs.subtracting(.stochastic)) {
        let start = (0..<objective.dimension).map { $0 % 2 == 0 ? 1.0 : -1 }
        for option in Registration(type).options {
          for number in candidates(option) {
            guard let given = value(number, option.type) else { continue }
            var options: Options = objective is CloudObjective ? ["batch_size": .int(2)] : [:]
            options[option.name] = given
            // Without a length of its own a schedule is as long as max_steps; the longest there is has its own paths.
            for long in [false, true] {
              var all = options
              if long, option.name != "steps", Registration(type).options.contains(where: { $0.name == "steps" }) {
                all["steps"] = .int(9_000_000_000_000_000)
              }
              do {
                let result = try solved(type, all, objective, start, run: run)
                XCTAssert(result.x.allSatisfy(\.isFinite), "\(type.info.name) \(option.name) \(number)")
              } catch let failure as Failure {
                XCTAssertFalse(failure.message.isEmpty)
                XCTAssertNotEqual(failure.status, .internalError, failure.message)
              }
              tried += 1
            }
          }
        }
      }
    }
    XCTAssertGreaterThan(tried, 2000)
  }

  /// Points of extreme size, for the solvers that follow a gradient.
  func testExtremePoints() throws {
    for size in [1e308, 1e200, 1e-200, Double.leastNonzeroMagnitude] {
      for type in solvers where type.needs.contains(.gradient) {
        for curvature in [1.0, 1e-200, 1e200] {
          let bowl = try QuadraticObjective(diagonal: [curvature, curvature])
          let result = try solved(type, [:], bowl, [size, -size], run: ["max_steps": .int(20)])
          XCTAssert(result.x.allSatisfy(\.isFinite), "\(type.info.name) at \(size)")
        }
      }
    }
  }
}
