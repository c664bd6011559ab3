import SwaleCore

/// The samples of some classes. Two classes become a binary task, targets -1 for the first and +1 for the second of
/// the list; otherwise the classes are numbered 0, 1, ... in the order of the list.
public struct SelectClasses: DataTransform {
  public static let info = Info("select_classes", "The samples of some classes; two become targets -1 and +1.")
  public static var options: [Option<Self>] {
    [
      option("classes", \.classes, in: 0...Double(ClassLabels.most - 1), "The classes, each once."),
      option(
        "signs", \.signs, "Two classes become real targets, -1 the first and +1 the second; off: labels 0 and 1."),
    ]
  }

  public var classes: [Int] = []
  public var signs = true
  public init() {}

  public func apply(_ data: Dataset, seed: UInt64) throws(Failure) -> Dataset {
    guard case .labels(let labels, let existing) = data.targets else {
      throw Failure(.shape, "transform 'select_classes' needs class labels; the dataset has none")
    }
    let number = try numbering(existing)
    var kept = 0
    for i in 0..<data.count where number.pointer[Int(labels.pointer[i])] >= 0 { kept += 1 }
    let index = try Buffer<Int64>(kept, zeroed: false)
    let renumbered = try Buffer<Int32>(kept, zeroed: false)
    let present = try Buffer<UInt8>(classes.count)
    var next = 0
    for i in 0..<data.count {
      let new = number.pointer[Int(labels.pointer[i])]
      guard new >= 0 else { continue }
      index.pointer[next] = Int64(i)
      renumbered.pointer[next] = new
      present.pointer[Int(new)] = 1
      next += 1
    }
    for (new, old) in classes.enumerated() where present.pointer[new] == 0 {
      throw Failure(.option, "transform 'select_classes': the dataset has no sample of class \(old)")
    }
    let targets: Targets =
      signs && classes.count == 2
      ? try ClassNumbers.signs(renumbered, positive: 1) : .labels(renumbered, classes: classes.count)
    return try data.selecting(index, name: data.name).replacing(targets: targets, name: data.name)
  }

  /// The new number of each existing class, -1 for those that go.
  private func numbering(_ existing: Int) throws(Failure) -> Buffer<Int32> {
    guard !classes.isEmpty else { throw Failure(.option, "transform 'select_classes' needs option 'classes'") }
    let number = try Buffer<Int32>(existing, zeroed: false)
    number.pointer.update(repeating: -1, count: existing)
    for (new, old) in classes.enumerated() {
      guard old >= 0, old < existing else {
        throw Failure(.option, "transform 'select_classes': class \(old), allowed 0 ... \(existing - 1)")
      }
      guard number.pointer[old] < 0 else {
        throw Failure(.option, "transform 'select_classes': class \(old) is listed twice")
      }
      number.pointer[old] = Int32(new)
    }
    return number
  }
}
