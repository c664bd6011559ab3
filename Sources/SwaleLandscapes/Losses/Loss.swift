import SwaleCore

/// A loss of the outputs of a model against targets: settings that make a kernel. The objective takes the mean over
/// samples.
public protocol Loss: Component {
  /// False for counts of errors: gradients are refused.
  static var differentiable: Bool { get }
  func kernel<S: Scalar>(_ data: Dataset, outputs: Int, _ type: S.Type) throws(Failure) -> LossKernel<S>
}

extension Loss {
  public static var kind: Kind { .loss }
  public static var differentiable: Bool { true }
}

/// Where the targets of consecutive rows start: labels, or real rows.
public struct TargetRows<S: Scalar> {
  public var labels: UnsafePointer<Int32>?
  public var real: UnsafePointer<S>?
  public var width: Int

  public init(labels: UnsafePointer<Int32>? = nil, real: UnsafePointer<S>? = nil, width: Int) {
    self.labels = labels
    self.real = real
    self.width = width
  }

  public func advanced(_ rows: Int) -> TargetRows<S> {
    TargetRows(labels: labels.map { $0 + rows }, real: real.map { $0 + rows * width }, width: width)
  }
}

/// The numerical part of a loss over rows of outputs.
open class LossKernel<S: Scalar> {
  public let outputs: Int
  public init(outputs: Int) { self.outputs = outputs }

  /// Scalars per sample to keep for Hessian products (probabilities, second derivatives).
  open var savedWidth: Int { 0 }
  /// Whether errors are counted.
  open var countsErrors: Bool { true }

  /// The inverse temperature of losses that have one; nil for the others.
  open var gamma: Double? {
    get { nil }
    set {}
  }

  /// Adds the losses of the rows to `loss` and the misclassified rows to `errors`; writes d loss / d output (not
  /// divided by the number of samples) to `gradient` and what `tangent` needs to `saved`, where given.
  open func evaluate(
    _ rows: Int, _ z: UnsafePointer<S>, _ targets: TargetRows<S>, saved: UnsafeMutablePointer<S>?,
    gradient: UnsafeMutablePointer<S>?, _ loss: inout Double, _ errors: inout Int64
  ) {}

  /// out = scale (d2 loss / d output2) dz, for one tangent of the rows.
  open func tangent(
    _ rows: Int, _ saved: UnsafePointer<S>, _ dz: UnsafePointer<S>, _ scale: S, _ out: UnsafeMutablePointer<S>
  ) {}
}

/// Checks shared by losses of one output with targets +1 and -1.
func requireSigns(_ data: Dataset, outputs: Int, _ loss: String) throws(Failure) {
  guard outputs == 1 else {
    throw Failure(.shape, "loss '\(loss)' with +1/-1 targets needs a model with 1 output, got \(outputs)")
  }
  guard case .real(let storage, width: 1) = data.targets else {
    throw Failure(
      .shape, "loss '\(loss)' with 1 output needs targets +1 and -1, one per sample; \(signsMissing(data))")
  }
  let block = 4096
  let values = try Buffer<Double>(block, zeroed: false)
  var start = 0
  while start < data.count {
    let n = min(block, data.count - start)
    storage.read(start, n, into: values.pointer)
    for i in 0..<n where abs(values.pointer[i]) != 1 {
      throw Failure(
        .argument, "loss '\(loss)' needs targets +1 and -1; target of sample \(start + i) is \(values.pointer[i])")
    }
    start += n
  }
}

/// Why a dataset has no targets +1 and -1, and what to do.
func signsMissing(_ data: Dataset) -> String {
  switch data.targets {
  case .labels:
    "the dataset has class labels (whole numbers): give +1 and -1 as floating-point numbers, or make them of two "
      + "classes with transform 'select_classes'"
  case .real(_, let width): "the targets of the dataset have width \(width)"
  case .none: "the dataset has no targets"
  }
}

/// Checks shared by losses of class scores.
func requireLabels(_ data: Dataset, outputs: Int, _ loss: String) throws(Failure) {
  guard case .labels(_, let classes) = data.targets else {
    let found = data.targetWidth == 0 ? "no targets" : "real targets (floating-point numbers); labels are whole numbers"
    throw Failure(.shape, "loss '\(loss)' with \(outputs) outputs needs class labels, but the dataset has \(found)")
  }
  guard classes <= outputs else {
    let hint =
      outputs > 1 ? "" : "; its targets are whole numbers, which are class labels: give real targets as floating-point "
        + "numbers"
    throw Failure(.shape, "the dataset has \(classes) classes but the model only \(outputs) outputs\(hint)")
  }
}
