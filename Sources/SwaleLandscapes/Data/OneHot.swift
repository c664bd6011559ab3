import SwaleCore

/// Class labels as real rows: `on` in the place of the label and `off` elsewhere.
public struct OneHot: DataTransform {
  public static let info = Info("one_hot", "Class labels as real rows with one entry on and the others off.")
  public static var options: [Option<Self>] {
    [
      option("on", \.on, in: -1e30...1e30, "Entry of the sample's own class."),
      option("off", \.off, in: -1e30...1e30, "Entry of every other class."),
    ]
  }

  public var on = 1.0
  public var off = 0.0
  public init() {}

  public func apply(_ data: Dataset, seed: UInt64) throws(Failure) -> Dataset {
    guard case .labels(let labels, let classes) = data.targets else {
      throw Failure(.shape, "transform 'one_hot' needs class labels; the dataset has none")
    }
    let count = try checkedProduct([data.count, classes], "the one-hot targets")
    let rows = try Buffer<Float>(count, zeroed: false)
    Float.fill(count, Float(off), rows.pointer)
    for i in 0..<data.count { rows.pointer[i * classes + Int(labels.pointer[i])] = Float(on) }
    return data.replacing(targets: .real(SampleStorage(rows), width: classes), name: data.name)
  }
}
