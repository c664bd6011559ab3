import CSwaleKernels

extension Float: Scalar {
  public static var precision: Precision { .f32 }
  public static func toDouble(_ n: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Double>) {
    swk_f32_to_f64(Int64(n), x, y)
  }
  public static func fromDouble(_ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Float>) {
    swk_f64_to_f32(Int64(n), x, y)
  }
  public static func toFloat(_ n: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    y.update(from: x, count: n)
  }
  public static func fromFloat(_ n: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    y.update(from: x, count: n)
  }
  public static func fill(_ n: Int, _ value: Float, _ x: UnsafeMutablePointer<Float>) {
    swk_fill_f32(Int64(n), value, x)
  }
  public static func scale(_ n: Int, _ a: Float, _ x: UnsafeMutablePointer<Float>) {
    swk_scale_f32(Int64(n), a, x)
  }
  public static func axpy(_ n: Int, _ a: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    swk_axpy_f32(Int64(n), a, x, y)
  }
  public static func axpby(
    _ n: Int, _ a: Float, _ x: UnsafePointer<Float>, _ b: Float, _ y: UnsafeMutablePointer<Float>
  ) {
    swk_axpby_f32(Int64(n), a, x, b, y)
  }
  public static func add(
    _ n: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>
  ) {
    swk_add_f32(Int64(n), x, y, out)
  }
  public static func subtract(
    _ n: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>
  ) {
    swk_sub_f32(Int64(n), x, y, out)
  }
  public static func multiply(
    _ n: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>
  ) {
    swk_mul_f32(Int64(n), x, y, out)
  }
  public static func multiplyAdd(
    _ n: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>
  ) {
    swk_multiply_add_f32(Int64(n), x, y, out)
  }
  public static func productSum(
    _ n: Int, _ a: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    _ y: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>
  ) {
    swk_product_sum_f32(Int64(n), a, x, b, y, out)
  }
  public static func dot(_ n: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>) -> Double {
    swk_dot_f32(Int64(n), x, y)
  }
  public static func sum(_ n: Int, _ x: UnsafePointer<Float>) -> Double {
    swk_sum_f32(Int64(n), x)
  }
  public static func sumSquares(_ n: Int, _ x: UnsafePointer<Float>) -> Double {
    swk_sum_squares_f32(Int64(n), x)
  }
  public static func maxAbs(_ n: Int, _ x: UnsafePointer<Float>) -> Double {
    swk_max_abs_f32(Int64(n), x)
  }
  public static func firstNonfinite(_ n: Int, _ x: UnsafePointer<Float>) -> Int {
    Int(swk_first_nonfinite_f32(Int64(n), x))
  }
  public static func fromBytes(
    _ n: Int, _ x: UnsafePointer<UInt8>, _ scale: Float, _ y: UnsafeMutablePointer<Float>
  ) {
    swk_u8_to_f32(Int64(n), x, scale, y)
  }
  public static func addBias(
    _ rows: Int, _ cols: Int, _ bias: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    swk_add_bias_f32(Int64(rows), Int64(cols), bias, y)
  }
  public static func columnSum(
    _ rows: Int, _ cols: Int, _ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>
  ) {
    swk_column_sum_f32(Int64(rows), Int64(cols), x, out)
  }
  public static func gatherRows(
    _ count: Int, _ cols: Int, _ source: UnsafePointer<Float>, _ index: UnsafePointer<Int64>,
    _ out: UnsafeMutablePointer<Float>
  ) {
    swk_gather_rows_f32(Int64(count), Int64(cols), source, index, out)
  }
  public static func biasActivate(
    _ kind: Int32, _ slope: Float, _ rows: Int, _ cols: Int, _ bias: UnsafePointer<Float>?,
    _ z: UnsafePointer<Float>, _ a: UnsafeMutablePointer<Float>, _ d1: UnsafeMutablePointer<Float>?,
    _ d2: UnsafeMutablePointer<Float>?
  ) {
    swk_bias_activate_f32(kind, slope, Int64(rows), Int64(cols), bias, z, a, d1, d2)
  }
  public static func activationBackward(
    _ kind: Int32, _ slope: Float, _ n: Int, _ a: UnsafePointer<Float>, _ d1: UnsafePointer<Float>?,
    _ g: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>
  ) {
    swk_activation_backward_f32(kind, slope, Int64(n), a, d1, g, out)
  }
  public static func biasActivationBackward(
    _ kind: Int32, _ slope: Float, _ rows: Int, _ cols: Int, _ bias: UnsafePointer<Float>, _ a: UnsafePointer<Float>,
    _ d1: UnsafePointer<Float>?, _ g: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>
  ) {
    swk_bias_activation_backward_f32(kind, slope, Int64(rows), Int64(cols), bias, a, d1, g, out)
  }
  public static func softmaxRows(
    _ rows: Int, _ cols: Int, _ z: UnsafePointer<Float>, _ p: UnsafeMutablePointer<Float>
  ) {
    swk_softmax_rows_f32(Int64(rows), Int64(cols), z, p)
  }
  public static func softmaxTangentRows(
    _ rows: Int, _ cols: Int, _ p: UnsafePointer<Float>, _ dz: UnsafePointer<Float>, _ scale: Float,
    _ out: UnsafeMutablePointer<Float>
  ) {
    swk_softmax_tangent_rows_f32(Int64(rows), Int64(cols), p, dz, scale, out)
  }
  public static func crossEntropy(
    _ rows: Int, _ cols: Int, _ z: UnsafePointer<Float>, _ labels: UnsafePointer<Int32>, _ gamma: Float,
    _ p: UnsafeMutablePointer<Float>?, _ gradient: UnsafeMutablePointer<Float>?
  ) -> (loss: Double, errors: Int) {
    var loss = 0.0
    var errors: Int64 = 0
    swk_cross_entropy_f32(Int64(rows), Int64(cols), z, labels, gamma, p, gradient, &loss, &errors)
    return (loss, Int(errors))
  }
  public static func squaredError(
    _ n: Int, _ f: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>?
  ) -> Double {
    var loss = 0.0
    swk_squared_error_f32(Int64(n), f, y, gradient, &loss)
    return loss
  }
  public static func marginLoss(
    _ kind: Int32, _ parameter: Float, _ n: Int, _ f: UnsafePointer<Float>, _ y: UnsafePointer<Float>,
    _ d1: UnsafeMutablePointer<Float>?, _ d2: UnsafeMutablePointer<Float>?
  ) -> (loss: Double, errors: Int) {
    var loss = 0.0
    var errors: Int64 = 0
    swk_margin_loss_f32(kind, parameter, Int64(n), f, y, d1, d2, &loss, &errors)
    return (loss, Int(errors))
  }
  public static func randomUniform(
    _ seed: UInt64, _ stream: UInt64, _ position: UInt64, _ n: Int, _ low: Float, _ high: Float,
    _ out: UnsafeMutablePointer<Float>
  ) {
    swk_random_uniform_f32(seed, stream, position, Int64(n), low, high, out)
  }
  public static func randomNormal(
    _ seed: UInt64, _ stream: UInt64, _ position: UInt64, _ n: Int, _ mean: Float, _ sd: Float,
    _ out: UnsafeMutablePointer<Float>
  ) {
    swk_random_normal_f32(seed, stream, position, Int64(n), mean, sd, out)
  }
  public static func randomSigns(
    _ seed: UInt64, _ stream: UInt64, _ position: UInt64, _ n: Int, _ out: UnsafeMutablePointer<Float>
  ) {
    swk_random_signs_f32(seed, stream, position, Int64(n), out)
  }
  public static func sgdStep(
    _ n: Int, _ rate: Float, _ momentum: Float, _ nesterov: Bool, _ decay: Float, _ g: UnsafePointer<Float>,
    _ v: UnsafeMutablePointer<Float>?, _ x: UnsafeMutablePointer<Float>
  ) {
    swk_sgd_step_f32(Int64(n), rate, momentum, nesterov ? 1 : 0, decay, g, v, x)
  }
  public static func adamStep(
    _ n: Int, _ rate: Float, _ beta1: Float, _ beta2: Float, _ epsilon: Float, _ bias1: Float,
    _ bias2: Float, _ decay: Float, _ g: UnsafePointer<Float>, _ m: UnsafeMutablePointer<Float>,
    _ v: UnsafeMutablePointer<Float>, _ x: UnsafeMutablePointer<Float>
  ) {
    swk_adam_step_f32(Int64(n), rate, beta1, beta2, epsilon, bias1, bias2, decay, g, m, v, x)
  }
  public static func vectorExp(_ n: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    swk_vexp_f32(Int64(n), x, y)
  }
  public static func builtinGemm(
    _ ta: Bool, _ tb: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Float, _ a: UnsafePointer<Float>,
    _ lda: Int, _ b: UnsafePointer<Float>, _ ldb: Int, _ beta: Float, _ c: UnsafeMutablePointer<Float>,
    _ ldc: Int, _ workspace: UnsafeMutableRawPointer
  ) {
    swk_gemm_f32(
      ta ? 1 : 0, tb ? 1 : 0, Int64(m), Int64(n), Int64(k), alpha, a, Int64(lda), b, Int64(ldb), beta, c,
      Int64(ldc), workspace)
  }
  public static func gemv(
    _ ta: Bool, _ m: Int, _ n: Int, _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int,
    _ x: UnsafePointer<Float>, _ beta: Float, _ y: UnsafeMutablePointer<Float>
  ) {
    swk_gemv_f32(ta ? 1 : 0, Int64(m), Int64(n), alpha, a, Int64(lda), x, beta, y)
  }
}
