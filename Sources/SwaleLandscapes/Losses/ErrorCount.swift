import SwaleCore

/// 1 for every misclassified sample: the mean over samples is the error rate. Not differentiable.
public struct ErrorCount: Loss {
  public static let info = Info("error_count", "1 per misclassified sample; not differentiable.")
  public static var differentiable: Bool { false }
  public init() {}

  public func kernel<S: Scalar>(_ data: Dataset, outputs: Int, _ type: S.Type) throws(Failure) -> LossKernel<S> {
    if outputs == 1 {
      try requireSigns(data, outputs: outputs, "error_count")
    } else {
      try requireLabels(data, outputs: outputs, "error_count")
    }
    return ErrorCountKernel(outputs: outputs)
  }
}

final class ErrorCountKernel<S: Scalar>: LossKernel<S> {
  @specialized(where S == Float)
  @specialized(where S == Double)
  override func evaluate(
    _ rows: Int, _ z: UnsafePointer<S>, _ targets: TargetRows<S>, saved: UnsafeMutablePointer<S>?,
    gradient: UnsafeMutablePointer<S>?, _ loss: inout Double, _ errors: inout Int64
  ) {
    var wrong = 0
    if let signs = targets.real {
      // A field of exactly 0 counts as an error.
      for i in 0..<rows where !(z[i] * signs[i] > 0) { wrong += 1 }
    } else if let labels = targets.labels {
      for i in 0..<rows {
        let row = z + i * outputs
        var best = 0
        for c in 1..<outputs where row[c] > row[best] { best = c }
        if best != Int(labels[i]) { wrong += 1 }
      }
    }
    errors += Int64(wrong)
    loss += Double(wrong)
  }
}
