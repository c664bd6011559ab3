import Glibc
import Synchronization

/// Element types, as in `swale_dtype`.
public enum DataType: Int32, Sendable {
  case f64 = 1
  case f32 = 2
  case i64 = 3
  case i32 = 4
  case u8 = 5
  case bool = 6
  case text = 7

  /// Bytes per element of numeric types.
  public var size: Int {
    switch self {
    case .f64, .i64: 8
    case .f32, .i32: 4
    case .u8, .bool, .text: 1
    }
  }
}

/// A named, shaped, immutable array in a report. Numbers are f64 or i64; texts are UTF-8 bytes.
public struct ReportArray: @unchecked Sendable {
  public let name: String
  public let type: DataType
  public let shape: [Int]
  public let data: UnsafeRawPointer
  let owner: AnyObject
}

/// The outcome of a solve or a measurement: named scalars, arrays and texts, and what produced them.
/// (`Result` would shadow Swift's own.)
public final class Report: @unchecked Sendable {
  private let items = Mutex<[ReportArray]>([])

  public init() {}

  public var arrays: [ReportArray] { items.withLock { $0 } }
  public subscript(name: String) -> ReportArray? { arrays.first { $0.name == name } }

  /// What the loops around solvers and metrics record themselves: a plugin's array of that name would be lost.
  private static let reserved: Set<String> = [
    "x", "fun", "gradient_norm", "error", "solver", "metric", "objective", "precision", "reason", "message", "success",
    "steps", "evaluations", "values", "gradients", "products", "product_method", "seconds", "seed", "loss",
    "gradient_norms", "trajectory", "trajectory_steps",
  ]
  private static let longestName = 128
  private static let mostArrays = 4096

  /// Refuses a name, chosen by a plugin, that is no name or that the library needs itself.
  public func requireFree(_ name: String) throws(Failure) {
    let shown = String(name.prefix(80))
    guard !Self.reserved.contains(name) else {
      throw Failure(.name, "the name '\(shown)' is reserved for what the library records itself; choose another one")
    }
    guard !name.isEmpty, name.utf8.count <= Self.longestName,
      !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else {
      throw Failure(
        .name, "'\(shown)' is no name of an array, allowed 1 ... \(Self.longestName) bytes without control characters")
    }
    guard items.withLock({ items in items.count < Self.mostArrays || items.contains { $0.name == name } }) else {
      throw Failure(.argument, "array '\(shown)' is one too many: a result holds up to \(Self.mostArrays)")
    }
  }

  private func put(_ array: sending ReportArray) {
    let name = array.name
    items.withLock { items in
      items.removeAll { $0.name == name }
      items.append(array)
    }
  }

  public func record(_ name: String, _ buffer: Buffer<Double>, shape: [Int]? = nil) {
    put(ReportArray(
      name: name, type: .f64, shape: shape ?? [buffer.count], data: UnsafeRawPointer(buffer.pointer), owner: buffer))
  }
  public func record(_ name: String, _ buffer: Buffer<Int64>, shape: [Int]? = nil) {
    put(ReportArray(
      name: name, type: .i64, shape: shape ?? [buffer.count], data: UnsafeRawPointer(buffer.pointer), owner: buffer))
  }
  public func record(_ name: String, _ values: [Double], shape: [Int]? = nil) throws(Failure) {
    record(name, try Buffer(values), shape: shape)
  }
  /// A scalar: an array without dimensions.
  public func record(_ name: String, _ value: Double) throws(Failure) {
    record(name, try Buffer([value]), shape: [])
  }
  public func record(_ name: String, _ value: Int) throws(Failure) {
    record(name, try Buffer([Int64(value)]), shape: [])
  }
  public func record(_ name: String, text: String) throws(Failure) {
    let bytes = Array(text.utf8)
    let buffer = try Buffer<UInt8>(bytes.count + 1)
    for (i, byte) in bytes.enumerated() { buffer.pointer[i] = byte }
    put(ReportArray(
      name: name, type: .text, shape: [bytes.count], data: UnsafeRawPointer(buffer.pointer), owner: buffer))
  }
  /// A parameter vector of either precision, stored as f64.
  public func record<S: Scalar>(_ name: String, vector: UnsafePointer<S>, shape: [Int]) throws(Failure) {
    let count = try checkedProduct(shape, "array '\(name)'")
    let buffer = try Buffer<Double>(count, zeroed: false)
    S.toDouble(count, vector, buffer.pointer)
    record(name, buffer, shape: shape)
  }

  // Reading, for tests and Swift callers.
  public func scalar(_ name: String) -> Double? {
    guard let item = self[name] else { return nil }
    switch item.type {
    case .f64: return item.data.load(as: Double.self)
    case .i64: return Double(item.data.load(as: Int64.self))
    default: return nil
    }
  }
  public func values(_ name: String) -> [Double]? {
    guard let item = self[name] else { return nil }
    let count = item.shape.reduce(1, *)
    switch item.type {
    case .f64: return (0..<count).map { item.data.load(fromByteOffset: 8 * $0, as: Double.self) }
    case .i64: return (0..<count).map { Double(item.data.load(fromByteOffset: 8 * $0, as: Int64.self)) }
    default: return nil
    }
  }
  public func text(_ name: String) -> String? {
    guard let item = self[name], item.type == .text else { return nil }
    return String(cString: item.data.assumingMemoryBound(to: CChar.self))
  }
}

/// Histories that grow by doubling: one per quantity of a run, appended once a step.
public struct Series: ~Copyable {
  private var buffer: Buffer<Double>
  public private(set) var count = 0

  public init(capacity: Int = 256) throws(Failure) { buffer = try Buffer(capacity, zeroed: false) }

  public mutating func append(_ value: Double) throws(Failure) {
    if count == buffer.count {
      let larger = try Buffer<Double>(max(2 * count, 8), zeroed: false)
      larger.pointer.update(from: buffer.pointer, count: count)
      buffer = larger
    }
    buffer.pointer[count] = value
    count += 1
  }

  /// The values so far, as an array of exactly `count` elements.
  public func trimmed() throws(Failure) -> Buffer<Double> {
    try Buffer(copying: buffer.constant, count: count)
  }
  public var last: Double { count > 0 ? buffer.pointer[count - 1] : .nan }
}
