import SwaleCore

/// The same samples, told how many classes there are: for labels of a part of the data, in which the last classes need not
/// occur. Without it arrays have as many classes as the largest label says.
public struct ClassCount: DataTransform {
  public static let info = Info("class_count", "The same samples with a given number of classes.")
  public static var options: [Option<Self>] {
    [
      option(
        "classes", \.classes, in: 0...Double(ClassLabels.most),
        "Number of classes, larger than every label; 0: the largest label + 1.")
    ]
  }

  public var classes = 0
  public init() {}

  public func apply(_ data: Dataset, seed: UInt64) throws(Failure) -> Dataset {
    guard case .labels(let labels, _) = data.targets else {
      throw Failure(.shape, "transform 'class_count' needs class labels; the dataset has none")
    }
    var largest = 0
    for i in 0..<data.count { largest = max(largest, Int(labels.pointer[i])) }
    guard classes == 0 || classes > largest else {
      throw Failure(
        .option, "transform 'class_count': classes is \(classes), but there is a label \(largest); allowed \(largest + 1) "
          + "and more, or 0")
    }
    return data.replacing(
      targets: .labels(labels, classes: classes > 0 ? classes : largest + 1), name: data.name)
  }
}
