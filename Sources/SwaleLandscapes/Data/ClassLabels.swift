import SwaleCore

/// What a class label may be, for every reader.
enum ClassLabels {
  /// Most classes a dataset may have. Larger labels are identifiers, not classes, and would ask for absurd outputs.
  static let most = 1 << 24

  /// The reason why a whole number is not a label, or nil. `classes` 0: not given.
  @inline(__always)
  static func problem(_ label: Int, classes: Int) -> String? {
    if label >= 0 && label < (classes > 0 ? classes : most) { return nil }
    return describe(label, classes)
  }

  private static func describe(_ label: Int, _ classes: Int) -> String {
    if label < 0 {
      return "label \(label) is negative; whole numbers are class labels, which count from 0; give targets such as +1 "
        + "and -1 as floating-point numbers, or say that they are real (target = real)"
    }
    return "label \(label) is out of range, allowed 0 ... \((classes > 0 ? classes : most) - 1)"
  }
}

/// The class of each sample: its label, or the sign of its target when targets are +1 and -1 (class 0: -1, class 1:
/// +1). What transforms that care about classes work on.
struct ClassNumbers {
  let numbers: Buffer<Int32>
  let classes: Int
  private let areSigns: Bool

  /// - Parameter user: the transform that needs classes, for the refusal.
  init(_ data: Dataset, for user: String) throws(Failure) {
    switch data.targets {
    case .labels(let labels, let classes):
      (numbers, self.classes, areSigns) = (labels, classes, false)
    case .real(let storage, width: 1):
      let values = try Buffer<Double>(data.count, zeroed: false)
      storage.read(0, data.count, into: values.pointer)
      numbers = try Buffer<Int32>(data.count, zeroed: false)
      for i in 0..<data.count {
        let value = values.pointer[i]
        guard value == 1 || value == -1 else {
          throw Failure(
            .argument, "\(user) needs class labels or targets +1 and -1; target of sample \(i) is \(value)")
        }
        numbers.pointer[i] = value > 0 ? 1 : 0
      }
      (classes, areSigns) = (2, true)
    case .real(_, let width):
      throw Failure(.shape, "\(user) needs class labels or targets +1 and -1; the real targets have width \(width)")
    case .none:
      throw Failure(.shape, "\(user) needs class labels or targets +1 and -1; the dataset has no targets")
    }
  }

  /// Targets of the same form for other class numbers.
  func targets(_ numbers: Buffer<Int32>) throws(Failure) -> Targets {
    areSigns ? try Self.signs(numbers, positive: 1) : .labels(numbers, classes: classes)
  }

  /// Targets +1 for the class `positive` and -1 for every other.
  static func signs(_ numbers: Buffer<Int32>, positive: Int32) throws(Failure) -> Targets {
    let signs = try Buffer<Float>(numbers.count, zeroed: false)
    for i in 0..<numbers.count { signs.pointer[i] = numbers.pointer[i] == positive ? 1 : -1 }
    return .real(SampleStorage(signs), width: 1)
  }

  /// Samples in each class.
  func counts() throws(Failure) -> Buffer<Int> {
    let counts = try Buffer<Int>(classes)
    for i in 0..<numbers.count { counts.pointer[Int(numbers.pointer[i])] += 1 }
    return counts
  }
}
