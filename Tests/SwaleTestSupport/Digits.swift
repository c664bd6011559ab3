import Glibc
import Swale

/// The 8x8 digits that ship with the Python package (1797 rows of 64 pixels and a label), read here without the
/// library's own readers, and the network of the reference tables on them.
public enum Digits {
  public static let widths = [64, 6, 5, 10]

  /// The first `count` digits with pixels / 16.
  public static func dataset(_ count: Int) throws -> Dataset {
    let (pixels, labels) = try content.get()
    return Dataset(
      name: "digits", count: count, shape: [64],
      inputs: SampleStorage(try Buffer(pixels.prefix(64 * count).map { Double($0) / 16 })),
      targets: .labels(try Buffer(labels.prefix(count).map { Int32($0) }), classes: 10))
  }

  /// Fingerprint F2: 64-6-5-10 on the first 200 digits, mean cross-entropy.
  public static func network(_ activation: String = "tanh", precision: Precision = .f64) throws -> NetworkObjective {
    let builder = try ModelBuilder(inputShape: [64])
    for l in 1..<widths.count { try builder.add(Dense(widths[l], l == widths.count - 1 ? "linear" : activation)) }
    return try NetworkObjective(
      model: builder.finish(), data: dataset(200), loss: CrossEntropy(), precision: precision)
  }

  /// Parameters of F2 by formula, so that no random numbers are involved: W^l_ij = sqrt(2 / d_l) sin(1 + s + 3 i + 7 j
  /// + 11 l + 0.1 i j), b^l_j = 0.1 cos(j + l + s), i input and j output. The layout stores W as [output][input].
  public static func fingerprint(shift s: Double = 0) -> [Double] {
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

  private static let content: Result<([UInt8], [UInt8]), Unreadable> = {
    do throws(Unreadable) {
      return .success((try bytes("digits-inputs.npy", 1797 * 64), try bytes("digits-targets.npy", 1797)))
    } catch { return .failure(error) }
  }()

  struct Unreadable: Error { let path: String }

  /// The numbers of an .npy file of bytes: what comes after its header.
  private static func bytes(_ name: String, _ count: Int) throws(Unreadable) -> [UInt8] {
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let path = "/\(package)/bindings/python/swale/data/\(name)"
    guard let stream = fopen(path, "r") else { throw Unreadable(path: path) }
    defer { fclose(stream) }
    var content = [UInt8](repeating: 0, count: count)
    guard fseek(stream, -count, SEEK_END) == 0, fread(&content, 1, count, stream) == count else {
      throw Unreadable(path: path)
    }
    return content
  }
}
