import Swale
import SwaleTestSupport
import XCTest

/// `plane` against closed forms, the slices of taxonomy F2 and its own projections.
final class SurfacePlaneTests: XCTestCase {
  private typealias Fixture = SurfaceFixture

  // MARK: Values

  /// On a quadratic every grid value is known: f(x u + y v) with u, v given by points.
  func testPlaneOfAQuadratic() throws {
    let objective = try Fixture.objective("quadratic", ["matrix": .reals([4, 1, -2, 1, 3, 0.5, -2, 0.5, 1])])
    let center = [0.5, -0.25, 1]
    let u = [1.0, 2, 0]
    let v = [-1.0, 0.5, 0.5]
    let ends = [u, v].map { zip(center, $0).map { $0 + $1 } }
    let report = try Fixture.run(
      "plane", ["directions": .text("points"), "resolution": .int(7), "range": .real(3)], objective, [center] + ends)
    XCTAssertEqual(report["loss"]?.shape, [7, 7])
    let loss = try XCTUnwrap(report.values("loss"))
    let axis = try XCTUnwrap(report.values("axis_x"))
    XCTAssertEqual(axis, [-3, -2, -1, 0, 1, 2, 3])
    XCTAssertEqual(report.values("axis_y"), axis)
    func f(_ x: [Double]) -> Double {
      0.5 * (4 * x[0] * x[0] + 3 * x[1] * x[1] + x[2] * x[2]) + x[0] * x[1] - 2 * x[0] * x[2] + 0.5 * x[1] * x[2]
    }
    for j in 0..<7 {
      for i in 0..<7 {
        let x = (0..<3).map { center[$0] + axis[i] * u[$0] + axis[j] * v[$0] }
        XCTAssertEqual(loss[j * 7 + i], f(x), accuracy: 1e-12)
      }
    }
    XCTAssertNil(report["error"])
    XCTAssertEqual(report.values("u"), u)
    XCTAssertEqual(report.values("direction_norms")?[0] ?? 0, 5.0.squareRoot(), accuracy: 1e-15)
    XCTAssertEqual(report.values("direction_cosine")?[0] ?? 1, 0, accuracy: 1e-15)
    XCTAssertEqual(report.values("point_loss")?[0] ?? 0, f(center), accuracy: 1e-15)
  }

  /// Taxonomy F2: slices of the tiny digits networks along weights "s = 2", each unit's filter rescaled to the norm of
  /// net A's and biases zero. Printed to 8 decimals.
  func testFilterNormalisedSlicesOfF2() throws {
    let expected = [
      "tanh": [2.34136534, 2.30142564, 2.30139275, 2.31487558, 2.32846260],
      "relu": [2.33718005, 2.31612384, 2.30942529, 2.31363125, 2.31657029],
    ]
    for (activation, values) in expected {
      let objective = try Fixture.network([Dense(6, activation), Dense(5, activation), Dense(10)])
      let loss = try slice(objective, Digits.fingerprint())
      for (mine, theirs) in zip(loss, values) { XCTAssertEqual(mine, theirs, accuracy: 1e-8, activation) }
    }
  }

  /// (W0, b0) x 3, W1 / 3 leaves a relu network's filter-normalised slice as it was and changes the plain one
  /// (taxonomy F2).
  func testFilterNormalisationUndoesRescaling() throws {
    let objective = try Fixture.network([Dense(6, "relu"), Dense(5, "relu"), Dense(10)])
    let x = Digits.fingerprint()
    var y = x
    for i in 0..<390 { y[i] *= 3 }
    for i in 390..<420 { y[i] /= 3 }
    for (a, b) in zip(try slice(objective, x), try slice(objective, y)) { XCTAssertEqual(a, b, accuracy: 1e-12) }
    let plain = try slice(objective, x, normalization: "none")
    let rescaled = try slice(objective, y, normalization: "none")
    XCTAssertEqual(plain[0], 2.346278, accuracy: 6e-7)
    XCTAssertEqual(plain[4], 2.312082, accuracy: 6e-7)
    XCTAssertEqual(rescaled[0], 2.362928, accuracy: 6e-7)
    XCTAssertEqual(rescaled[4], 2.329573, accuracy: 6e-7)
  }

  /// Values at t = -1, -.5, 0, .5, 1 along the weights s = 2 of the fingerprint; their biases count as zero.
  private func slice(
    _ objective: any Objective, _ x: [Double], normalization: String = "filter"
  ) throws -> [Double] {
    var d = Digits.fingerprint(shift: 2)
    for bias in [384..<390, 420..<425, 475..<485] { for i in bias { d[i] = 0 } }
    let report = try Fixture.run(
      "plane",
      [
        "directions": .text("points"), "normalization": .text(normalization), "dimensions": .int(1),
        "resolution": .int(5),
      ], objective, [x, zip(x, d).map { $0 + $1 }])
    XCTAssertEqual(report["loss"]?.shape, [5])
    XCTAssertNil(report["axis_y"])
    return try XCTUnwrap(report.values("loss"))
  }

  // MARK: Directions

  func testFilterDirectionsHaveTheNormsOfTheFilters() throws {
    let objective = try Fixture.network([Dense(6, "relu"), Dense(10)], samples: 20)
    let x = try Fixture.start(objective)
    for biases in ["zero", "copy"] {
      let report = try Fixture.run(
        "plane", ["resolution": .int(2), "biases": .text(biases)], objective, [x], seed: 5)
      for name in ["u", "v"] {
        let d = try XCTUnwrap(report.values(name))
        for tensor in objective.layout.tensors {
          if tensor.role == .bias {
            for i in tensor.range { XCTAssertEqual(d[i], biases == "copy" ? x[i] : 0) }
            continue
          }
          let width = tensor.shape[1]
          for row in 0..<tensor.shape[0] {
            let range = (tensor.offset + row * width)..<(tensor.offset + (row + 1) * width)
            let ratio = range.map { d[$0] * d[$0] }.reduce(0, +) / range.map { x[$0] * x[$0] }.reduce(0, +)
            XCTAssertEqual(ratio, 1, accuracy: 1e-12)
          }
        }
      }
    }
  }

  /// Seeds decide directions; random ones have unit length and are all but orthogonal.
  func testRandomDirections() throws {
    let objective = try Fixture.network([Dense(6, "relu"), Dense(10)], samples: 20)
    let x = try Fixture.start(objective)
    let options: Options = ["directions": .text("random"), "resolution": .int(2)]
    let a = try Fixture.run("plane", options, objective, [x], seed: 1)
    let b = try Fixture.run("plane", options, objective, [x], seed: 1)
    let c = try Fixture.run("plane", options, objective, [x], seed: 2)
    XCTAssertEqual(a.values("u"), b.values("u"))
    XCTAssertNotEqual(a.values("u"), c.values("u"))
    XCTAssertNotEqual(a.values("u"), a.values("v"))
    for norm in try XCTUnwrap(a.values("direction_norms")) { XCTAssertEqual(norm, 1, accuracy: 1e-14) }
    // Five standard deviations of the cosine of two random directions in 460 dimensions.
    XCTAssertEqual(a.scalar("direction_cosine") ?? 1, 0, accuracy: 5 / 460.0.squareRoot())
  }

  /// Of a quadratic the eigenvectors are known: the slice is centred parabolas with the two largest curvatures.
  func testEigenvectorPlane() throws {
    let diagonal = [1, 7, 3, 0.5, -9, 4]
    let objective = try Fixture.objective("quadratic", ["diagonal": .reals(diagonal)])
    let report = try Fixture.run(
      "plane", ["directions": .text("eigenvectors"), "resolution": .int(3)], objective,
      [[Double](repeating: 0, count: 6)])
    for (mine, known) in zip(try XCTUnwrap(report.values("eigenvalues")), [7.0, 4]) {
      XCTAssertEqual(mine, known, accuracy: 1e-10)
    }
    for (mine, known) in zip(try XCTUnwrap(report.values("loss")), [5.5, 2, 5.5, 3.5, 0, 3.5, 5.5, 2, 5.5]) {
      XCTAssertEqual(mine, known, accuracy: 1e-9)
    }
    // Taxonomy F2, net A with tanh: the two largest eigenvalues of the Hessian.
    let network = try Fixture.network([Dense(6, "tanh"), Dense(5, "tanh"), Dense(10)])
    let slice = try Fixture.run(
      "plane", ["directions": .text("eigenvectors"), "resolution": .int(3), "range": .real(1e-3)], network,
      [Digits.fingerprint()])
    let loss = try XCTUnwrap(slice.values("loss"))
    // Second differences at steps of 1e-3: fourth derivatives of order 1e2 leave 1e-5, rounding 1e-9.
    XCTAssertEqual((loss[5] - 2 * loss[4] + loss[3]) / 1e-6, 2.6911406768, accuracy: 1e-4)
    XCTAssertEqual((loss[7] - 2 * loss[4] + loss[1]) / 1e-6, 0.6887916901, accuracy: 1e-4)
  }

  /// Orthonormal axes through three points: distances in the picture are distances in parameter space, and the grid
  /// has the three points inside with a margin of a fifth.
  func testThreePointPlane() throws {
    let objective = try Fixture.objective("quadratic", ["diagonal": .reals([1, 2, 3, 4])])
    let points = [[1, 0, 0, 0], [1, 3, 0, 4], [0, 1, 2, 1]].map { $0.map(Double.init) }
    let report = try Fixture.run(
      "plane", ["directions": .text("three_point"), "resolution": .int(11)], objective, points)
    let c = try XCTUnwrap(report.values("coordinates"))
    XCTAssertEqual(report["coordinates"]?.shape, [3, 2])
    for i in 0..<3 {
      for j in 0..<3 {
        let inPlane = ((c[2 * i] - c[2 * j]) * (c[2 * i] - c[2 * j])
          + (c[2 * i + 1] - c[2 * j + 1]) * (c[2 * i + 1] - c[2 * j + 1])).squareRoot()
        let inSpace = zip(points[i], points[j]).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
        XCTAssertEqual(inPlane, inSpace, accuracy: 1e-13)
      }
    }
    for distance in try XCTUnwrap(report.values("out_of_plane")) { XCTAssertEqual(distance, 0, accuracy: 1e-14) }
    XCTAssertEqual(c[2], 5, accuracy: 1e-14)
    let x = try XCTUnwrap(report.values("axis_x"))
    let span = max(5, c[4]) - min(0, c[4])
    XCTAssertEqual(x[0], min(0, c[4]) - 0.2 * span, accuracy: 1e-13)
    XCTAssertEqual(x[10], max(5, c[4]) + 0.2 * span, accuracy: 1e-13)
    XCTAssertEqual(report.values("axis_y")?[0] ?? 0, -0.2 * c[5], accuracy: 1e-13)
  }

  /// Points off the plane: least-squares coordinates with directions that are not orthonormal, and the distance.
  func testProjection() throws {
    let objective = try Fixture.objective("quadratic", ["diagonal": .reals([1, 1, 1])])
    let report = try Fixture.run(
      "plane", ["directions": .text("points"), "resolution": .int(2)], objective,
      [[0, 0, 0], [2, 0, 0], [1, 1, 0], [5, 3, 7]])
    let c = try XCTUnwrap(report.values("coordinates"))
    for (mine, known) in zip(c, [0.0, 0, 1, 0, 0, 1, 1, 3]) { XCTAssertEqual(mine, known, accuracy: 1e-13) }
    XCTAssertEqual(report.values("out_of_plane")?[3] ?? 0, 7, accuracy: 1e-13)
    XCTAssertEqual(report.values("point_loss")?[3], 0.5 * (25 + 9 + 49))
  }

  func testStoppedPlaneHasHoles() throws {
    let objective = try Fixture.objective("quadratic", ["diagonal": .reals([1, 2])])
    let report = try Fixture.run(
      "plane", ["directions": .text("random"), "resolution": .int(5)], objective, [[0, 0]]
    ) { $0.maxEvaluations = 11 }
    let loss = try XCTUnwrap(report.values("loss"))
    XCTAssertEqual(loss.filter(\.isFinite).count, 10)
    XCTAssertEqual(report.scalar("reason"), Double(Reason.maxEvaluations.rawValue))
  }

  // MARK: Refusals

  func testRefusals() throws {
    let objective = try Fixture.objective("quadratic", ["diagonal": .reals([1, 2])])
    func refusal(_ options: Options, _ points: [[Double]]) -> String {
      Fixture.refusal { try Fixture.run("plane", options, objective, points) }
    }
    XCTAssertEqual(
      refusal(["directions": .text("points")], [[0, 0], [1, 0]]),
      "metric 'plane' with directions=points takes at least 3 points, got 2")
    XCTAssertEqual(
      refusal(["directions": .text("three_point"), "dimensions": .int(1)], [[0, 0], [1, 0], [0, 1]]),
      "option 'dimensions' of metric 'plane' is 1, directions=three_point allows 2")
    for kind in ["points", "three_point"] {
      XCTAssertEqual(
        refusal(["directions": .text(kind)], [[0, 0], [1, 1], [2, 2]]),
        "metric 'plane': the two directions are parallel; give points that span a plane")
      XCTAssertTrue(
        refusal(["directions": .text(kind)], [[1, 1], [1, 1], [2, 2]])
          .hasPrefix("metric 'plane': direction 1 has length 0.0, allowed positive lengths"))
    }
    XCTAssertTrue(refusal([:], [[0, 0]]).hasPrefix("metric 'plane': direction 1 has length 0.0"))
    XCTAssertTrue(refusal(["directions": .text("pca")], [[0, 0]]).contains("allowed filter, random, eigenvectors"))
    XCTAssertTrue(refusal(["resolution": .int(1)], [[0, 0]]).contains("option 'resolution' of metric 'plane' is 1"))
    XCTAssertTrue(refusal(["range": .real(0)], [[0, 0]]).contains("option 'range' of metric 'plane' is 0"))
    let blind = try CallbackObjective(CallbackTable(dimension: 2, value: { x, _ in x[0] }, hasGradient: false))
    XCTAssertEqual(
      Fixture.refusal { try Fixture.run("plane", ["directions": .text("eigenvectors")], blind, [[0, 0]]) },
      "metric 'plane' with directions=eigenvectors needs a gradient, which objective 'callback' does not have")
  }
}
