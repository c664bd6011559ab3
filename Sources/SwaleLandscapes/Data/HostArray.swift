import SwaleCore

/// A row-major array in the host's memory, samples first. The type is f32, f64, u8, i64 or i32.
public struct HostArray {
  public let data: UnsafeRawPointer?
  public let type: DataType
  public let shape: [Int]
  /// Nil: the memory is only valid during the call, and is copied. Otherwise the library may keep it without a copy
  /// and calls this exactly once, from any thread, when nothing uses it any more; until then the numbers must not
  /// change.
  public let release: (@Sendable () -> Void)?

  public init(data: UnsafeRawPointer?, type: DataType, shape: [Int], release: (@Sendable () -> Void)?) {
    self.data = data
    self.type = type
    self.shape = shape
    self.release = release
  }
}

/// Calls the host's release when the last user of the memory is gone, once the library has taken ownership.
private final class HostOwner: @unchecked Sendable {
  private var release: (@Sendable () -> Void)?

  /// Takes ownership: before the object is shared, and after the last thing that can fail.
  func take(_ release: (@Sendable () -> Void)?) { self.release = release }

  deinit { release?() }
}

extension Dataset {
  /// A dataset from arrays of the host.
  ///
  /// - Inputs have shape samples x sample shape (1 to 8 dimensions; one dimension means samples of a single number) and
  ///   must be finite. f32, f64 and u8 with a release are kept without a copy; whole numbers are converted to f64.
  /// - Targets whose type is one of whole numbers (i64, i32, u8) are class labels, one per sample; f32 and f64 are real
  ///   targets, samples or samples x width. The type decides, never the values.
  /// - Parameter classes: number of classes; 0: the largest label + 1.
  /// - Parameter byteScale: inputs of type u8 stand for byte * byteScale.
  /// - Throws: with the name of the array and the index of the element. **On failure the library has not taken
  ///   ownership: no release is called.** On success each release is called exactly once, at once for an array that
  ///   had to be copied.
  public static func fromHost(
    inputs: HostArray, targets: HostArray?, classes: Int = 0, byteScale: Double = 1, name: String = "arrays"
  ) throws(Failure) -> Dataset {
    guard classes >= 0, classes <= ClassLabels.most else {
      throw Failure(.argument, "classes is \(classes), allowed 0 ... \(ClassLabels.most)")
    }
    guard byteScale.isFinite else { throw Failure(.nonfinite, "byteScale is \(byteScale), allowed finite numbers") }
    let inputOwner = HostOwner()
    let targetOwner = HostOwner()
    let data = try Dataset(
      name: name, inputs: try raw(inputs, "inputs", inputOwner),
      targets: try targets.map { (array) throws(Failure) in try raw(array, "targets", targetOwner) },
      classes: classes, byteScale: byteScale)
    inputOwner.take(inputs.release)
    targetOwner.take(targets?.release)
    return data
  }

  /// The array with everything checked that does not need its elements.
  private static func raw(_ array: HostArray, _ name: String, _ owner: HostOwner) throws(Failure) -> RawArray {
    guard array.type != .bool, array.type != .text else {
      throw Failure(.argument, "\(name): an array of numbers is needed, not of type \(array.type)")
    }
    guard array.shape.count <= mostDimensions else {
      throw Failure(.shape, "\(name): \(array.shape.count) dimensions, allowed 1 ... \(mostDimensions)")
    }
    let count = try checkedProduct(array.shape, name)
    _ = try checkedProduct([count, array.type.size], name)
    guard let data = array.data else { throw Failure(.argument, "\(name): the data pointer is NULL") }
    guard Int(bitPattern: data) % array.type.size == 0 else {
      throw Failure(.argument, "\(name): the data pointer is not aligned to \(array.type.size) bytes")
    }
    return RawArray(
      data: data, type: array.type, shape: array.shape, owner: array.release == nil ? nil : owner,
      origin: .argument(name))
  }
}
