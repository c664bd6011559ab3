import CSwale
import Swale

/// Makes an empty model for inputs of the given shape (per sample). Add layers, then make objectives from it; from
/// the first objective on it cannot change.
@c(swale_model_create)
public func swaleModelCreate(
  _ inputShape: UnsafePointer<Int64>?, _ ndim: Int32, _ out: UnsafeMutablePointer<swale_model_t>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    guard ndim >= 1, ndim <= SWALE_MAX_DIMENSIONS else {
      throw Failure(.argument, "argument 'ndim' is \(ndim), allowed 1 ... \(SWALE_MAX_DIMENSIONS)")
    }
    let shape = try required(inputShape, "input_shape")
    var sizes: [Int] = []
    for i in 0..<Int(ndim) { sizes.append(try count(shape[i], "input_shape")) }
    publish(try ModelBuilder(inputShape: sizes), .model, out)
  }
}

/// Destroys a model; objectives made from it live on. 0 does nothing.
@c(swale_model_destroy)
public func swaleModelDestroy(_ model: swale_model_t) -> swale_status {
  boundary { () throws(Failure) in try destroy(model, .model) }
}

/// Adds a layer by name. `name` is what its parameters are called after (NULL: the layer's type and a number), `from`
/// the names of the layers it reads, separated by commas, "input" for the model's input (NULL: the layer before).
@c(swale_model_add)
public func swaleModelAdd(
  _ model: swale_model_t, _ layer: UnsafePointer<CChar>?, _ options: swale_options_t, _ name: UnsafePointer<CChar>?,
  _ from: UnsafePointer<CChar>?
) -> swale_status {
  boundary { () throws(Failure) in
    let builder = try resolve(model, .model, as: ModelBuilder.self)
    let made = try Registry.shared.make(
      .layer, try text(layer, "layer"), try optionBag(options), as: (any Layer).self)
    try builder.add(
      made, name: name == nil ? nil : try text(name, "name"), from: from == nil ? nil : try text(from, "from"))
  }
}

/// Number of parameters and outputs of a model with at least one layer; either pointer may be NULL. The model cannot
/// change afterwards.
@c(swale_model_size)
public func swaleModelSize(
  _ model: swale_model_t, _ parameters: UnsafeMutablePointer<Int64>?, _ outputs: UnsafeMutablePointer<Int64>?
) -> swale_status {
  boundary { () throws(Failure) in
    let finished = try resolve(model, .model, as: ModelBuilder.self).finish()
    parameters?.pointee = Int64(finished.parameterCount)
    outputs?.pointee = Int64(finished.outputWidth)
  }
}
