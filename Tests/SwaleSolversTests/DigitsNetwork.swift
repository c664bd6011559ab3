import Glibc
import Swale
import XCTest

/// The tiny network F2 of the reference tables: 64-6-5-10 on the first 200 of the 8x8 digits, pixels / 16, mean
/// cross-entropy, weights by formula, so that no random numbers are involved.
enum DigitsNetwork {
  static let widths = [64, 6, 5, 10]
  static let samples = 200

  /// tables/digits.csv below SWALE_DATA, or beside the package.
  static func file() throws -> String {
    var folders: [String] = []
    if let data = getenv("SWALE_DATA") { folders.append(String(cString: data)) }
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    folders.append("/\(package)/../shared/data")
    for folder in folders {
      let path = "\(folder)/tables/digits.csv"
      if access(path, R_OK) == 0 { return path }
    }
    throw XCTSkip("the reference data is absent: set SWALE_DATA to the folder that has tables/digits.csv")
  }

  private static func lines(_ path: String, _ count: Int) -> [String] {
    guard let stream = fopen(path, "r") else { return [] }
    defer { fclose(stream) }
    var found: [String] = []
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while found.count < count, getline(&line, &capacity, stream) > 0, let text = line {
      found.append(String(cString: text).filter { $0 != "\n" && $0 != "\r" })
    }
    return found
  }

  static func dataset() throws -> Dataset {
    let rows = lines(try file(), samples + 1).dropFirst().map { $0.split(separator: ",").compactMap { Double($0) } }
    XCTAssertEqual(rows.count, samples)
    XCTAssert(rows.allSatisfy { $0.count == 65 }, "digits.csv has 64 pixels and a label per line")
    let pixels = try Buffer(rows.flatMap { $0.prefix(64).map { $0 / 16 } })
    let labels = try Buffer(rows.map { Int32($0[64]) })
    return Dataset(
      name: "digits", count: samples, shape: [64], inputs: SampleStorage(pixels),
      targets: .labels(labels, classes: 10))
  }

  static func objective(_ activation: String = "tanh", precision: Precision = .f64) throws -> NetworkObjective {
    let builder = try ModelBuilder(inputShape: [64])
    for l in 1..<widths.count { try builder.add(Dense(widths[l], l == widths.count - 1 ? "linear" : activation)) }
    return try NetworkObjective(
      model: builder.finish(), data: dataset(), loss: CrossEntropy(), precision: precision)
  }

  /// W^l_ij = sqrt(2/d_l) sin(1 + s + 3i + 7j + 11l + 0.1 i j), b^l_j = 0.1 cos(j + l + s), i = input, j = output.
  /// The layout stores W as [output][input].
  static func start(_ s: Double = 0) -> [Double] {
    var x: [Double] = []
    for l in 0..<(widths.count - 1) {
      let scale = (2 / Double(widths[l])).squareRoot()
      for j in 0..<widths[l + 1] {
        for i in 0..<widths[l] {
          x.append(scale * sin(1 + s + Double(3 * i + 7 * j + 11 * l) + 0.1 * Double(i * j)))
        }
      }
      for j in 0..<widths[l + 1] { x.append(0.1 * cos(Double(j + l) + s)) }
    }
    return x
  }
}
