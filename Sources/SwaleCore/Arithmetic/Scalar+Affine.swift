import CSwaleKernels

/// Kernels of slices through parameter space, where many points share their pre-activations.
extension Scalar {
  /// out = phi(z0 + s zu + t zv) over n elements; without zv: phi(z0 + s zu). `kind` and `slope` as in `biasActivate`.
  public static func affineActivate(
    _ kind: Int32, _ slope: Self, _ n: Int, _ s: Self, _ t: Self, _ z0: UnsafePointer<Self>,
    _ zu: UnsafePointer<Self>, _ zv: UnsafePointer<Self>?, _ out: UnsafeMutablePointer<Self>
  ) {
    let raw = UnsafeMutableRawPointer(out)
    switch precision {
    case .f32:
      swk_affine_activate_f32(
        kind, Float(slope), Int64(n), Float(s), Float(t), f32(z0), f32(zu), zv.map(f32),
        raw.assumingMemoryBound(to: Float.self))
    case .f64:
      swk_affine_activate_f64(
        kind, Double(slope), Int64(n), Double(s), Double(t), f64(z0), f64(zu), zv.map(f64),
        raw.assumingMemoryBound(to: Double.self))
    }
  }

  /// Sum of softmax cross-entropies and count of errors of n columns of scores, z[c * stride + i].
  public static func crossEntropyColumns(
    _ classes: Int, _ n: Int, _ z: UnsafePointer<Self>, _ stride: Int, _ labels: UnsafePointer<Int32>, _ gamma: Self
  ) -> (loss: Double, errors: Int64) {
    var errors: Int64 = 0
    let loss =
      switch precision {
      case .f32:
        swk_cross_entropy_columns_f32(Int64(classes), Int64(n), f32(z), Int64(stride), labels, Float(gamma), &errors)
      case .f64:
        swk_cross_entropy_columns_f64(Int64(classes), Int64(n), f64(z), Int64(stride), labels, Double(gamma), &errors)
      }
    return (loss, errors)
  }

  // `precision` says which of the two types Self is.
  private static func f32(_ p: UnsafePointer<Self>) -> UnsafePointer<Float> {
    UnsafeRawPointer(p).assumingMemoryBound(to: Float.self)
  }
  private static func f64(_ p: UnsafePointer<Self>) -> UnsafePointer<Double> {
    UnsafeRawPointer(p).assumingMemoryBound(to: Double.self)
  }
}
