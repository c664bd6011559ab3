import CSwaleKernels
import SwaleCore

/// Cross-entropy with inverse temperature gamma.
///
/// Classes: l = (1/gamma) (ln sum_c exp(gamma z_c) - gamma z_y), the usual softmax cross-entropy at gamma = 1.
/// One output with targets y = +1/-1: l = (1/(2 gamma)) ln(1 + exp(-2 gamma y z)) (Baldassi, Pittorino, Zecchina
/// 2020): gamma -> 0 is linear, gamma -> infinity the perceptron rule max(0, -y z).
public struct CrossEntropy: Loss {
  public static let info = Info(
    "cross_entropy",
    "Softmax cross-entropy, or (1/2g) ln(1 + exp(-2 g y z)) for one output and targets +1/-1, with inverse temperature g.",
    reference: "Baldassi, Pittorino, Zecchina, PNAS 117 (2020) 161")
  public static var options: [Option<Self>] {
    [option("gamma", \.gamma, in: 1e-6...1e6, "Inverse temperature: larger values weigh only the errors.")]
  }

  public var gamma = 1.0
  public init() {}

  public func kernel<S: Scalar>(_ data: Dataset, outputs: Int, _ type: S.Type) throws(Failure) -> LossKernel<S> {
    if outputs == 1 {
      try requireSigns(data, outputs: outputs, "cross_entropy")
      return MarginKernel(kind: Int32(SWK_LOSS_CROSS_ENTROPY), parameter: gamma)
    }
    try requireLabels(data, outputs: outputs, "cross_entropy")
    return SoftmaxCrossEntropyKernel(outputs: outputs, gamma: gamma)
  }
}

final class SoftmaxCrossEntropyKernel<S: Scalar>: LossKernel<S>, ColumnLoss {
  private var inverseTemperature: S

  init(outputs: Int, gamma: Double) {
    inverseTemperature = S(gamma)
    super.init(outputs: outputs)
  }

  override var gamma: Double? {
    get { Double(inverseTemperature) }
    set { if let newValue { inverseTemperature = S(newValue) } }
  }

  /// The probabilities.
  override var savedWidth: Int { outputs }

  func evaluateColumns(
    _ samples: Int, _ z: UnsafePointer<S>, _ targets: TargetRows<S>, _ loss: inout Double, _ errors: inout Int64
  ) {
    guard let labels = targets.labels else { return }
    let sum = S.crossEntropyColumns(outputs, samples, z, samples, labels, inverseTemperature)
    loss += sum.loss
    errors += sum.errors
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func evaluate(
    _ rows: Int, _ z: UnsafePointer<S>, _ targets: TargetRows<S>, saved: UnsafeMutablePointer<S>?,
    gradient: UnsafeMutablePointer<S>?, _ loss: inout Double, _ errors: inout Int64
  ) {
    guard let labels = targets.labels else { return }
    let sum = S.crossEntropy(rows, outputs, z, labels, inverseTemperature, saved, gradient)
    loss += sum.loss
    errors += Int64(sum.errors)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  override func tangent(
    _ rows: Int, _ saved: UnsafePointer<S>, _ dz: UnsafePointer<S>, _ scale: S, _ out: UnsafeMutablePointer<S>
  ) {
    S.softmaxTangentRows(rows, outputs, saved, dz, scale * inverseTemperature, out)
  }
}
