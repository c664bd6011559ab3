import SwaleCore

/// A row-major array in memory, on its way into a dataset: from the host or from a file.
struct RawArray {
  let data: UnsafeRawPointer
  let type: DataType
  let shape: [Int]
  /// What keeps the memory alive; nil: it is copied.
  let owner: AnyObject?
  let origin: Origin

  /// Where the array came from, so that a refusal names the place.
  enum Origin {
    /// An argument of a call.
    case argument(String)
    /// A file whose element 0 is at byte `start`.
    case file(String, start: Int)
  }

  var count: Int { shape.reduce(1, *) }
  var samples: Int { shape.first ?? 0 }

  /// The refusal of the array as a whole, or of one element by its row-major number.
  func refuse(_ status: Status, _ reason: String, element: Int? = nil) -> Failure {
    var index: [Int] = []
    var rest = element ?? 0
    for size in shape.reversed() {
      index.insert(rest % max(size, 1), at: 0)
      rest /= max(size, 1)
    }
    let brackets = "[\(index.map { "\($0)" }.joined(separator: ", "))]"
    switch origin {
    case .argument(let name): return Failure(status, "\(name)\(element == nil ? "" : brackets): \(reason)")
    case .file(let path, let start):
      guard let element else { return FileBytes.refusal(path, reason) }
      return FileBytes.refusal(path, at: "byte \(start + element * type.size) (element \(brackets))", reason)
    }
  }

  var shapeText: String { shape.map { "\($0)" }.joined(separator: " x ") }

  /// The elements as numbers of a dataset: the memory itself for f32, f64 and bytes that have an owner, else a copy
  /// (whole numbers become f64).
  /// - Throws: for a number that is not finite.
  func numbers(byteScale: Double) throws(Failure) -> SampleStorage {
    let n = count
    switch type {
    case .f32:
      let values = data.assumingMemoryBound(to: Float.self)
      try checkFinite(values)
      if let owner { return .f32(values, owner: owner) }
      return SampleStorage(try Buffer(copying: values, count: n))
    case .f64:
      let values = data.assumingMemoryBound(to: Double.self)
      try checkFinite(values)
      if let owner { return .f64(values, owner: owner) }
      return SampleStorage(try Buffer(copying: values, count: n))
    case .u8:
      let values = data.assumingMemoryBound(to: UInt8.self)
      if let owner { return .u8(values, scale: byteScale, owner: owner) }
      return SampleStorage(try Buffer(copying: values, count: n), scale: byteScale)
    case .i32:
      let values = data.assumingMemoryBound(to: Int32.self)
      let copy = try Buffer<Double>(n, zeroed: false)
      try Interruption.inBlocks(n) { range throws(Failure) in
        for i in range { copy.pointer[i] = Double(values[i]) }
      }
      return SampleStorage(copy)
    case .i64:
      let values = data.assumingMemoryBound(to: Int64.self)
      let copy = try Buffer<Double>(n, zeroed: false)
      try Interruption.inBlocks(n) { range throws(Failure) in
        for i in range { copy.pointer[i] = Double(values[i]) }
      }
      return SampleStorage(copy)
    case .bool, .text: throw refuse(.argument, "an array of numbers is needed")
    }
  }

  private func checkFinite<S: Scalar>(_ values: UnsafePointer<S>) throws(Failure) {
    try Interruption.inBlocks(count) { range throws(Failure) in
      let bad = S.firstNonfinite(range.count, values + range.lowerBound)
      guard bad >= 0 else { return }
      let index = range.lowerBound + bad
      throw refuse(.nonfinite, "the number is \(values[index]), allowed finite numbers", element: index)
    }
  }

  /// What targets are: by the type of the array, or as the caller says.
  enum TargetKind: String, CaseIterable {
    /// Whole numbers are labels, floating-point numbers real targets, whatever their values.
    case auto
    case labels, real

    static let text = "What the targets are; auto: labels where their type is one of whole numbers, else real targets."
  }

  /// The elements as class labels, always copied.
  /// - Parameter classes: number of classes; 0: the largest label + 1.
  private func labels(classes: Int) throws(Failure) -> Targets {
    switch type {
    case .u8: try labels(data.assumingMemoryBound(to: UInt8.self), classes) { Int($0) }
    case .i32: try labels(data.assumingMemoryBound(to: Int32.self), classes) { Int($0) }
    case .i64: try labels(data.assumingMemoryBound(to: Int64.self), classes) { Int($0) }
    case .f32: try labels(data.assumingMemoryBound(to: Float.self), classes) { Int(exactly: $0) }
    case .f64: try labels(data.assumingMemoryBound(to: Double.self), classes) { Int(exactly: $0) }
    case .bool, .text: throw refuse(.argument, "an array of numbers is needed")
    }
  }

  private func labels<T>(
    _ values: UnsafePointer<T>, _ classes: Int, _ whole: (T) -> Int?
  ) throws(Failure) -> Targets {
    guard shape.count == 1 else {
      throw refuse(
        .shape, "whole numbers are class labels, one per sample, but the shape is \(shapeText); "
          + "real targets are floating-point numbers")
    }
    let labels = try Buffer<Int32>(samples, zeroed: false)
    var largest = 0
    for i in 0..<samples {
      guard let label = whole(values[i]) else {
        throw refuse(.argument, "label \(values[i]) is not a whole number", element: i)
      }
      if let problem = ClassLabels.problem(label, classes: classes) { throw refuse(.argument, problem, element: i) }
      labels.pointer[i] = Int32(truncatingIfNeeded: label)
      largest = max(largest, label)
    }
    return .labels(labels, classes: classes > 0 ? classes : largest + 1)
  }

  /// Targets of `samples` samples. The type of the array decides what they are, never their values: a batch in which all
  /// labels are 1, or all targets happen to be whole, means what the others mean.
  func targets(samples: Int, classes: Int, kind: TargetKind) throws(Failure) -> Targets {
    guard self.samples == samples, !shape.isEmpty else {
      throw refuse(.shape, "the shape is \(shapeText), but there are \(samples) samples")
    }
    let areReal = kind == .real || (kind == .auto && (type == .f32 || type == .f64))
    guard areReal else { return try labels(classes: classes) }
    guard shape.count <= 2, count > 0 else {
      throw refuse(.shape, "real targets have shape samples or samples x width, not \(shapeText)")
    }
    return .real(try numbers(byteScale: 1), width: shape.count == 2 ? shape[1] : 1)
  }
}

extension Dataset {
  /// Most dimensions of an array, the samples included (`SWALE_MAX_DIMENSIONS`).
  static let mostDimensions = 8

  /// A dataset from two arrays whose sizes are known to fit their memory.
  convenience init(
    name: String, inputs: RawArray, targets: RawArray?, classes: Int, byteScale: Double,
    kind: RawArray.TargetKind = .auto
  ) throws(Failure) {
    guard !inputs.shape.isEmpty, inputs.shape.count <= Self.mostDimensions else {
      throw inputs.refuse(
        .shape, "\(inputs.shape.count) dimensions, allowed 1 ... \(Self.mostDimensions), samples first")
    }
    guard inputs.count > 0 else { throw inputs.refuse(.shape, "the shape is \(inputs.shapeText): there is no data") }
    let targets = try targets?.targets(samples: inputs.samples, classes: classes, kind: kind)
    self.init(
      name: name, count: inputs.samples, shape: inputs.shape.count == 1 ? [1] : Array(inputs.shape.dropFirst()),
      inputs: try inputs.numbers(byteScale: byteScale), targets: targets ?? Targets.none)
  }
}
