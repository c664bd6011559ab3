import CSwaleKernels

extension Double: Scalar {
  public static var precision: Precision { .f64 }
  public static func toDouble(_ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>) {
    y.update(from: x, count: n)
  }
  public static func fromDouble(_ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>) {
    y.update(from: x, count: n)
  }
  public static func toFloat(_ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Float>) {
    swk_f64_to_f32(Int64(n), x, y)
  }
  public static func fromFloat(_ n: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Double>) {
    swk_f32_to_f64(Int64(n), x, y)
  }
  public static func fill(_ n: Int, _ value: Double, _ x: UnsafeMutablePointer<Double>) {
    swk_fill_f64(Int64(n), value, x)
  }
  public static func scale(_ n: Int, _ a: Double, _ x: UnsafeMutablePointer<Double>) {
    swk_scale_f64(Int64(n), a, x)
  }
  public static func axpy(_ n: Int, _ a: Double, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>) {
    swk_axpy_f64(Int64(n), a, x, y)
  }
  public static func axpby(
    _ n: Int, _ a: Double, _ x: UnsafePointer<Double>, _ b: Double, _ y: UnsafeMutablePointer<Double>
  ) {
    swk_axpby_f64(Int64(n), a, x, b, y)
  }
  public static func add(
    _ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
  ) {
    swk_add_f64(Int64(n), x, y, out)
  }
  public static func subtract(
    _ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
  ) {
    swk_sub_f64(Int64(n), x, y, out)
  }
  public static func multiply(
    _ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
  ) {
    swk_mul_f64(Int64(n), x, y, out)
  }
  public static func multiplyAdd(
    _ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
  ) {
    swk_multiply_add_f64(Int64(n), x, y, out)
  }
  public static func productSum(
    _ n: Int, _ a: UnsafePointer<Double>, _ x: UnsafePointer<Double>, _ b: UnsafePointer<Double>,
    _ y: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
  ) {
    swk_product_sum_f64(Int64(n), a, x, b, y, out)
  }
  public static func dot(_ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>) -> Double {
    swk_dot_f64(Int64(n), x, y)
  }
  public static func sum(_ n: Int, _ x: UnsafePointer<Double>) -> Double {
    swk_sum_f64(Int64(n), x)
  }
  public static func sumSquares(_ n: Int, _ x: UnsafePointer<Double>) -> Double {
    swk_sum_squares_f64(Int64(n), x)
  }
  public static func maxAbs(_ n: Int, _ x: UnsafePointer<Double>) -> Double {
    swk_max_abs_f64(Int64(n), x)
  }
  public static func firstNonfinite(_ n: Int, _ x: UnsafePointer<Double>) -> Int {
    Int(swk_first_nonfinite_f64(Int64(n), x))
  }
  public static func fromBytes(
    _ n: Int, _ x: UnsafePointer<UInt8>, _ scale: Double, _ y: UnsafeMutablePointer<Double>
  ) {
    swk_u8_to_f64(Int64(n), x, scale, y)
  }
  public static func addBias(
    _ rows: Int, _ cols: Int, _ bias: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    swk_add_bias_f64(Int64(rows), Int64(cols), bias, y)
  }
  public static func columnSum(
    _ rows: Int, _ cols: Int, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
  ) {
    swk_column_sum_f64(Int64(rows), Int64(cols), x, out)
  }
  public static func gatherRows(
    _ count: Int, _ cols: Int, _ source: UnsafePointer<Double>, _ index: UnsafePointer<Int64>,
    _ out: UnsafeMutablePointer<Double>
  ) {
    swk_gather_rows_f64(Int64(count), Int64(cols), source, index, out)
  }
  public static func biasActivate(
    _ kind: Int32, _ slope: Double, _ rows: Int, _ cols: Int, _ bias: UnsafePointer<Double>?,
    _ z: UnsafePointer<Double>, _ a: UnsafeMutablePointer<Double>, _ d1: UnsafeMutablePointer<Double>?,
    _ d2: UnsafeMutablePointer<Double>?
  ) {
    swk_bias_activate_f64(kind, slope, Int64(rows), Int64(cols), bias, z, a, d1, d2)
  }
  public static func activationBackward(
    _ kind: Int32, _ slope: Double, _ n: Int, _ a: UnsafePointer<Double>, _ d1: UnsafePointer<Double>?,
    _ g: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
  ) {
    swk_activation_backward_f64(kind, slope, Int64(n), a, d1, g, out)
  }
  public static func biasActivationBackward(
    _ kind: Int32, _ slope: Double, _ rows: Int, _ cols: Int, _ bias: UnsafePointer<Double>, _ a: UnsafePointer<Double>,
    _ d1: UnsafePointer<Double>?, _ g: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
  ) {
    swk_bias_activation_backward_f64(kind, slope, Int64(rows), Int64(cols), bias, a, d1, g, out)
  }
  public static func softmaxRows(
    _ rows: Int, _ cols: Int, _ z: UnsafePointer<Double>, _ p: UnsafeMutablePointer<Double>
  ) {
    swk_softmax_rows_f64(Int64(rows), Int64(cols), z, p)
  }
  public static func softmaxTangentRows(
    _ rows: Int, _ cols: Int, _ p: UnsafePointer<Double>, _ dz: UnsafePointer<Double>, _ scale: Double,
    _ out: UnsafeMutablePointer<Double>
  ) {
    swk_softmax_tangent_rows_f64(Int64(rows), Int64(cols), p, dz, scale, out)
  }
  public static func crossEntropy(
    _ rows: Int, _ cols: Int, _ z: UnsafePointer<Double>, _ labels: UnsafePointer<Int32>, _ gamma: Double,
    _ p: UnsafeMutablePointer<Double>?, _ gradient: UnsafeMutablePointer<Double>?
  ) -> (loss: Double, errors: Int) {
    var loss = 0.0
    var errors: Int64 = 0
    swk_cross_entropy_f64(Int64(rows), Int64(cols), z, labels, gamma, p, gradient, &loss, &errors)
    return (loss, Int(errors))
  }
  public static func squaredError(
    _ n: Int, _ f: UnsafePointer<Double>, _ y: UnsafePointer<Double>,
    _ gradient: UnsafeMutablePointer<Double>?
  ) -> Double {
    var loss = 0.0
    swk_squared_error_f64(Int64(n), f, y, gradient, &loss)
    return loss
  }
  public static func marginLoss(
    _ kind: Int32, _ parameter: Double, _ n: Int, _ f: UnsafePointer<Double>, _ y: UnsafePointer<Double>,
    _ d1: UnsafeMutablePointer<Double>?, _ d2: UnsafeMutablePointer<Double>?
  ) -> (loss: Double, errors: Int) {
    var loss = 0.0
    var errors: Int64 = 0
    swk_margin_loss_f64(kind, parameter, Int64(n), f, y, d1, d2, &loss, &errors)
    return (loss, Int(errors))
  }
  public static func randomUniform(
    _ seed: UInt64, _ stream: UInt64, _ position: UInt64, _ n: Int, _ low: Double, _ high: Double,
    _ out: UnsafeMutablePointer<Double>
  ) {
    swk_random_uniform_f64(seed, stream, position, Int64(n), low, high, out)
  }
  public static func randomNormal(
    _ seed: UInt64, _ stream: UInt64, _ position: UInt64, _ n: Int, _ mean: Double, _ sd: Double,
    _ out: UnsafeMutablePointer<Double>
  ) {
    swk_random_normal_f64(seed, stream, position, Int64(n), mean, sd, out)
  }
  public static func randomSigns(
    _ seed: UInt64, _ stream: UInt64, _ position: UInt64, _ n: Int, _ out: UnsafeMutablePointer<Double>
  ) {
    swk_random_signs_f64(seed, stream, position, Int64(n), out)
  }
  public static func sgdStep(
    _ n: Int, _ rate: Double, _ momentum: Double, _ nesterov: Bool, _ decay: Double,
    _ g: UnsafePointer<Double>, _ v: UnsafeMutablePointer<Double>?, _ x: UnsafeMutablePointer<Double>
  ) {
    swk_sgd_step_f64(Int64(n), rate, momentum, nesterov ? 1 : 0, decay, g, v, x)
  }
  public static func adamStep(
    _ n: Int, _ rate: Double, _ beta1: Double, _ beta2: Double, _ epsilon: Double, _ bias1: Double,
    _ bias2: Double, _ decay: Double, _ g: UnsafePointer<Double>, _ m: UnsafeMutablePointer<Double>,
    _ v: UnsafeMutablePointer<Double>, _ x: UnsafeMutablePointer<Double>
  ) {
    swk_adam_step_f64(Int64(n), rate, beta1, beta2, epsilon, bias1, bias2, decay, g, m, v, x)
  }
  public static func vectorExp(_ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>) {
    swk_vexp_f64(Int64(n), x, y)
  }
  public static func builtinGemm(
    _ ta: Bool, _ tb: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Double, _ a: UnsafePointer<Double>,
    _ lda: Int, _ b: UnsafePointer<Double>, _ ldb: Int, _ beta: Double, _ c: UnsafeMutablePointer<Double>,
    _ ldc: Int, _ workspace: UnsafeMutableRawPointer
  ) {
    swk_gemm_f64(
      ta ? 1 : 0, tb ? 1 : 0, Int64(m), Int64(n), Int64(k), alpha, a, Int64(lda), b, Int64(ldb), beta, c,
      Int64(ldc), workspace)
  }
  public static func gemv(
    _ ta: Bool, _ m: Int, _ n: Int, _ alpha: Double, _ a: UnsafePointer<Double>, _ lda: Int,
    _ x: UnsafePointer<Double>, _ beta: Double, _ y: UnsafeMutablePointer<Double>
  ) {
    swk_gemv_f64(ta ? 1 : 0, Int64(m), Int64(n), alpha, a, Int64(lda), x, beta, y)
  }
}
