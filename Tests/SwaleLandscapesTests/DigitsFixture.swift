import Foundation
import Swale
import XCTest

/// The 8x8 digits (1797 rows of 64 pixels and a label), read here without the library's own readers.
enum Digits {
  static let pixels: [Double] = table.map { $0.0 }?.flatMap { $0 } ?? []
  static let labels: [Int32] = table.map { $0.1 } ?? []

  private static let table: ([[Double]], [Int32])? = {
    let root = ProcessInfo.processInfo.environment["SWALE_DATA"]
      ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../shared/data").path
    guard let text = try? String(contentsOfFile: root + "/tables/digits.csv", encoding: .utf8) else { return nil }
    let rows = text.split(separator: "\n").dropFirst().map { $0.split(separator: ",").compactMap { Double($0) } }
    return (rows.map { Array($0.dropLast()) }, rows.map { Int32($0.last ?? 0) })
  }()

  /// The first `count` digits with pixels / 16; skips the test with a reason when the table is absent.
  static func dataset(_ count: Int) throws -> Dataset {
    try XCTSkipIf(labels.isEmpty, "digits.csv not found; set SWALE_DATA to the folder that holds tables/digits.csv")
    return Dataset(
      name: "digits", count: count, shape: [64],
      inputs: SampleStorage(try Buffer(pixels.prefix(64 * count).map { $0 / 16 })),
      targets: .labels(try Buffer(Array(labels.prefix(count))), classes: 10))
  }

  /// The network of fingerprint F2: 64-6-5-10 with weights sqrt(2/fan_in) sin(1 + s + 3i + 7j + 11l + 0.1ij), i input
  /// and j output, biases 0.1 cos(j + l + s); parameters in the library's layout.
  static func fingerprint(_ activation: String, shift s: Double = 0) throws -> (NetworkObjective, [Double]) {
    let widths = [64, 6, 5, 10]
    let builder = try ModelBuilder(inputShape: [64])
    var x: [Double] = []
    for l in 0..<3 {
      try builder.add(Dense(widths[l + 1], l == 2 ? "linear" : activation))
      for j in 0..<widths[l + 1] {
        for i in 0..<widths[l] {
          let angle = 1 + s + 3 * Double(i) + 7 * Double(j) + 11 * Double(l) + 0.1 * Double(i * j)
          x.append((2 / Double(widths[l])).squareRoot() * sin(angle))
        }
      }
      for j in 0..<widths[l + 1] { x.append(0.1 * cos(Double(j + l) + s)) }
    }
    return (try NetworkObjective(model: builder.finish(), data: dataset(200), loss: CrossEntropy()), x)
  }
}
