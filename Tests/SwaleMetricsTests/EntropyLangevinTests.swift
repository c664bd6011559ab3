import Glibc
import Swale
import XCTest

/// The Langevin estimate of local entropy on quadratic landscapes, where everything is a Gaussian integral.
final class EntropyLangevinTests: XCTestCase {
  /// f = sum a_i (x_i - c_i)^2 / 2 and a point w.
  private let a = (0..<12).map { 0.3 + 0.4 * Double($0) }
  private let c = (0..<12).map { 0.1 * Double($0) - 0.4 }
  private let w = [Double](repeating: 0.2, count: 12)
  private let beta = 2.0

  private struct Exact {
    var free = 0.0
    var loss = 0.0
    var distance = 0.0
    var entropy = 0.0
  }

  /// p is normal with precision L_i = gamma + beta a_i around (gamma w_i + beta a_i c_i) / L_i. `step` > 0: the
  /// stationary variance 1 / (L (1 - eps L / 2)) of unadjusted steps eps = step / gamma.
  private func exact(_ gamma: Double, step: Double = 0) -> Exact {
    let n = Double(a.count)
    var result = Exact()
    for i in a.indices {
      let precision = gamma + beta * a[i]
      let offset = w[i] - c[i]
      let variance = 1 / (precision * (1 - step / gamma * precision / 2))
      let shift = gamma * offset / precision
      let moved = beta * a[i] * offset / precision
      result.free -= (log(precision / gamma) / 2 + beta * a[i] * offset * offset * gamma / (2 * precision)) / n
      result.loss += a[i] / 2 * (variance + shift * shift)
      result.distance += (variance + moved * moved) / n
      result.entropy += (log(2 * Double.pi * M_E) - log(precision)) / 2 / n
    }
    result.distance = result.distance.squareRoot()
    return result
  }

  private func run(_ options: Options, seed: Int = 0, precision: String = "f64") throws -> Report {
    let objective = try SurfaceFixture.objective(
      "quadratic", ["diagonal": .reals(a), "center": .reals(c), "precision": .text(precision)])
    var all = options
    all["beta"] = .real(beta)
    return try SurfaceFixture.run("local_entropy", all, objective, [w], seed: seed)
  }

  /// Five standard errors: one in a million for a right estimate.
  private func compare(_ report: Report, _ name: String, _ index: Int, _ value: Double, line: UInt = #line) {
    let (found, error) = (report.values(name)?[index] ?? .nan, report.values(name + "_error")?[index] ?? .nan)
    XCTAssertEqual(found, value, accuracy: 5 * error, "\(name) \(index)", line: line)
    XCTAssertLessThan(error, 0.05 * max(1, abs(value)), "\(name) \(index)", line: line)
  }

  func testQuadratic() throws {
    let gammas = [100.0, 10, 1]
    for precision in ["f64", "f32"] {
      let report = try run(["gammas": .reals(gammas), "samples": .int(4000)], precision: precision)
      XCTAssertEqual(report.text("method"), "langevin")
      XCTAssertEqual(report.text("status"), "converged")
      for (index, gamma) in gammas.enumerated() {
        let truth = exact(gamma)
        compare(report, "free_entropies", index, truth.free)
        compare(report, "entropies", index, truth.entropy)
        compare(report, "losses", index, truth.loss)
        compare(report, "distances", index, truth.distance)
        XCTAssertLessThan(report.values("entropies")?[index] ?? .nan, (report.values("bound")?[index] ?? .nan) + 0.01)
        XCTAssertEqual(report.values("acceptance")?[index] ?? .nan, 0.57, accuracy: 0.15)
      }
    }
  }

  /// The error bars are neither decoration nor fear: over 40 seeds the deviations in units of them have a spread near
  /// 1.
  func testErrorBars() throws {
    var squares = 0.0
    for seed in 0..<40 {
      let report = try run(["gammas": .reals([3]), "samples": .int(800), "nodes": .int(4)], seed: seed)
      let z = ((report.values("free_entropies")?[0] ?? .nan) - exact(3).free)
        / (report.values("free_entropies_error")?[0] ?? .nan)
      squares += z * z
    }
    // Chi squared with 40 degrees of freedom: 0.55 ... 1.55 is four of its standard deviations for ideal error bars.
    // These are the largest of several estimates, a third larger.
    XCTAssertGreaterThan(squares / 40, 0.25)
    XCTAssertLessThan(squares / 40, 1.8)
  }

  /// High statistics in one and three dimensions, where proposals and coins of the acceptance are drawn by turns from
  /// few random numbers, at the tuned step and at long and short ones: <|x - w|^2>, <f>, phi and S are the exact ones
  /// within four standard errors, for every seed, and their mean square is that of a right estimate.
  func testAcceptance() throws {
    let beta = 2.0
    for a in [[1.0], [1, 2, 3]] {
      let objective = try SurfaceFixture.objective("quadratic", ["diagonal": .reals(a)])
      let n = Double(a.count)
      let precisions = a.map { 10 + beta * $0 }
      let exact = [
        "free_entropies": -precisions.reduce(0) { $0 + log($1 / 10) / 2 } / n,
        "entropies": precisions.reduce(0) { $0 + log(2 * Double.pi * M_E / $1) / 2 } / n,
        "losses": zip(a, precisions).reduce(0) { $0 + $1.0 / (2 * $1.1) },
        "distances": (precisions.reduce(0) { $0 + 1 / $1 } / n).squareRoot(),
      ]
      var (squares, count) = (0.0, 0.0)
      for step in [0, 0.9, 0.3] {
        for seed in 0..<3 {
          let report = try SurfaceFixture.run(
            "local_entropy",
            ["gammas": .reals([10]), "beta": .real(beta), "samples": .int(20_000), "nodes": .int(4), "step": .real(step)],
            objective, [[Double](repeating: 0, count: a.count)], seed: seed)
          for (name, value) in exact {
            let error = report.values(name + "_error")?[0] ?? .nan
            let z = ((report.values(name)?[0] ?? .nan) - value) / error
            XCTAssertLessThan(abs(z), 4, "\(name), n = \(a.count), step \(step), seed \(seed)")
            // For a step that is long enough; the shortest one has some 2000 independent samples.
            XCTAssertLessThan(error, 0.02, name)
            squares += z * z
            count += 1
          }
        }
      }
      // 36 numbers, of which about half are independent.
      XCTAssertLessThan(squares / count, 2)
    }
  }

  /// A stiff direction, beta a / gamma = 100, with the default 5 nodes: phi = -ln(101) / 2 within its error bar, where
  /// nodes even in s would be 12 percent off.
  func testStiffDirection() throws {
    let objective = try SurfaceFixture.objective("quadratic", ["diagonal": .reals([100])])
    for seed in 0..<3 {
      let report = try SurfaceFixture.run(
        "local_entropy", ["gammas": .reals([2]), "beta": .real(2), "samples": .int(8000)], objective, [[0]], seed: seed)
      let error = report.values("free_entropies_error")?[0] ?? .nan
      XCTAssertEqual(report.values("free_entropies")?[0] ?? .nan, -log(101) / 2, accuracy: 4 * error)
      XCTAssertLessThan(error, 0.1)
    }
  }

  /// Without acceptance the samples have the known bias of the discretisation.
  func testUnadjusted() throws {
    let report = try run([
      "gammas": .reals([4]), "samples": .int(20_000), "adjusted": .bool(false), "step": .real(0.3), "nodes": .int(1),
    ])
    compare(report, "losses", 0, exact(4, step: 0.3).loss)
    compare(report, "distances", 0, exact(4, step: 0.3).distance)
    XCTAssertGreaterThan(exact(4, step: 0.3).loss, 1.1 * exact(4).loss)
  }

  func testRefusals() throws {
    func refusal(_ options: Options) -> String { SurfaceFixture.refusal { try run(options) } }
    XCTAssertTrue(refusal(["adjusted": .bool(false)]).contains("'step'"))
    XCTAssertTrue(refusal(["gammas": .reals([])]).contains("'gammas'"))
    XCTAssertTrue(refusal(["gammas": .reals([-1])]).contains("-1"))
    XCTAssertTrue(refusal(["warm_up": .int(0)]).contains("'warm_up'"))
  }
}
