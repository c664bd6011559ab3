import CSwale
import Swale

/// Arrays that cross the border, in both directions.
enum HostArrays {
  /// A swale_array with its type, shape and size checked; the content is checked by who takes it.
  static func checked(_ array: swale_array, _ name: String) throws(Failure) -> HostArray {
    guard let type = DataType(rawValue: array.dtype), type != .bool, type != .text else {
      throw Failure(.argument, "\(name): dtype is \(array.dtype), allowed SWALE_F64, F32, I64, I32 and U8")
    }
    guard array.ndim >= 0, array.ndim <= SWALE_MAX_DIMENSIONS else {
      throw Failure(.argument, "\(name): ndim is \(array.ndim), allowed 0 ... \(SWALE_MAX_DIMENSIONS)")
    }
    var sizes: [Int64] = []
    withUnsafeBytes(of: array.shape) { bytes in
      sizes = Array(bytes.bindMemory(to: Int64.self).prefix(Int(array.ndim)))
    }
    var shape: [Int] = []
    for (axis, size) in sizes.enumerated() {
      guard size >= 0, size < Int64(1) << 48 else {
        throw Failure(.shape, "\(name): shape[\(axis)] is \(size), allowed 0 ... 2^48")
      }
      shape.append(Int(size))
    }
    let elements = try checkedProduct(shape, name)
    _ = try checkedProduct([elements, type.size], name)
    guard elements == 0 || array.data != nil else { throw Failure(.argument, "\(name): data is NULL") }
    guard Int(bitPattern: array.data) % max(type.size, 1) == 0 else {
      throw Failure(.argument, "\(name): data is not aligned for its type")
    }
    guard let release = array.release else {
      return HostArray(data: array.data, type: type, shape: shape, release: nil)
    }
    let owner = Owner(pointer: array.owner)
    return HostArray(data: array.data, type: type, shape: shape, release: { release(owner.pointer) })
  }

  private struct Owner: @unchecked Sendable { let pointer: UnsafeMutableRawPointer? }

  /// The elements of an array as doubles.
  static func read(_ array: HostArray, into out: UnsafeMutablePointer<Double>) throws(Failure) {
    let n = array.shape.reduce(1, *)
    guard let data = array.data else { return }
    switch array.type {
    case .f64: Double.toDouble(n, data.assumingMemoryBound(to: Double.self), out)
    case .f32: Float.toDouble(n, data.assumingMemoryBound(to: Float.self), out)
    case .u8: Double.fromBytes(n, data.assumingMemoryBound(to: UInt8.self), 1, out)
    case .i64:
      let values = data.assumingMemoryBound(to: Int64.self)
      for i in 0..<n { out[i] = Double(values[i]) }
    case .i32:
      let values = data.assumingMemoryBound(to: Int32.self)
      for i in 0..<n { out[i] = Double(values[i]) }
    case .bool, .text: throw Failure(.argument, "an array of numbers is needed")
    }
  }

  /// A view of one of a dataset's arrays.
  static func view(_ data: Dataset, _ name: String) throws(Failure) -> swale_array {
    switch name {
    case "inputs":
      let shape = [data.count] + data.shape
      switch data.inputs {
      case .u8(_, scale: 1, _): return try view(data.inputs, shape)
      case .signs, .u8: return make(UnsafeRawPointer(try data.expandedInputs().pointer), .f32, shape)
      case .f32, .f64: return try view(data.inputs, shape)
      }
    case "bytes":
      guard case .u8 = data.inputs else { throw Failure(.name, "the dataset's inputs are not kept as bytes") }
      return try view(data.inputs, [data.count] + data.shape)
    case "targets":
      switch data.targets {
      case .labels(let labels, _):
        return make(UnsafeRawPointer(labels.pointer), .i32, [data.count])
      case .real(let storage, let width): return try view(storage, width == 1 ? [data.count] : [data.count, width])
      case .none: throw Failure(.name, "the dataset has no targets")
      }
    default:
      guard let statistic = data.statistics[name] else {
        throw Failure(
          .name,
          unknownName("array of the dataset", name, known: ["inputs", "bytes", "targets"] + Array(data.statistics.keys)))
      }
      return make(UnsafeRawPointer(statistic.pointer), .f64, [statistic.count])
    }
  }

  private static func view(_ storage: SampleStorage, _ shape: [Int]) throws(Failure) -> swale_array {
    switch storage {
    case .f32(let pointer, _): make(UnsafeRawPointer(pointer), .f32, shape)
    case .f64(let pointer, _): make(UnsafeRawPointer(pointer), .f64, shape)
    case .u8(let pointer, _, _): make(UnsafeRawPointer(pointer), .u8, shape)
    case .signs: throw Failure(.internalError, "numbers kept as bits have no view")
    }
  }

  /// A swale_array over memory that somebody else owns.
  static func make(_ data: UnsafeRawPointer, _ type: DataType, _ shape: [Int]) -> swale_array {
    var array = swale_array()
    array.data = data
    array.dtype = type.rawValue
    array.ndim = Int32(shape.count)
    withUnsafeMutableBytes(of: &array.shape) { bytes in
      let sizes = bytes.bindMemory(to: Int64.self)
      for (axis, size) in shape.prefix(sizes.count).enumerated() { sizes[axis] = Int64(size) }
    }
    return array
  }
}
