import Foundation
import Swale
import XCTest

/// Damaged and hostile files: each is refused with the file, the place and the reason.
final class DataRefusalTests: XCTestCase {
  private func refused(
    _ source: String, _ option: String, _ name: String, _ bytes: [UInt8], _ words: [String], _ more: Options = [:],
    status: Status = .io, line: UInt = #line
  ) throws {
    var options = more
    let path = try DataFixture.write(name, bytes)
    options[option] = .text(path)
    DataFixture.assertRefused(status, [path] + words, line: line) { try DataFixture.load(source, options) }
  }

  func testFilesThatCannotBeRead() throws {
    let folder = DataFixture.temporary
    for (source, option) in [("idx", "images"), ("csv", "path"), ("npy", "inputs")] {
      DataFixture.assertRefused(.io, ["'\(folder)/absent'", "No such file"]) {
        try DataFixture.load(source, [option: .text(folder + "/absent")])
      }
      DataFixture.assertRefused(.io, ["'\(folder)'", "directory"]) {
        try DataFixture.load(source, [option: .text(folder)])
      }
      DataFixture.assertRefused(.io, ["regular"]) { try DataFixture.load(source, [option: .text("/dev/zero")]) }
      DataFixture.assertRefused(.io, ["zero byte"]) { try DataFixture.load(source, [option: .text("a\0b")]) }
      DataFixture.assertRefused(.option, ["'\(option)'"]) { try DataFixture.load(source, [:]) }
      try refused(source, option, "empty", [], ["empty"])
      try refused(source, option, "empty.gz", DataFixture.gzip([]), ["holds nothing"])
    }
    // A named pipe nobody writes to must not hang the reader.
    let pipe = folder + "/pipe"
    mkfifo(pipe, 0o600)
    DataFixture.assertRefused(.io, ["regular"]) { try DataFixture.load("csv", ["path": .text(pipe)]) }
  }

  func testDamagedGzip() throws {
    let good = DataFixture.gzip(DataFixture.idx([100, 10], [UInt8](repeating: 7, count: 1000)))
    // Every kind of cut: inside the header, the data, and the trailer.
    for cut in [2, 5, 11, 40, 500, good.count - 9, good.count - 5, good.count - 1] {
      try refused("idx", "images", "cut.gz", Array(good.prefix(cut)), ["truncated", "byte"])
    }
    var damaged = good
    damaged[500] ^= 1
    try refused("idx", "images", "damaged.gz", damaged, ["damaged", "incorrect data check"])
    damaged = good
    damaged[10] = 7
    try refused("idx", "images", "damaged.gz", damaged, ["damaged", "invalid block type"])
    // A trailer that claims 4 GB must not make the reader ask for them.
    damaged = good
    damaged.replaceSubrange(good.count - 4..<good.count, with: [255, 255, 255, 255])
    Memory.resetPeak()
    let before = Memory.used
    try refused("idx", "images", "claim.gz", damaged, ["damaged", "incorrect length check"])
    XCTAssertLessThan(Memory.peak - before, 1 << 20)
  }

  func testIdxHeaders() throws {
    func images(_ bytes: [UInt8], _ words: [String], line: UInt = #line) throws {
      try refused("idx", "images", "images", bytes, words, line: line)
    }
    try images([0x89, 0x50, 0x4e, 0x47, 13, 10], ["byte 0", "0x89504e47", "0x000008"])
    try images(DataFixture.idx([2, 2], [1, 2, 3, 4], type: 13), ["byte 2", "0x0d"])
    try images([0, 0, 8, 0, 1], ["byte 3", "0 dimensions"])
    try images([0, 0, 8, 200, 1], ["byte 3", "200 dimensions"])
    try images([0, 0, 8], ["byte 3", "header"])
    try images([0, 0, 8, 3, 0, 0, 0, 1, 0, 0], ["byte 10", "header"])
    try images(DataFixture.idx([2, 3], [1, 2, 3, 4, 5]), ["2 x 3 = 6 bytes", "has 5"])
    try images(DataFixture.idx([2, 3], [1, 2, 3, 4, 5, 6, 7]), ["2 x 3 = 6 bytes", "has 7"])
    try images(DataFixture.idx([0, 3], []), ["size is 0"])
    let huge = 0xffff_ffff
    try images(DataFixture.idx([huge, huge, huge, huge], [1]), ["byte 4", "overflow"])
    try images(DataFixture.idx([huge, 1 << 30], [1]), ["byte 4", "has 1"])
  }

  func testIdxLabels() throws {
    let images = try DataFixture.write("three", DataFixture.idx([3, 1], [1, 2, 3]))
    func labels(_ bytes: [UInt8], _ words: [String], status: Status = .io, line: UInt = #line) throws {
      try refused(
        "idx", "labels", "labels", bytes, words, ["images": .text(images), "classes": .int(10)], status: status,
        line: line)
    }
    try labels(DataFixture.idx([3], [1, 10, 3]), ["byte 9", "[1]", "label 10", "0 ... 9"])
    try labels(DataFixture.idx([2], [1, 3]), ["3 samples"])
    try labels(DataFixture.idx([3, 1], [1, 3, 4]), ["one dimension"])
  }

  func testNpyHeaders() throws {
    let eight = DataFixture.bytes([1.0])
    func inputs(_ bytes: [UInt8], _ words: [String], line: UInt = #line) throws {
      try refused("npy", "inputs", "x.npy", bytes, words, line: line)
    }
    try inputs(Array("PK\u{3}\u{4} this is a zip".utf8), ["byte 0", "NUMPY"])
    try inputs(Array("NUMPY".utf8), ["byte 5", "header"])
    try inputs(DataFixture.npy("<f8", [1], eight, version: 4), ["byte 6", "version 4.0"])
    try inputs(Array(DataFixture.npy("<f8", [1], eight).prefix(60)), ["byte 8", "ends after"])
    try inputs(DataFixture.npy(">f8", [1], eight), ["'>f8'", "<f8"])
    try inputs(DataFixture.npy("|O", [1], eight), ["'|O'"])
    try inputs(DataFixture.npy("<f8", [2], eight), ["2 elements", "16 bytes", "has 8"])
    try inputs(DataFixture.npy("<f8", [1], eight + [0]), ["8 bytes", "has 9"])
    try inputs(DataFixture.npy("<f8", [], eight), ["0 dimensions"])
    try inputs(DataFixture.npy("<f8", [0, 3], []), ["no data"])
    try inputs(DataFixture.npy("<f8", Array(repeating: 1, count: 9), eight), ["9 dimensions"])
    try inputs(DataFixture.npy("<f8", [1 << 40, 1 << 40], eight), ["overflow"])
    try inputs(DataFixture.npy("<f8", [1 << 61], eight), ["overflow"])
    let tail = ", 'fortran_order': False, 'shape': (1,)}"
    try inputs(DataFixture.npy("{'descr': '<f8', 'fortran_order': True, 'shape': (1, 1)}", eight), ["Fortran order"])
    try inputs(DataFixture.npy("{'descr': [('a', '<f8')]" + tail, eight), ["structured"])
    try inputs(DataFixture.npy("{'descr': '<f8'}", eight), ["shape are needed"])
    try inputs(DataFixture.npy("{'descr': '<f8", eight), ["closing quote"])
    func sizes(_ text: String) -> String { "{'descr': '<f8'" + tail.replacingOccurrences(of: "(1,)", with: text) }
    try inputs(DataFixture.npy(sizes("(-1,)"), eight), ["size"])
    try inputs(DataFixture.npy(sizes("(99999999999999999999,)"), eight), ["overflows"])
    try inputs(DataFixture.npy("{'descr': '<f8', 'fortran_order': Maybe", eight), ["True or False"])
    try inputs(DataFixture.npy("{'descr': '<f8', 'other': 'x'" + tail, eight), ["unknown key 'other'"])
    try inputs(DataFixture.npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,", eight), ["byte", "early"])
  }

  func testNpyNumbers() throws {
    let header = DataFixture.npy("<f8", [2, 2], []).count
    for bad in [Double.nan, .infinity, -.infinity] {
      try refused(
        "npy", "inputs", "x.npy", DataFixture.npy("<f8", [2, 2], DataFixture.bytes([1, 2, 3, bad])),
        ["byte \(header + 24)", "[1, 1]", "finite"])
    }
    try refused(
      "npy", "inputs", "x.npy", DataFixture.npy("<f4", [3], DataFixture.bytes([1, Float.nan, 2])), ["[1]", "nan"])
    let inputs = try DataFixture.write("x.npy", DataFixture.npy("<f8", [2], DataFixture.bytes([1.0, 2])))
    func targets(_ bytes: [UInt8], _ words: [String], line: UInt = #line) throws {
      try refused("npy", "targets", "y.npy", bytes, words, ["inputs": .text(inputs)], line: line)
    }
    try targets(DataFixture.npy("<i8", [2], DataFixture.bytes([Int64(0), -1])), ["[1]", "label -1", "negative"])
    try targets(DataFixture.npy("<i8", [2], DataFixture.bytes([Int64(0), 1 << 31])), ["label 2147483648", "range"])
    try targets(DataFixture.npy("<i8", [2], DataFixture.bytes([Int64.min, Int64.max])), ["negative"])
    try targets(DataFixture.npy("<i4", [2], DataFixture.bytes([Int32(0), Int32.max])), ["label 2147483647", "range"])
    try targets(DataFixture.npy("<i4", [2, 1], DataFixture.bytes([Int32(0), 1])), ["2 x 1", "one per sample"])
    try targets(DataFixture.npy("<f8", [3], DataFixture.bytes([1.0, 2, 3])), ["2 samples"])
    try targets(DataFixture.npy("<f8", [2, 1, 1], DataFixture.bytes([1.0, 2])), ["2 x 1 x 1"])
    try targets(DataFixture.npy("<f8", [2], DataFixture.bytes([1.0, .nan])), ["[1]", "finite"])
  }

  func testCsv() throws {
    func table(
      _ text: String, _ words: [String], _ more: Options = [:], status: Status = .io, line: UInt = #line
    ) throws {
      try refused("csv", "path", "table.csv", Array(text.utf8), words, more, status: status, line: line)
    }
    try table("1,2,0\n3,1\n", ["line 2", "2 fields", "3"])
    try table("1,2,0\n\n3,1,2,1\n", ["line 3", "4 fields", "3"])
    try table("a,b,c\n1,2,0\n3,x4,1\n", ["line 3", "column 2", "'x4'", "not a number"])
    try table("1,2,0\n3,,1\n", ["line 2", "column 2", "empty"])
    try table("1,2,0\n3,4,1,\n", ["line 2", "4 fields"])
    try table("1,2,0\n3,nan,1\n", ["line 2", "column 2", "'nan'", "finite"])
    try table("1,-Inf,0\n", ["line 1", "column 2", "finite"])
    try table("1,1e999,0\n", ["line 1", "column 2", "large"])
    try table("1,0x10,0\n", ["line 1", "numbers"])
    try table("1,0x10,0\n", ["column 2", "'0x10'"], ["header": .text("off")])
    try table("1,2e,0\n", ["column 2"], ["header": .text("off")])
    try table("1,b,0\n2,3,1\n", ["line 1", "2 of 3", "'header'"])
    try table("a,b,c\n", ["line 1", "below the header"])
    try table("\n \n", ["no data"])
    try table("1\n2\n", ["only one column"])
    try table("1,\"2,0\n", ["line 1", "column 2", "quoted"])
    try table("1,\"2\"3,0\n", ["line 1", "column 2", "quoted"])
    try table("1,2,0.5\n", ["line 1", "column 3", "whole"])
    try table("a,b\n1,0\n2,-1\n", ["line 3", "column 2", "label -1", "negative"])
    try table("1,0\n2,3000000000\n", ["line 2", "label 3000000000", "range"])
    try table("1,0\n2,1e300\n", ["line 2", "whole"])
    try table("1,0\n2,10\n", ["line 2", "label 10", "0 ... 9"], ["classes": .int(10)])
    try table("1,0\n", ["'y'", "no header"], ["label": .text("y")], status: .option)
    try table("a,b\n1,0\n", ["'y'", "names no column"], ["label": .text("y")], status: .option)
    try table("a,b\n1,0\n", ["column 2", "0 ... 1"], ["label": .text("2")], status: .option)
    DataFixture.assertRefused(.option, ["'delimiter'"]) {
      try DataFixture.load("csv", ["path": .text("x"), "delimiter": .text("ab")])
    }
    try table("1e300,0\n", ["f32", "overflow"], ["precision": .text("f32")], status: .nonfinite)
    try table("1e300,0\n", ["overflow"], ["scale": .real(1e30)], status: .nonfinite)
  }

  /// Any bytes at all give a dataset or a refusal, never a trap: good files with random bytes changed, cut or doubled.
  func testMutatedFilesNeverEndTheProcess() throws {
    let labels = DataFixture.bytes([Int64(0), 1, 2, 1])
    let good: [(String, String, [UInt8])] = [
      ("idx", "images", DataFixture.idx([3, 2, 2], Array(0..<12))),
      ("npy", "inputs", DataFixture.npy("<f8", [2, 2], DataFixture.bytes([1.0, 2, 3, 4]))),
      ("npy", "inputs", DataFixture.npy("<i8", [4], labels, version: 2)),
      ("csv", "path", Array("a,\"b\",y\r\n1.5,-2e3,0\n 3,.4 ,1\n".utf8)),
      ("csv", "path", Array("1 2\t0\n3 4 1".utf8)),
      ("csv", "path", DataFixture.gzip(Array("1,2,0\n3,4,1\n".utf8))),
    ]
    var state: UInt64 = 99
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % max(bound, 1)
    }
    let interesting = Array("\"',(){}:;.-+eE0123456789\n\r\t \0".utf8) + [0xff, 0x80, 0x7f]
    for round in 0..<600 {
      let (source, option, bytes) = good[round % good.count]
      var mutated = bytes
      for _ in 0...next(3) {
        let at = next(mutated.count)
        switch next(4) {
        case 0: mutated = Array(mutated.prefix(at))
        case 1: mutated.insert(interesting[next(interesting.count)], at: at)
        case 2: mutated += mutated[at...]
        case _ where mutated.isEmpty: break
        default: mutated[at] = next(2) == 0 ? interesting[next(interesting.count)] : UInt8(next(256))
        }
      }
      let path = try DataFixture.write("mutated", mutated)
      do {
        var options: Options = [option: .text(path)]
        if round % good.count == 4 { options["delimiter"] = .text("space") }
        let data = try DataFixture.load(source, options)
        XCTAssertGreaterThan(data.count, 0)
      } catch {
        XCTAssertTrue(error is Failure && "\(error)".contains("'\(path)'"), "\(error)")
      }
    }
  }

  /// A first line with a million fields and a million short lines must not ask for 8 TB.
  func testCsvMemoryIsBoundedByTheFile() throws {
    let text = [UInt8](repeating: UInt8(ascii: ","), count: 100_000) + [UInt8](repeating: 0x0a, count: 1)
      + Array(String(repeating: "1\n", count: 100_000).utf8)
    Memory.resetPeak()
    let before = Memory.used
    try refused("csv", "path", "wide.csv", text, ["line 1", "empty"])
    XCTAssertLessThan(Memory.peak - before, 10 << 20)
  }
}
