import CSwaleKernels
import SwaleCore

/// l = ln(1 + exp(-y z)) for targets y = +1/-1.
public struct Logistic: Loss {
  public static let info = Info("logistic", "ln(1 + exp(-y z)) for one output and targets +1/-1.")
  public init() {}

  public func kernel<S: Scalar>(_ data: Dataset, outputs: Int, _ type: S.Type) throws(Failure) -> LossKernel<S> {
    try requireSigns(data, outputs: outputs, "logistic")
    return MarginKernel(kind: Int32(SWK_LOSS_LOGISTIC), parameter: 1)
  }
}

/// l = max(0, margin - y z) for targets y = +1/-1; the derivative at the kink is 0.
public struct Hinge: Loss {
  public static let info = Info("hinge", "max(0, margin - y z) for one output and targets +1/-1.")
  public static var options: [Option<Self>] {
    [option("margin", \.margin, in: -1e6...1e6, "Margin below which a sample costs.")]
  }
  public var margin = 1.0
  public init() {}

  public func kernel<S: Scalar>(_ data: Dataset, outputs: Int, _ type: S.Type) throws(Failure) -> LossKernel<S> {
    try requireSigns(data, outputs: outputs, "hinge")
    return MarginKernel(kind: Int32(SWK_LOSS_HINGE), parameter: margin)
  }
}

/// Losses of the margin y z of a single output.
final class MarginKernel<S: Scalar>: LossKernel<S> {
  private let kind: Int32
  private var parameter: S

  init(kind: Int32, parameter: Double) {
    self.kind = kind
    self.parameter = S(parameter)
    super.init(outputs: 1)
  }

  override var gamma: Double? {
    get { kind == SWK_LOSS_CROSS_ENTROPY ? Double(parameter) : nil }
    set { if kind == SWK_LOSS_CROSS_ENTROPY, let newValue { parameter = S(newValue) } }
  }

  /// The second derivative.
  override var savedWidth: Int { 1 }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func evaluate(
    _ rows: Int, _ z: UnsafePointer<S>, _ targets: TargetRows<S>, saved: UnsafeMutablePointer<S>?,
    gradient: UnsafeMutablePointer<S>?, _ loss: inout Double, _ errors: inout Int64
  ) {
    guard let signs = targets.real else { return }
    let sum = S.marginLoss(kind, parameter, rows, z, signs, gradient, saved)
    loss += sum.loss
    errors += Int64(sum.errors)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func tangent(
    _ rows: Int, _ saved: UnsafePointer<S>, _ dz: UnsafePointer<S>, _ scale: S, _ out: UnsafeMutablePointer<S>
  ) {
    S.multiply(rows, saved, dz, out)
    S.scale(rows, scale, out)
  }
}
