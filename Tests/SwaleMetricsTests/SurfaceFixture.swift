import Swale
import SwaleTestSupport
import XCTest

/// What the surface tests measure, networks on the digits and objectives with formulas, and how they are called.
enum SurfaceFixture {
  static func network(
    _ layers: [any Layer], samples: Int = 200, loss: any Loss = CrossEntropy(), l2: Double = 0,
    precision: Precision = .f64
  ) throws -> NetworkObjective {
    let data = try Digits.dataset(samples)
    let builder = try ModelBuilder(inputShape: [64])
    for layer in layers { try builder.add(layer) }
    return try NetworkObjective(model: builder.finish(), data: data, loss: loss, l2: l2, precision: precision)
  }

  static func objective(_ name: String, _ options: Options = [:]) throws -> any Objective {
    try Registry.shared.make(.objective, name, options, as: (any Landscape).self)
      .build(LandscapeParts(registry: Registry.shared))
  }

  static func start(_ objective: any Objective, seed: UInt64 = 1) throws -> [Double] {
    var x = [Double](repeating: 0, count: objective.dimension)
    let gaussian = try Registry.shared.make(
      .initializer, "gaussian", ["sd": .real(0.3)], as: (any Initializer).self)
    objective.initialize(gaussian, seed: seed, into: &x)
    return x
  }

  /// A registered metric at the given points.
  static func run(
    _ metric: String, _ options: Options = [:], _ objective: any Objective, _ points: [[Double]], seed: Int = 0,
    _ change: (inout RunSettings) -> Void = { _ in }
  ) throws -> Report {
    XCTAssert(points.allSatisfy { $0.count == objective.dimension }, "points of another dimension")
    let entry = try Registry.shared.find(.metric, metric)
    let made = try Registry.shared.make(.metric, metric, options, as: (any Metric).self)
    var settings = RunSettings()
    settings.seed = seed
    change(&settings)
    return try measure(
      made, name: metric, needs: entry.needs, pointRange: entry.points, objective: objective,
      points: points.flatMap { $0 }, count: points.count, run: Run(settings))
  }

  /// The sentence with which a measurement is refused.
  static func refusal(_ body: () throws -> Report) -> String {
    do {
      _ = try body()
      return "not refused"
    } catch { return "\(error)" }
  }
}
