import Foundation
import Swale
import XCTest

/// Files built byte by byte, read back.
final class DataReaderTests: XCTestCase {
  private func npy(_ bytes: [UInt8], targets: [UInt8]? = nil, _ more: Options = [:]) throws -> Dataset {
    var options = more
    options["inputs"] = .text(try DataFixture.write("inputs.npy", bytes))
    if let targets { options["targets"] = .text(try DataFixture.write("targets.npy", targets)) }
    return try DataFixture.load("npy", options)
  }

  func testNpyTypesAndVersions() throws {
    let values = [1.5, -2, 3e10, 0.1, 5, -6.25]
    for version in UInt8(1)...3 {
      let f8 = try npy(DataFixture.npy("<f8", [3, 2], DataFixture.bytes(values), version: version))
      XCTAssertEqual(f8.count, 3)
      XCTAssertEqual(f8.shape, [2])
      XCTAssertEqual(f8.values, values)
    }
    let f4 = try npy(DataFixture.npy("<f4", [1, 3, 2], DataFixture.bytes(values.map(Float.init))))
    XCTAssertEqual(f4.shape, [3, 2])
    XCTAssertEqual(f4.values, values.map { Double(Float($0)) })
    let u1 = try npy(DataFixture.npy("|u1", [2, 2], [0, 51, 255, 102]), ["scale": .real(1.0 / 255)])
    XCTAssertEqual(u1.values, [0, 0.2, 1, 0.4])
    let i4 = try npy(DataFixture.npy("<i4", [4], DataFixture.bytes([Int32.min, -1, 0, Int32.max])))
    XCTAssertEqual(i4.shape, [1])
    XCTAssertEqual(i4.values, [-2147483648, -1, 0, 2147483647])
    let i8 = try npy(DataFixture.npy("<i8", [2], DataFixture.bytes([Int64(-5), 1 << 40])))
    XCTAssertEqual(i8.values, [-5, 1_099_511_627_776])
    let compressed = try npy(DataFixture.gzip(DataFixture.npy("<f8", [3, 2], DataFixture.bytes(values))))
    XCTAssertEqual(compressed.values, values)
  }

  /// A dictionary in another order and spacing, and data that start at an odd byte.
  func testNpyHeaderByHand() throws {
    let dictionary = "{\"shape\":(2,),'fortran_order' : True,'descr':'<f8'}"
    let header: [UInt8] =
      [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(dictionary.utf8.count), 0] + Array(dictionary.utf8)
    XCTAssertNotEqual(header.count % 8, 0)
    XCTAssertEqual(try npy(header + DataFixture.bytes([2.5, -1])).values, [2.5, -1])
  }

  func testNpyTargets() throws {
    let inputs = DataFixture.npy("<f8", [3], DataFixture.bytes([1.0, 2, 3]))
    let labels = try npy(inputs, targets: DataFixture.npy("<i8", [3], DataFixture.bytes([Int64(2), 0, 1])))
    XCTAssertEqual(labels.labels, [2, 0, 1])
    XCTAssertEqual(labels.classes, 3)
    let more = try npy(
      inputs, targets: DataFixture.npy("|u1", [3], [2, 0, 1]), ["classes": .int(10)])
    XCTAssertEqual(more.classes, 10)
    // Whole floating-point numbers stay real targets.
    let rows: [Float] = [1, 0, 0, 1, 1, 0]
    let real = try npy(inputs, targets: DataFixture.npy("<f4", [3, 2], DataFixture.bytes(rows)))
    XCTAssertEqual(real.targetWidth, 2)
    XCTAssertEqual(real.realTargets, [1, 0, 0, 1, 1, 0])
  }

  func testIdx() throws {
    let images = DataFixture.idx([2, 2, 3], [0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6])
    let labels = DataFixture.idx([2], [3, 1])
    for (tag, pack) in [("plain", { $0 }), ("gz", DataFixture.gzip)] as [(String, ([UInt8]) -> [UInt8])] {
      let data = try DataFixture.load(
        "idx",
        [
          "images": .text(try DataFixture.write("images-\(tag)", pack(images))),
          "labels": .text(try DataFixture.write("labels-\(tag)", pack(labels))),
        ])
      XCTAssertEqual(data.shape, [2, 3])
      XCTAssertEqual(data.classes, 4)
      XCTAssertEqual(data.labels, [3, 1])
      XCTAssertEqual(data.values, [0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6].map { $0 * (1.0 / 255) })
    }
  }

  private func csv(_ text: String, _ more: Options = [:]) throws -> Dataset {
    var options = more
    options["path"] = .text(try DataFixture.write("table.csv", text))
    return try DataFixture.load("csv", options)
  }

  func testCsvForms() throws {
    let plain = try csv("1,2,0\n3,4,1\n")
    XCTAssertEqual(plain.values, [1, 2, 3, 4])
    XCTAssertEqual(plain.labels, [0, 1])
    // Windows line ends, byte order mark, quotes, blanks, blank lines, no last line end.
    let rough = try csv("\u{feff}\"a, b\",c,class\r\n\r\n 1 ,\"2\", 0\r\n\n3,\t4,1")
    XCTAssertEqual(rough.values, plain.values)
    XCTAssertEqual(rough.labels, plain.labels)
    XCTAssertEqual(try csv("1;2;0\n3;4;1", ["delimiter": .text(";")]).values, plain.values)
    XCTAssertEqual(try csv("1\t2\t0\n3\t4\t1\n", ["delimiter": .text("tab")]).values, plain.values)
    XCTAssertEqual(try csv("  1  2 \t 0\n3 4 1 \n", ["delimiter": .text("space")]).values, plain.values)
    let compressed = try DataFixture.write("table.csv.gz", DataFixture.gzip(Array("1,2,0\n3,4,1\n".utf8)))
    XCTAssertEqual(try DataFixture.load("csv", ["path": .text(compressed)]).values, plain.values)
  }

  func testCsvTargets() throws {
    let text = "y,a,b\n0.5,1,2\n-1,3,4\n"
    for label in ["y", "0"] {
      let data = try csv(text, ["label": .text(label), "target": .text("real")])
      XCTAssertEqual(data.realTargets, [0.5, -1])
      XCTAssertEqual(data.values, [1, 2, 3, 4])
    }
    XCTAssertEqual(try csv(text, ["label": .text("none")]).width, 3)
    let dropped = try csv(text, ["label": .text("b"), "target": .text("none"), "scale": .real(2)])
    XCTAssertEqual(dropped.values, [1, 2, -2, 6])
    XCTAssertEqual(dropped.targetWidth, 0)
    XCTAssertEqual(try csv("1,2,0\n3,4,1\n", ["header": .text("on")]).count, 1)
    XCTAssertEqual(try csv("1,2,0\n3,4,1\n", ["precision": .text("f32"), "classes": .int(5)]).classes, 5)
  }

  /// The number reader against Foundation's, bit for bit: all lengths of mantissa, exponents over the whole range.
  func testCsvNumbersAreCorrectlyRounded() throws {
    var texts = [
      "0", "-0", ".5", "5.", "+1.25e+2", "1E-3", "9007199254740993", "9007199254740992", "1e22", "1e23", "8.5e-23",
      "123456789012345678901234567890", "0.000000000000000000000000000012345678901234567890", "4.9e-324", "2e-324",
      "1.7976931348623157e308", "2.2250738585072011e-308", "00001.5", "1e-400",
    ]
    var state: UInt64 = 7
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<20_000 {
      var text = next(2) == 0 ? "-" : ""
      for _ in 0...next(18) { text += "\(next(10))" }
      text += "."
      for _ in 0..<next(12) { text += "\(next(10))" }
      if next(2) == 0 { text += "e\(next(500) - 250)" }
      texts.append(text)
    }
    let data = try csv(texts.joined(separator: "\n"), ["label": .text("none"), "header": .text("off")])
    XCTAssertEqual(data.count, texts.count)
    for (text, value) in zip(texts, data.values) {
      XCTAssertEqual(value.bitPattern, strtod(text, nil).bitPattern, text)
    }
  }
}
