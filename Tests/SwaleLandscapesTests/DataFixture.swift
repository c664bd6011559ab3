import Foundation
import Swale
import XCTest

/// What the data tests share: the folder of real data, a temporary folder, files built byte by byte, and short ways to
/// make sources and transforms by name, as every caller does.
enum DataFixture {
  /// The folder described in shared/data/README.md, from SWALE_DATA or beside the project.
  static func folder() throws -> String {
    let root =
      ProcessInfo.processInfo.environment["SWALE_DATA"]
      ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../shared/data").path
    try XCTSkipUnless(
      FileManager.default.fileExists(atPath: root + "/tables"),
      "no data in \(root); set SWALE_DATA to the folder that holds fashion-mnist, mnist and tables")
    return root
  }

  static let temporary: String = {
    let path = NSTemporaryDirectory() + "swale-data-\(getpid())"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }()

  /// Writes a file in the temporary folder and returns its path.
  static func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path = temporary + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }
  static func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

  static func load(_ source: String, _ options: Options, seed: UInt64 = 1) throws -> Dataset {
    try Registry.shared.make(.dataset, source, options, as: (any DataSource).self).load(seed: seed)
  }

  /// An IDX file: magic, big-endian sizes, content.
  static func idx(_ shape: [Int], _ content: [UInt8], type: UInt8 = 8) -> [UInt8] {
    [0, 0, type, UInt8(shape.count)] + shape.flatMap { size in (0..<4).map { UInt8(size >> (24 - 8 * $0) & 255) } }
      + content
  }

  /// An NPY file of version 1, 2 or 3 with the given dictionary text.
  static func npy(_ dictionary: String, _ content: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let lengthBytes = version == 1 ? 2 : 4
    let text = Array(dictionary.utf8)
    let padding = 63 - (8 + lengthBytes + text.count) % 64
    let length = text.count + padding + 1
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + (0..<lengthBytes).map { UInt8(length >> (8 * $0) & 255) }
      + text + [UInt8](repeating: 0x20, count: padding) + [0x0a] + content
  }
  static func npy(_ descr: String, _ shape: [Int], _ content: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let sizes = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
    return npy("{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(sizes)), }", content, version: version)
  }

  /// The little-endian bytes of values, as in an NPY file of this machine.
  static func bytes<T>(_ values: [T]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  /// A gzip file with stored (uncompressed) blocks (RFC 1951, 1952).
  static func gzip(_ content: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    var start = 0
    repeat {
      let count = min(65535, content.count - start)
      out.append(start + count == content.count ? 1 : 0)
      out += [UInt8(count & 255), UInt8(count >> 8), ~UInt8(count & 255), ~UInt8(count >> 8)]
      out += content[start..<start + count]
      start += count
    } while start < content.count
    var crc: UInt32 = 0xffff_ffff
    for byte in content {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
    return out + bytes([~crc]) + bytes([UInt32(truncatingIfNeeded: content.count)])
  }

  /// Expects a refusal with this status whose sentence holds all the words.
  static func assertRefused(
    _ status: Status, _ words: [String], line: UInt = #line, _ body: () throws -> Dataset
  ) {
    XCTAssertThrowsError(try body(), line: line) { error in
      let failure = error as? Failure
      XCTAssertEqual(failure?.status, status, "\(error)", line: line)
      for word in words {
        XCTAssertTrue("\(error)".contains(word), "'\(word)' is missing in: \(error)", line: line)
      }
    }
  }
}

extension Dataset {
  var values: [Double] { Self.values(inputs, count * width) }
  var realTargets: [Double] {
    guard case .real(let storage, let width) = targets else { return [] }
    return Self.values(storage, count * width)
  }
  var labels: [Int32] {
    guard case .labels(let labels, _) = targets else { return [] }
    return Array(labels.array.prefix(count))
  }
  func row(_ sample: Int) -> [Double] { Array(values[sample * width..<(sample + 1) * width]) }

  func transformed(_ name: String, _ options: Options = [:], seed: UInt64 = 1) throws -> Dataset {
    try Registry.shared.make(.transform, name, options, as: (any DataTransform).self).apply(self, seed: seed)
  }

  private static func values(_ storage: SampleStorage, _ count: Int) -> [Double] {
    var out = [Double](repeating: .nan, count: count)
    storage.read(0, count, into: &out)
    return out
  }
}
