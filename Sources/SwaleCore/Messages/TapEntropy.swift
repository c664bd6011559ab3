import CSwaleKernels

extension TapPerceptron {
  /// Entropy of the weights +-1 that satisfy the constraints, per weight (natural logarithm), at a fixed point without
  /// reinforcement:
  ///
  ///     N s = sum_i (ln 2 cosh B_i - B_i m_i) + sum_a (ln H(-u_a) + V_a g_a^2 / 2),  u_a = (omega_a - target) / sqrt
  /// U_a
  ///
  /// NaN for other priors and channels. Source: the Bethe entropy of spec 1.3 C with (X m - omega)_a = V_a g_a.
  public func entropy() throws(Failure) -> Double {
    guard case .binary = prior, channel == .sign else { return .nan }
    let n = weights
    let (field, mean) = (try Buffer<Double>(n), try Buffer<Double>(n))
    S.toDouble(n, fields.constant, field.pointer)
    S.toDouble(n, means.constant, mean.pointer)
    var total = -Double.dot(n, field.constant, mean.constant)
    // ln 2 cosh B = softplus(2 B) - B
    total -= Double.sum(n, field.constant)
    Double.scale(n, 2, field.pointer)
    swk_vsoftplus_f64(Int64(n), field.constant, field.pointer)
    total += Double.sum(n, field.constant)

    let product = try Buffer<S>(patterns, zeroed: false)
    inputs.fields(means.constant, product.pointer)
    let tail = try Buffer<Double>(patterns, zeroed: false)
    for a in 0..<patterns {
      let v = variance * Double(inputs.rowScale?.pointer[a] ?? 1)
      let g = Double(messages.pointer[a])
      let omega = Double(product.pointer[a]) - v * g
      tail.pointer[a] = (target - omega) / (v + noise).squareRoot()
      total += 0.5 * v * g * g
    }
    swk_vlog_ndtrc_f64(Int64(patterns), tail.constant, tail.pointer)
    return (total + Double.sum(patterns, tail.constant)) / Double(n)
  }
}
