import SwaleCore

/// The empirical risk of a model on data: f(x) = mean_n loss(model(x; input_n), target_n) + l2/2 |x|^2.
///
/// Exact block Hessian-vector products (Pearlmutter 1994), Gauss-Newton products, per-sample losses and gradients,
/// outputs, activations of every layer, JVP and VJP, in f32 or f64. What is per sample, and the Gauss-Newton matrix, is of
/// the losses alone: the penalty is in the value, the gradient and the Hessian.
public struct Network: Landscape {
  public static let info = Info(
    "network", "Mean loss of a model on a dataset, plus l2/2 |x|^2.",
    reference: "Pearlmutter, Neural Computation 6 (1994) 147")
  public static var options: [Option<Self>] {
    [
      option("loss", \.loss, "Loss component: cross_entropy, mse, logistic, hinge or error_count."),
      option("gamma", \.gamma, in: 1e-6...1e6, "Inverse temperature of cross_entropy."),
      option("margin", \.margin, in: -1e6...1e6, "Margin of hinge."),
      option("l2", \.l2, in: 0...1e6, "Coefficient of |x|^2 / 2, over all parameters."),
      option("precision", \.precision, choices: ["f64", "f32"], "What the objective computes in."),
    ]
  }

  public var loss = "cross_entropy"
  public var gamma = 1.0
  public var margin = 1.0
  public var l2 = 0.0
  public var precision = "f64"
  public init() {}

  public func build(_ parts: LandscapeParts) throws(Failure) -> any Objective {
    guard let model = parts.model as? Model else {
      throw Failure(.argument, "objective 'network' needs a model")
    }
    guard let data = parts.data as? Dataset else {
      throw Failure(.argument, "objective 'network' needs a dataset")
    }
    return try NetworkObjective(
      model: model, data: data, loss: try parts.registry.loss(loss, gamma: gamma, margin: margin), l2: l2,
      precision: precision == "f32" ? .f32 : .f64)
  }
}

/// A model, data and a loss, ready to be evaluated by any number of threads.
public final class NetworkObjective: Objective {
  public let name = "network"
  public let model: Model
  public let data: Dataset
  public let loss: any Loss
  public let l2: Double
  public let precision: Precision
  public let capabilities: Capabilities

  public init(model: Model, data: Dataset, loss: any Loss, l2: Double = 0, precision: Precision = .f64)
    throws(Failure)
  {
    let width = try checkedProduct(model.inputShape, "the input shape of the model")
    guard width == data.width else {
      throw Failure(
        .shape, "the model takes inputs of shape \(model.inputShape) but the dataset has \(data.shape)")
    }
    guard data.count > 0 else { throw Failure(.shape, "the dataset has no samples") }
    guard model.parameterCount > 0 else { throw Failure(.shape, "the model has no parameters") }
    self.model = model
    self.data = data
    self.loss = loss
    self.l2 = l2
    self.precision = precision
    // Made once here so that targets that do not fit are refused when the objective is made, not when it is used.
    let kernel = try loss.kernel(data, outputs: model.outputWidth, Double.self)
    var capabilities: Capabilities = [.value, .batches]
    if type(of: loss).differentiable && model.differentiable {
      capabilities.formUnion([.gradient, .exactGradient, .hvp, .gaussNewton, .sampleGradients])
    }
    if model.differentiable { capabilities.insert(.outputs) }
    if kernel.countsErrors { capabilities.insert(.errors) }
    self.capabilities = capabilities
  }

  public var dimension: Int { model.parameterCount }
  public var layout: ParameterLayout { model.layout }
  public var sampleCount: Int { data.count }
  public var outputCount: Int { model.outputWidth }

  public func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> { try NetworkOracle<S>(self) }
}
