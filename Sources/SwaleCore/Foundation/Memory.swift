import Glibc
import Synchronization

/// The account of all memory whose size a caller chooses. Swift arrays end the process when memory is short, so
/// data, parameters, activations and results live in `Buffer`s, which are counted here and refuse in words.
public enum Memory {
  private static let limitBytes = Atomic<Int>(Int.max)
  private static let usedBytes = Atomic<Int>(0)
  private static let peakBytes = Atomic<Int>(0)

  /// Upper bound on the bytes held by buffers; `Int.max` means no limit.
  public static var limit: Int {
    get { limitBytes.load(ordering: .relaxed) }
    set { limitBytes.store(newValue, ordering: .relaxed) }
  }
  public static var used: Int { usedBytes.load(ordering: .relaxed) }
  public static var peak: Int { peakBytes.load(ordering: .relaxed) }
  public static func resetPeak() { peakBytes.store(used, ordering: .relaxed) }

  static func allocate(_ bytes: Int) throws(Failure) -> UnsafeMutableRawPointer {
    let total = usedBytes.add(bytes, ordering: .relaxed).newValue
    var memory: UnsafeMutableRawPointer?
    if total > limit || posix_memalign(&memory, 64, max(bytes, 64)) != 0 {
      usedBytes.subtract(bytes, ordering: .relaxed)
      throw Failure(
        .memory,
        "cannot allocate \(bytes) bytes: \(total - bytes) in use, limit "
          + (limit == Int.max ? "none" : "\(limit)")
          + "; use smaller batches, fewer vectors or f32, or raise the memory limit")
    }
    guard let memory else { throw Failure(.memory, "cannot allocate \(bytes) bytes") }
    var peak = peakBytes.load(ordering: .relaxed)
    while total > peak {
      let (done, seen) = peakBytes.compareExchange(
        expected: peak, desired: total, ordering: .relaxed)
      if done { break }
      peak = seen
    }
    return memory
  }

  static func release(_ memory: UnsafeMutableRawPointer, bytes: Int) {
    free(memory)
    usedBytes.subtract(bytes, ordering: .relaxed)
  }

  /// Counts memory that somebody else allocates next, after seeing that it is there.
  fileprivate static func claim(_ bytes: Int) throws(Failure) { free(try allocate(bytes)) }
  fileprivate static func unclaim(_ bytes: Int) { usedBytes.subtract(bytes, ordering: .relaxed) }
}

/// Memory outside of `Buffer`s whose size a caller chose, the lists and texts of options: Swift's own arrays, which end
/// the process when memory is short. The claim is made before the array, fails in words where the array would not fit,
/// and counts against `Memory.limit` as long as it lives.
public final class MemoryClaim: Sendable {
  private let bytes: Int

  public init(_ bytes: Int) throws(Failure) {
    try Memory.claim(bytes)
    self.bytes = bytes
  }

  deinit { Memory.unclaim(bytes) }
}

/// A fixed block of trivial elements: 64-byte aligned, counted against `Memory.limit`, freed with the last
/// reference. Reading while nobody writes is safe from any thread.
public final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
  public let count: Int
  public let pointer: UnsafeMutablePointer<Element>
  private let bytes: Int

  /// - Parameter zeroed: false leaves the content undefined; for memory that is written before it is read.
  public init(_ count: Int, zeroed: Bool = true) throws(Failure) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard count >= 0, !overflow else {
      throw Failure(.memory, "cannot allocate \(count) elements: the size overflows")
    }
    let memory = try Memory.allocate(bytes)
    if zeroed {
      do throws(Failure) {
        try Self.inBlocks(bytes) { memset(memory + $0, 0, $1) }
      } catch {
        Memory.release(memory, bytes: bytes)
        throw error
      }
    }
    self.count = count
    self.bytes = bytes
    self.pointer = memory.bindMemory(to: Element.self, capacity: max(count, 1))
  }

  public convenience init(copying source: UnsafePointer<Element>, count: Int) throws(Failure) {
    try self.init(count, zeroed: false)
    let (from, to) = (UnsafeRawPointer(source), UnsafeMutableRawPointer(pointer))
    try Self.inBlocks(count * MemoryLayout<Element>.stride) { memcpy(to + $0, from + $0, $1) }
  }

  public convenience init(_ elements: [Element]) throws(Failure) {
    try self.init(elements.count, zeroed: false)
    for (i, element) in elements.enumerated() { pointer[i] = element }
  }

  /// Calls `body` with the start and size of parts of `bytes`, between which a run can end: the system gives fresh memory
  /// at some gigabytes a second at best.
  private static func inBlocks(_ bytes: Int, _ body: (Int, Int) -> Void) throws(Failure) {
    var start = 0
    while start < bytes {
      let size = min(1 << 24, bytes - start)
      try Interruption.check(work: Double(size) / 8)
      body(start, size)
      start += size
    }
  }

  deinit { Memory.release(UnsafeMutableRawPointer(pointer), bytes: bytes) }

  public var constant: UnsafePointer<Element> { UnsafePointer(pointer) }
  public var elements: UnsafeMutableBufferPointer<Element> { .init(start: pointer, count: count) }
  /// A Swift array of the content: for tests and small results only.
  public var array: [Element] { Array(elements) }
}

/// A product of sizes that may come from a caller.
public func checkedProduct(_ factors: [Int], _ what: @autoclosure () -> String) throws(Failure) -> Int {
  var product = 1
  for factor in factors {
    let (value, overflow) = product.multipliedReportingOverflow(by: factor)
    guard factor >= 0, !overflow else {
      throw Failure(.shape, "\(what()) has \(factors) elements, which overflows or is negative")
    }
    product = value
  }
  return product
}
