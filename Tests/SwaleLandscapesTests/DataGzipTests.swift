import Foundation
import Swale
import XCTest

/// Compressed files are inflated no further than their own header announces, and nothing may follow the gzip data.
final class DataGzipTests: XCTestCase {
  private func load(_ source: String, _ option: String, _ path: String) throws -> Dataset {
    try DataFixture.load(source, [option: .text(path)])
  }

  private func refused(_ source: String, _ option: String, _ path: String, _ words: [String], line: UInt = #line) {
    DataFixture.assertRefused(.io, words, line: line) { try load(source, option, path) }
  }

  /// Zlib's own compressor makes small files of many zeros, as a bomb does.
  private func compressed(_ content: [UInt8]) throws -> [UInt8] {
    let zlib = try XCTUnwrap(dlopen("libz.so.1", RTLD_NOW))
    typealias Open = @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>) -> OpaquePointer?
    typealias Write = @convention(c) (OpaquePointer, UnsafeRawPointer, UInt32) -> Int32
    typealias Close = @convention(c) (OpaquePointer) -> Int32
    let open = unsafeBitCast(try XCTUnwrap(dlsym(zlib, "gzopen")), to: Open.self)
    let write = unsafeBitCast(try XCTUnwrap(dlsym(zlib, "gzwrite")), to: Write.self)
    let close = unsafeBitCast(try XCTUnwrap(dlsym(zlib, "gzclose")), to: Close.self)
    let path = try DataFixture.write("bomb-maker.gz", [])
    let file = try XCTUnwrap(open(path, "wb9"))
    XCTAssertEqual(write(file, content, UInt32(content.count)), Int32(content.count))
    XCTAssertEqual(close(file), 0)
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private let idx = DataFixture.idx([6, 4, 5], [UInt8](repeating: 3, count: 120))
  private let npy = DataFixture.npy("<f8", [3, 2], DataFixture.bytes([1.0, 2, 3, 4, 5, 6]))
  private let csv = Array("1,2,0\n3,4,1\n".utf8)

  /// 64 MB of zeros behind 120 bytes of images: what is allocated stays below a megabyte.
  func testABombIsNotInflated() throws {
    for (source, option, content) in [("idx", "images", idx), ("npy", "inputs", npy)] {
      let path = try DataFixture.write("bomb.gz", try compressed(content + [UInt8](repeating: 0, count: 64 << 20)))
      Memory.resetPeak()
      let before = Memory.used
      refused(source, option, path, ["announces \(content.count) bytes", "hold more"])
      // The compressed file takes 64 kB, the first block of the content as much.
      XCTAssertLessThan(Memory.peak - before, 1 << 20, source)
    }
  }

  /// One byte too many is noticed as well, and the right size is not refused: short headers, and contents longer than a
  /// block.
  func testTheAnnouncedSizeIsExact() throws {
    for size in [1, 120, 40_000, 70_000, 3_000_000] {
      let content = DataFixture.idx([size], [UInt8](repeating: 9, count: size))
      let good = try DataFixture.write("exact.gz", try compressed(content))
      XCTAssertEqual(try load("idx", "images", good).count, size)
      let longer = try DataFixture.write("longer.gz", try compressed(content + [0]))
      refused("idx", "images", longer, ["announces \(content.count) bytes"])
      let shorter = try DataFixture.write("shorter.gz", try compressed(Array(content.dropLast())))
      refused("idx", "images", shorter, ["the file has \(size - 1)"])
    }
  }

  func testBytesBehindAreRefused() throws {
    for (source, option, content) in [("idx", "images", idx), ("npy", "inputs", npy), ("csv", "path", csv)] {
      let good = DataFixture.gzip(content)
      for rest in [Array("garbage".utf8), [0], [0x1f], [0x1f, 0x8b], [UInt8](repeating: 0, count: 512)] {
        let path = try DataFixture.write("behind.gz", good + rest)
        XCTAssertThrowsError(try load(source, option, path), "\(source), \(rest.count) bytes") { error in
          XCTAssertEqual((error as? Failure)?.status, .io)
        }
      }
      let path = try DataFixture.write("behind.gz", good + Array("garbage".utf8))
      refused(source, option, path, ["byte \(good.count)", "7 bytes behind"])
    }
  }

  /// Several members are one file, as gzip itself has it.
  func testMembersAreJoined() throws {
    let parts = [Array(csv.prefix(5)), Array(csv.dropFirst(5).prefix(1)), Array(csv.dropFirst(6))]
    let path = try DataFixture.write("members.gz", parts.flatMap { DataFixture.gzip($0) })
    let data = try load("csv", "path", path)
    XCTAssertEqual(data.count, 2)
    XCTAssertEqual(data.width, 2)
    // The second member goes beyond what the first one's header announces.
    let two = try DataFixture.write("two.gz", DataFixture.gzip(idx) + DataFixture.gzip([1]))
    refused("idx", "images", two, ["announces 136 bytes"])
  }

  /// A header that lies costs nothing: neither a size that no memory has nor one that overflows is allocated.
  func testALyingHeaderCostsNothing() throws {
    for shape in [[1 << 31, 1 << 20], [1 << 32 - 1, 1 << 32 - 1, 1 << 32 - 1]] {
      let content = DataFixture.idx(shape, [1, 2, 3])
      Memory.resetPeak()
      let before = Memory.used
      refused("idx", "images", try DataFixture.write("lie.gz", DataFixture.gzip(content)), ["byte 4"])
      XCTAssertLessThan(Memory.peak - before, 1 << 20)
    }
  }
}
