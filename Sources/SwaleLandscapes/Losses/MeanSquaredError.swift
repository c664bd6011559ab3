import SwaleCore

/// l = |z - y|^2 / 2 per sample, y the target row, or the one-hot row of a class label.
///
/// The factor 1/2 and the sum over outputs are the convention of the physics papers; PyTorch's MSELoss is this times
/// 2 / outputs.
public struct MeanSquaredError: Loss {
  public static let info = Info("mse", "|z - y|^2 / 2 per sample; class labels count as one-hot rows.")
  public init() {}

  public func kernel<S: Scalar>(_ data: Dataset, outputs: Int, _ type: S.Type) throws(Failure) -> LossKernel<S> {
    switch data.targets {
    case .labels: try requireLabels(data, outputs: outputs, "mse")
    case .real(_, let width):
      guard width == outputs else {
        throw Failure(.shape, "loss 'mse': targets have width \(width) but the model has \(outputs) outputs")
      }
    case .none: throw Failure(.shape, "loss 'mse' needs targets, but the dataset has none")
    }
    return SquaredErrorKernel(outputs: outputs, countsErrors: Self.isClassification(data, outputs))
  }

  /// Errors mean something for classes and signs, not for regression.
  private static func isClassification(_ data: Dataset, _ outputs: Int) -> Bool {
    if data.classes > 0 { return true }
    do throws(Failure) { try requireSigns(data, outputs: outputs, "mse") } catch { return false }
    return true
  }
}

final class SquaredErrorKernel<S: Scalar>: LossKernel<S> {
  private let classifies: Bool

  init(outputs: Int, countsErrors: Bool) {
    classifies = countsErrors
    super.init(outputs: outputs)
  }

  override var countsErrors: Bool { classifies }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func evaluate(
    _ rows: Int, _ z: UnsafePointer<S>, _ targets: TargetRows<S>, saved: UnsafeMutablePointer<S>?,
    gradient: UnsafeMutablePointer<S>?, _ loss: inout Double, _ errors: inout Int64
  ) {
    if let real = targets.real {
      loss += S.squaredError(rows * outputs, z, real, gradient)
      if classifies { for i in 0..<rows where z[i] * real[i] <= 0 { errors += 1 } }
    } else if let labels = targets.labels {
      oneHot(rows, z, labels, gradient, &loss, &errors)
    }
  }

  /// |z|^2/2 - z_y + 1/2 without building one-hot rows.
  private func oneHot(
    _ rows: Int, _ z: UnsafePointer<S>, _ labels: UnsafePointer<Int32>, _ gradient: UnsafeMutablePointer<S>?,
    _ loss: inout Double, _ errors: inout Int64
  ) {
    loss += 0.5 * S.sumSquares(rows * outputs, z)
    gradient?.update(from: z, count: rows * outputs)
    for i in 0..<rows {
      let row = z + i * outputs
      let label = Int(labels[i])
      var best = 0
      for c in 1..<max(outputs, 1) where row[c] > row[best] { best = c }
      if best != label { errors += 1 }
      loss += 0.5 - Double(row[label])
      if let gradient { gradient[i * outputs + label] -= 1 }
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func tangent(
    _ rows: Int, _ saved: UnsafePointer<S>, _ dz: UnsafePointer<S>, _ scale: S, _ out: UnsafeMutablePointer<S>
  ) {
    out.update(from: dz, count: rows * outputs)
    S.scale(rows * outputs, scale, out)
  }
}
