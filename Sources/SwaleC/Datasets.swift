import CSwale
import Swale

/// Makes a dataset from a registered source: a generator ("random_patterns", "teacher_student", ...) or a file reader
/// ("idx", "csv", "npy"). The same seed gives the same data; readers ignore it.
@c(swale_dataset_create)
public func swaleDatasetCreate(
  _ source: UnsafePointer<CChar>?, _ options: swale_options_t, _ seed: UInt64,
  _ out: UnsafeMutablePointer<swale_dataset_t>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let made = try Registry.shared.make(
      .dataset, try text(source, "source"), try optionBag(options), as: (any DataSource).self)
    publish(try interruptibly { () throws(Failure) in try made.load(seed: seed) }, .dataset, out)
  }
}

/// Makes a dataset from the host's arrays: inputs samples x shape; targets one label per sample (integer types), real
/// rows (floating-point types), or NULL; the type decides, never the values: +1 and -1 are real targets, so pass them as
/// F32 or F64. An array with a release callback is kept without a copy and released once when nothing uses it
/// any more; without one it is copied. When the call fails the library has not taken ownership and releases nothing.
@c(swale_dataset_from_arrays)
public func swaleDatasetFromArrays(
  _ inputs: UnsafePointer<swale_array>?, _ targets: UnsafePointer<swale_array>?,
  _ out: UnsafeMutablePointer<swale_dataset_t>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let input = try HostArrays.checked(try required(inputs, "inputs").pointee, "inputs")
    let target: HostArray?
    if let targets { target = try HostArrays.checked(targets.pointee, "targets") } else { target = nil }
    let dataset = try interruptibly { () throws(Failure) in try Dataset.fromHost(inputs: input, targets: target) }
    publish(dataset, .dataset, out)
  }
}

/// Makes a new dataset by a registered transform ("standardize", "subset", "split", "label_noise", ...); the old one
/// is unchanged.
@c(swale_dataset_transform)
public func swaleDatasetTransform(
  _ dataset: swale_dataset_t, _ transform: UnsafePointer<CChar>?, _ options: swale_options_t, _ seed: UInt64,
  _ out: UnsafeMutablePointer<swale_dataset_t>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let source = try resolve(dataset, .dataset, as: Dataset.self)
    let made = try Registry.shared.make(
      .transform, try text(transform, "transform"), try optionBag(options), as: (any DataTransform).self)
    publish(try interruptibly { () throws(Failure) in try made.apply(source, seed: seed) }, .dataset, out)
  }
}

/// Destroys a dataset; objectives made from it live on. 0 does nothing.
@c(swale_dataset_destroy)
public func swaleDatasetDestroy(_ dataset: swale_dataset_t) -> swale_status {
  boundary { () throws(Failure) in try destroy(dataset, .dataset) }
}

/// Describes a dataset. Set out->struct_size first.
@c(swale_dataset_describe)
public func swaleDatasetDescribe(
  _ dataset: swale_dataset_t, _ out: UnsafeMutablePointer<swale_dataset_info>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let size = try structSize(out.pointee.struct_size, minimum: 96, "swale_dataset_info")
    let data = try resolve(dataset, .dataset, as: Dataset.self)
    var info = swale_dataset_info()
    info.struct_size = out.pointee.struct_size
    info.ndim = Int32(data.shape.count)
    info.sample_count = Int64(data.count)
    withUnsafeMutableBytes(of: &info.shape) { bytes in
      let sizes = bytes.bindMemory(to: Int64.self)
      for (axis, size) in data.shape.prefix(sizes.count).enumerated() { sizes[axis] = Int64(size) }
    }
    info.class_count = Int64(data.classes)
    info.target_width = Int64(data.targetWidth)
    fill(out, info, size: size)
  }
}

/// A view of a dataset's array, valid until the dataset is destroyed: "inputs" as models see them (images kept as bytes
/// are scaled, +1 and -1 kept as bits are expanded, when first asked for), "targets", "bytes" as they are stored, or a
/// statistic that a transform left ("mean", "scale").
@c(swale_dataset_array)
public func swaleDatasetArray(
  _ dataset: swale_dataset_t, _ name: UnsafePointer<CChar>?, _ out: UnsafeMutablePointer<swale_array>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = try HostArrays.view(try resolve(dataset, .dataset, as: Dataset.self), try text(name, "name"))
  }
}
