import CSwale
import Swale

/// Makes a registered objective ("network", "quadratic", ...). `model` and `data` may be 0 where the objective does
/// not need them. The objective keeps what it uses: both may be destroyed afterwards.
@c(swale_objective_create)
public func swaleObjectiveCreate(
  _ name: UnsafePointer<CChar>?, _ options: swale_options_t, _ model: swale_model_t, _ data: swale_dataset_t,
  _ out: UnsafeMutablePointer<swale_objective_t>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let landscape = try Registry.shared.make(
      .objective, try text(name, "name"), try optionBag(options), as: (any Landscape).self)
    let parts = LandscapeParts(
      registry: Registry.shared,
      model: model == 0 ? nil : try resolve(model, .model, as: ModelBuilder.self).finish(),
      data: data == 0 ? nil : try resolve(data, .dataset, as: Dataset.self))
    let built = try interruptibly { () throws(Failure) in try landscape.build(parts) }
    publish(ObjectiveBox(built), .objective, out)
  }
}

/// Makes an objective from functions of the host program. The table is copied. When the call fails the library has
/// not taken ownership and does not call `release`.
@c(swale_objective_from_callbacks)
public func swaleObjectiveFromCallbacks(
  _ callbacks: UnsafePointer<swale_callbacks>?, _ out: UnsafeMutablePointer<swale_objective_t>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let objective = try HostCallbacks.objective(try required(callbacks, "callbacks"))
    publish(ObjectiveBox(objective), .objective, out)
  }
}

/// Makes the landscape over some of the parameters: the tensors named in `tensors` (comma-separated names or prefixes)
/// are held at their values in x (count elements of the given objective).
@c(swale_objective_freeze)
public func swaleObjectiveFreeze(
  _ objective: swale_objective_t, _ tensors: UnsafePointer<CChar>?, _ x: UnsafePointer<Double>?, _ count: Int64,
  _ out: UnsafeMutablePointer<swale_objective_t>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let base = try resolve(objective, .objective, as: ObjectiveBox.self).objective
    _ = try dimension(count, of: base)
    let frozen = try FrozenObjective(base, freezing: try text(tensors, "tensors"), at: try required(x, "x"))
    publish(ObjectiveBox(frozen), .objective, out)
  }
}

/// Destroys an objective; runs that use it finish normally. 0 does nothing.
@c(swale_objective_destroy)
public func swaleObjectiveDestroy(_ objective: swale_objective_t) -> swale_status {
  boundary { () throws(Failure) in try destroy(objective, .objective) }
}

/// Describes an objective. Set out->struct_size first.
@c(swale_objective_describe)
public func swaleObjectiveDescribe(
  _ objective: swale_objective_t, _ out: UnsafeMutablePointer<swale_objective_info>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let size = try structSize(out.pointee.struct_size, minimum: 56, "swale_objective_info")
    let box = try resolve(objective, .objective, as: ObjectiveBox.self)
    let landscape = box.objective
    var info = swale_objective_info()
    info.struct_size = out.pointee.struct_size
    info.precision = landscape.precision.rawValue
    info.name = box.texts.pointer(landscape.name)
    info.dimension = Int64(landscape.dimension)
    info.capabilities = landscape.capabilities.rawValue
    info.sample_count = Int64(landscape.sampleCount)
    info.output_count = Int64(landscape.outputCount)
    info.tensor_count = Int64(landscape.layout.tensors.count)
    fill(out, info, size: size)
  }
}

/// Describes tensor number `index` (from 0) of the parameter vector. Set out->struct_size first.
@c(swale_objective_tensor)
public func swaleObjectiveTensor(
  _ objective: swale_objective_t, _ index: Int64, _ out: UnsafeMutablePointer<swale_tensor_info>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let size = try structSize(out.pointee.struct_size, minimum: 120, "swale_tensor_info")
    let box = try resolve(objective, .objective, as: ObjectiveBox.self)
    let tensors = box.objective.layout.tensors
    guard index >= 0, index < tensors.count else {
      throw Failure(.argument, "argument 'index' is \(index), the objective has \(tensors.count) tensors")
    }
    let tensor = tensors[Int(index)]
    var info = swale_tensor_info()
    info.struct_size = out.pointee.struct_size
    info.ndim = Int32(tensor.shape.count)
    info.name = box.texts.pointer(tensor.name)
    info.offset = Int64(tensor.offset)
    info.count = Int64(tensor.count)
    withUnsafeMutableBytes(of: &info.shape) { bytes in
      let sizes = bytes.bindMemory(to: Int64.self)
      for (axis, size) in tensor.shape.prefix(sizes.count).enumerated() { sizes[axis] = Int64(size) }
    }
    info.filter_axis = Int32(tensor.filterAxis ?? -1)
    info.is_bias = tensor.role == .bias ? 1 : 0
    info.is_norm = tensor.role == .normScale || tensor.role == .normShift ? 1 : 0
    info.output_group = Int32(tensor.outputGroup ?? -1)
    info.input_group = Int32(tensor.inputGroup ?? -1)
    fill(out, info, size: size)
  }
}

/// Writes a starting point to `x` (count elements). `initializer` is a registered name ("he", "xavier", ...); NULL
/// means "he". The same seed gives the same point.
@c(swale_objective_initialize)
public func swaleObjectiveInitialize(
  _ objective: swale_objective_t, _ initializer: UnsafePointer<CChar>?, _ options: swale_options_t, _ seed: UInt64,
  _ x: UnsafeMutablePointer<Double>?, _ count: Int64
) -> swale_status {
  boundary { () throws(Failure) in
    let landscape = try resolve(objective, .objective, as: ObjectiveBox.self).objective
    _ = try dimension(count, of: landscape)
    let out = try required(x, "x")
    let name = initializer == nil ? "he" : try text(initializer, "initializer")
    let chosen = try Registry.shared.make(
      .initializer, name, try optionBag(options), as: (any Initializer).self)
    landscape.initialize(chosen, seed: seed, into: out)
  }
}
