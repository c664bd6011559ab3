import SwaleCore
import Synchronization

/// Element storage of a dataset's inputs or real targets: kept in the type it came in, converted by whoever computes.
public enum SampleStorage: @unchecked Sendable {
  case f32(UnsafePointer<Float>, owner: AnyObject)
  case f64(UnsafePointer<Double>, owner: AnyObject)
  /// Bytes with a scale: value = byte * scale.
  case u8(UnsafePointer<UInt8>, scale: Double, owner: AnyObject)
  /// +1 and -1 as bits: rows of one segment, from a first row on.
  case signs(SignBits, firstRow: Int)

  public init(_ buffer: Buffer<Float>) { self = .f32(buffer.constant, owner: buffer) }
  public init(_ buffer: Buffer<Double>) { self = .f64(buffer.constant, owner: buffer) }
  public init(_ buffer: Buffer<UInt8>, scale: Double) { self = .u8(buffer.constant, scale: scale, owner: buffer) }

  /// Writes elements start ..< start + count to `out`.
  public func read<S: Scalar>(_ start: Int, _ count: Int, into out: UnsafeMutablePointer<S>) {
    switch self {
    case .f32(let data, _): S.fromFloat(count, data + start, out)
    case .f64(let data, _): S.fromDouble(count, data + start, out)
    case .u8(let data, let scale, _): S.fromBytes(count, data + start, S(scale), out)
    case .signs(let bits, let firstRow): bits.read(firstRow * bits.width + start, count, into: out)
    }
  }

  /// The memory itself when it already has the wanted type: no copy.
  public func borrowed<S: Scalar>(as type: S.Type) -> (UnsafePointer<S>, AnyObject)? {
    switch self {
    case .f32(let data, let owner):
      S.precision == .f32 ? (UnsafeRawPointer(data).assumingMemoryBound(to: S.self), owner) : nil
    case .f64(let data, let owner):
      S.precision == .f64 ? (UnsafeRawPointer(data).assumingMemoryBound(to: S.self), owner) : nil
    case .u8, .signs: nil
    }
  }
}

/// What a sample should be mapped to.
public enum Targets: Sendable {
  /// Class numbers 0 ..< classes, one per sample.
  case labels(Buffer<Int32>, classes: Int)
  /// Real rows, samples x width. Width 1 with entries +1 and -1 is a binary task.
  case real(SampleStorage, width: Int)
  case none
}

/// Immutable inputs and targets, shareable between threads. Inputs are samples x shape, row-major.
public final class Dataset: Sendable {
  public let count: Int
  /// Shape of one input sample.
  public let shape: [Int]
  public let inputs: SampleStorage
  public let targets: Targets
  /// Where it came from, for error sentences and listings.
  public let name: String
  /// Numbers that a source or transform leaves with the data, by name: "mean" and "scale" of `standardize`, the
  /// "teacher" of `teacher_student`.
  public let statistics: [String: Buffer<Double>]
  private let expansion = Mutex<Buffer<Float>?>(nil)

  public init(
    name: String, count: Int, shape: [Int], inputs: SampleStorage, targets: Targets,
    statistics: [String: Buffer<Double>] = [:]
  ) {
    self.name = name
    self.count = count
    self.shape = shape
    self.inputs = inputs
    self.targets = targets
    self.statistics = statistics
  }

  /// Numbers in one input sample.
  public var width: Int { shape.reduce(1, *) }
  public var classes: Int {
    if case .labels(_, let classes) = targets { return classes }
    return 0
  }
  public var targetWidth: Int {
    switch targets {
    case .labels: 1
    case .real(_, let width): width
    case .none: 0
    }
  }

  /// Inputs in the wanted type: the dataset's own memory where it fits, else a converted copy.
  public func inputs<S: Scalar>(as type: S.Type) throws(Failure) -> TypedSamples<S> {
    switch inputs {
    case .signs where S.precision == .f32, .u8 where S.precision == .f32:
      return try typed(SampleStorage(try expandedInputs()), count * width)
    default: return try typed(inputs, count * width)
    }
  }

  /// Real targets in the wanted type; nil for labels.
  public func realTargets<S: Scalar>(as type: S.Type) throws(Failure) -> TypedSamples<S>? {
    guard case .real(let storage, let width) = targets else { return nil }
    return try typed(storage, count * width)
  }

  /// Inputs kept as bits or bytes, as numbers that live as long as the dataset: made when first asked for, and shared by
  /// all objectives in f32.
  public func expandedInputs() throws(Failure) -> Buffer<Float> {
    try expansion.withLock { (kept) throws(Failure) in
      if let kept { return kept }
      let made = try Buffer<Float>(count * width, zeroed: false)
      try Interruption.inBlocks(count * width) { range throws(Failure) in
        inputs.read(range.lowerBound, range.count, into: made.pointer + range.lowerBound)
      }
      kept = made
      return made
    }
  }

  private func typed<S: Scalar>(_ storage: SampleStorage, _ n: Int) throws(Failure) -> TypedSamples<S> {
    if let (pointer, owner) = storage.borrowed(as: S.self) { return TypedSamples(pointer: pointer, owner: owner) }
    let copy = try Buffer<S>(n, zeroed: false)
    try Interruption.inBlocks(n) { range throws(Failure) in
      storage.read(range.lowerBound, range.count, into: copy.pointer + range.lowerBound)
    }
    return TypedSamples(pointer: copy.constant, owner: copy)
  }
}

/// Numbers with the object that keeps them alive.
public struct TypedSamples<S: Scalar>: @unchecked Sendable {
  public let pointer: UnsafePointer<S>
  let owner: AnyObject
}

/// A registered source of data: a generator or a file reader.
public protocol DataSource: Component {
  func load(seed: UInt64) throws(Failure) -> Dataset
}

extension DataSource {
  public static var kind: Kind { .dataset }
}

/// A registered map from one dataset to another.
public protocol DataTransform: Component {
  func apply(_ data: Dataset, seed: UInt64) throws(Failure) -> Dataset
}

extension DataTransform {
  public static var kind: Kind { .transform }
}
