import Foundation
import Swale
import Synchronization
import XCTest

/// Arrays of the host: kept or copied, released exactly once, and never released by a call that failed.
final class DataHostTests: XCTestCase {
  /// Host memory that counts how often it is released.
  private final class HostMemory: Sendable {
    let address: UInt
    let released = Mutex(0)

    init<T>(_ values: [T]) {
      let bytes = values.withUnsafeBytes { Array($0) }
      let memory = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
      memory.copyMemory(from: bytes, byteCount: bytes.count)
      address = UInt(bitPattern: memory)
    }
    deinit { pointer?.deallocate() }

    var pointer: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: address) }
    var releases: Int { released.withLock { $0 } }

    func array(_ type: DataType, _ shape: [Int], borrowed: Bool = true) -> HostArray {
      let release: @Sendable () -> Void = { self.release() }
      return HostArray(
        data: UnsafeRawPointer(pointer), type: type, shape: shape, release: borrowed ? release : nil)
    }

    private func release() { released.withLock { (count: inout Int) in count += 1 } }
  }

  func testBorrowedInputsAreNotCopiedAndReleasedOnce() throws {
    let x = HostMemory([1, 2, 3, 4, 5, 6] as [Float])
    let y = HostMemory([0, 1, 1] as [Int64])
    func live() throws {
      let data = try Dataset.fromHost(inputs: x.array(.f32, [3, 2]), targets: y.array(.i64, [3]))
      guard case .f32(let pointer, _) = data.inputs else { return XCTFail("inputs are f32") }
      XCTAssertEqual(UInt(bitPattern: pointer), x.address)
      XCTAssertEqual(data.labels, [0, 1, 1])
      XCTAssertEqual(data.classes, 2)
      // Labels had to be copied, so their memory goes back at once.
      XCTAssertEqual([x.releases, y.releases], [0, 1])
      // A contiguous part and a typed view share the memory and outlive the dataset.
      let view = try data.transformed("subset", ["start": .int(1)]).inputs(as: Float.self)
      XCTAssertEqual(UInt(bitPattern: view.pointer), x.address + 8)
      withExtendedLifetime(view) { XCTAssertEqual(x.releases, 0) }
    }
    try live()
    XCTAssertEqual([x.releases, y.releases], [1, 1])
  }

  func testReleaseHappensWhenTheLastUserIsGone() throws {
    for (type, memory) in [
      (DataType.f32, HostMemory([1, 2, 3, 4] as [Float])), (.f64, HostMemory([1, 2, 3, 4] as [Double])),
      (.u8, HostMemory([1, 2, 3, 4] as [UInt8])),
    ] {
      let y = HostMemory([1, -1] as [Double])
      func live() throws {
        let data = try Dataset.fromHost(inputs: memory.array(type, [2, 2]), targets: y.array(.f64, [2]))
        XCTAssertEqual(data.values, [1, 2, 3, 4])
        let part = try data.transformed("subset", ["count": .int(1)])
        withExtendedLifetime((data, part)) { XCTAssertEqual([memory.releases, y.releases], [0, 0]) }
      }
      try live()
      XCTAssertEqual([memory.releases, y.releases], [1, 1], "\(type)")
    }
    // Whole numbers are converted, so they go back at once.
    for (type, memory) in [(DataType.i32, HostMemory([1, 2] as [Int32])), (.i64, HostMemory([1, 2] as [Int64]))] {
      let data = try Dataset.fromHost(inputs: memory.array(type, [2]), targets: nil)
      XCTAssertEqual(memory.releases, 1)
      XCTAssertEqual(data.values, [1, 2])
    }
  }

  func testWithoutReleaseEverythingIsCopied() throws {
    let x = HostMemory([1, 2, 3] as [Double])
    let y = HostMemory([0.5, -1, 2] as [Float])
    let data = try Dataset.fromHost(
      inputs: x.array(.f64, [3, 1], borrowed: false), targets: y.array(.f32, [3, 1], borrowed: false))
    x.pointer?.storeBytes(of: 99.0, as: Double.self)
    y.pointer?.storeBytes(of: Float(99), as: Float.self)
    XCTAssertEqual(data.values, [1, 2, 3])
    XCTAssertEqual(data.realTargets, [0.5, -1, 2])
    XCTAssertEqual(data.targetWidth, 1)
  }

  func testBytesAndFloatLabels() throws {
    let bytes = HostMemory([0, 51, 255] as [UInt8])
    let whole = HostMemory([0, 1, 2] as [Float])
    let data = try Dataset.fromHost(
      inputs: bytes.array(.u8, [3]), targets: whole.array(.f32, [3]), byteScale: 1.0 / 255)
    XCTAssertEqual(data.values, [0, 0.2, 1])
    // Whole floating-point numbers are not silently turned into labels.
    XCTAssertEqual(data.classes, 0)
    XCTAssertEqual(data.realTargets, [0, 1, 2])
  }

  func testRefusalsReleaseNothing() throws {
    let x = HostMemory([1, 2, 3, .nan] as [Double])
    let good = HostMemory([1, 2, 3, 4] as [Float])
    let y = HostMemory([0, 1, 2, -1] as [Int64])
    func refused(
      _ status: Status, _ words: [String], _ inputs: HostArray, _ targets: HostArray? = nil, classes: Int = 0,
      line: UInt = #line
    ) {
      DataFixture.assertRefused(status, words, line: line) {
        try Dataset.fromHost(inputs: inputs, targets: targets, classes: classes)
      }
    }
    refused(.nonfinite, ["inputs[1, 1]", "nan"], x.array(.f64, [2, 2]))
    refused(.nonfinite, ["targets[3]", "nan"], good.array(.f32, [4]), x.array(.f64, [4]))
    refused(.argument, ["targets[3]", "label -1", "negative"], good.array(.f32, [4]), y.array(.i64, [4]))
    refused(.argument, ["targets[2]", "label 2", "0 ... 1"], good.array(.f32, [3]), y.array(.i64, [3]), classes: 2)
    refused(.shape, ["targets", "3", "4 samples"], good.array(.f32, [4]), y.array(.i64, [3]))
    refused(.shape, ["targets", "2 x 2", "one per sample"], good.array(.f32, [2, 2]), y.array(.i64, [2, 2]))
    refused(.shape, ["targets", "2 x 1 x 1"], good.array(.f32, [2, 2]), good.array(.f32, [2, 1, 1]))
    refused(.shape, ["targets", "4 samples"], good.array(.f32, [4]), y.array(.i64, []))
    refused(.shape, ["inputs", "0 dimensions"], good.array(.f32, []))
    refused(.shape, ["inputs", "9 dimensions"], good.array(.f32, Array(repeating: 1, count: 9)))
    refused(.shape, ["inputs", "no data"], good.array(.f32, [0, 4]))
    refused(.shape, ["inputs", "overflows"], good.array(.f32, [1 << 40, 1 << 40]))
    refused(.shape, ["inputs", "overflows"], good.array(.f32, [1 << 61, 2]))
    refused(.shape, ["inputs", "negative"], good.array(.f32, [-1]))
    refused(.argument, ["inputs", "NULL"], HostArray(data: nil, type: .f32, shape: [1], release: {}))
    refused(.argument, ["inputs", "numbers"], good.array(.text, [4]))
    refused(
      .argument, ["inputs", "aligned"],
      HostArray(data: good.pointer.map { UnsafeRawPointer($0 + 1) }, type: .f32, shape: [1], release: {}))
    refused(.argument, ["classes is -1"], good.array(.f32, [4]), classes: -1)
    XCTAssertEqual([x.releases, good.releases, y.releases], [0, 0, 0])
  }
}
