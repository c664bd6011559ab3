import Foundation
import Swale
import XCTest

/// What the surface tests measure: the digits, the network of fingerprint F2 and objectives with formulas.
enum SurfaceFixture {
  private static let table: [[Double]] = {
    let root =
      ProcessInfo.processInfo.environment["SWALE_DATA"]
      ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../shared/data").path
    let text = (try? String(contentsOfFile: root + "/tables/digits.csv", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").dropFirst().map { $0.split(separator: ",").compactMap { Double($0) } }
  }()

  /// The first `count` digits, pixels / 16; skips the test with a reason when the table is absent.
  static func digits(_ count: Int) throws -> Dataset {
    try XCTSkipIf(table.isEmpty, "digits.csv not found; set SWALE_DATA to the folder that holds tables/digits.csv")
    let rows = table.prefix(count)
    return Dataset(
      name: "digits", count: count, shape: [64],
      inputs: SampleStorage(try Buffer(rows.flatMap { $0.dropLast() }.map { $0 / 16 })),
      targets: .labels(try Buffer(rows.map { Int32($0.last ?? 0) }), classes: 10))
  }

  /// Weights sqrt(2 / d_l) sin(1 + s + 3i + 7j + 11l + 0.1 i j), biases 0.1 cos(j + l + s) of 64-6-5-10, in the
  /// library's layout [units, inputs].
  static func fingerprint(shift s: Double) -> [Double] {
    let widths = [64, 6, 5, 10]
    var x: [Double] = []
    for l in 0..<3 {
      for j in 0..<widths[l + 1] {
        for i in 0..<widths[l] {
          let angle = 1 + s + 3 * Double(i) + 7 * Double(j) + 11 * Double(l) + 0.1 * Double(i) * Double(j)
          x.append((2 / Double(widths[l])).squareRoot() * sin(angle))
        }
      }
      for j in 0..<widths[l + 1] { x.append(0.1 * cos(Double(j + l) + s)) }
    }
    return x
  }

  static func network(
    _ layers: [any Layer], samples: Int = 200, loss: any Loss = CrossEntropy(), l2: Double = 0,
    precision: Precision = .f64
  ) throws -> NetworkObjective {
    let data = try digits(samples)
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
