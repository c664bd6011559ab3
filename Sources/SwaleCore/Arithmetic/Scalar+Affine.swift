import CSwaleKernels

extension Scalar {
  /// out = phi(z0 + s zu + t zv) over n elements; without zv: phi(z0 + s zu). `kind` and `slope` as in `biasActivate`.
  public static func affineActivate(
    _ kind: Int32, _ slope: Self, _ n: Int, _ s: Self, _ t: Self, _ z0: UnsafePointer<Self>,
    _ zu: UnsafePointer<Self>, _ zv: UnsafePointer<Self>?, _ out: UnsafeMutablePointer<Self>
  ) {
    func f32(_ p: UnsafePointer<Self>) -> UnsafePointer<Float> { UnsafeRawPointer(p).assumingMemoryBound(to: Float.self) }
    func f64(_ p: UnsafePointer<Self>) -> UnsafePointer<Double> {
      UnsafeRawPointer(p).assumingMemoryBound(to: Double.self)
    }
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
}
