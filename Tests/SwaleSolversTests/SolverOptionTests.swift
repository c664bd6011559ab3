import Swale
import XCTest

/// Options of the solvers: listed with range and default, refused in words.
final class SolverOptionTests: XCTestCase {
  let solvers: [any (Solver & Component).Type] = [SGD.self, Adam.self, LBFGS.self, NewtonCG.self]

  func testNamesAreUniqueAndDocumented() {
    for type in solvers {
      let options = Registration(type).options
      XCTAssertEqual(Set(options.map(\.name)).count, options.count, type.info.name)
      XCTAssert(options.allSatisfy { $0.doc.hasSuffix(".") }, type.info.name)
      XCTAssertFalse(type.info.reference.isEmpty)
    }
  }

  func testDefaultsAreAllowed() throws {
    for type in solvers {
      // An empty list stands for none given, and cannot be given.
      for option in Registration(type).options where ![.ints([]), .reals([])].contains(option.fallback) {
        _ = try option.checked(option.fallback, of: type.info.name)
      }
    }
  }

  func testRefusals() throws {
    let bad: [(any (Solver & Component).Type, Options, String)] = [
      (SGD.self, ["learning_rate": .real(-0.1)],
        "option 'learning_rate' of solver 'sgd' is -0.1, allowed 0 ... 1000000000"),
      (SGD.self, ["learning_rate": .real(.nan)],
        "option 'learning_rate' of solver 'sgd' is nan, allowed 0 ... 1000000000"),
      (SGD.self, ["momentum": .real(1.5)], "option 'momentum' of solver 'sgd' is 1.5, allowed 0 ... 1"),
      (SGD.self, ["schedule": .text("cosin")],
        "option 'schedule' of solver 'sgd' is cosin, allowed constant, step, cosine, linear"),
      (SGD.self, ["milestones": .reals([0.5, 2])],
        "option 'milestones' of solver 'sgd' is 0.5,2.0, allowed 0 ... 1"),
      (SGD.self, ["batchsize": .int(3)], "unknown option of solver 'sgd' 'batchsize'; did you mean 'batch_size'?"),
      (Adam.self, ["beta2": .real(1)], "option 'beta2' of solver 'adam' is 1, allowed 0 ... 0.999999"),
      (Adam.self, ["batch_size": .int(-1)],
        "option 'batch_size' of solver 'adam' is -1, allowed 0 ... 9000000000000000.0"),
      (LBFGS.self, ["memory": .int(0)], "option 'memory' of solver 'lbfgs' is 0, allowed 1 ... 10000"),
      (NewtonCG.self, ["cg_iterations": .real(2.5)],
        "option 'cg_iterations' of solver 'newton_cg' is 2.5, allowed whole numbers"),
    ]
    for (type, options, sentence) in bad {
      let failure = refusal { _ = try type.configured(options) }
      XCTAssertEqual(failure?.status, .option)
      XCTAssertEqual(failure?.message, sentence)
    }
  }

  func testRefusalsOfCombinations() throws {
    let bowl = try QuadraticObjective(diagonal: [1, 2])
    let bad: [(any (Solver & Component).Type, Options, String)] = [
      (SGD.self, ["nesterov": .bool(true)],
        "option 'nesterov' of solver 'sgd' is true but momentum is 0; give a momentum in 0 ... 1"),
      (NewtonCG.self, ["radius": .real(5), "max_radius": .real(2)],
        "option 'radius' of solver 'newton_cg' is 5.0, allowed up to max_radius = 2.0"),
    ]
    for (type, options, sentence) in bad {
      let failure = refusal { _ = try solved(type, options, bowl, [1, 1]) }
      XCTAssertEqual(failure?.status, .option)
      XCTAssertEqual(failure?.message, sentence)
    }
    let long = refusal {
      _ = try solved(
        SGD.self, ["epochs": .real(9e15), "batch_size": .int(1)], CloudObjective(samples: 1000), [0, 0])
    }
    XCTAssertEqual(long?.status, .option)
  }
}
