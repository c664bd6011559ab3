import CSwaleKernels

/// Messages of one hidden unit in one pattern (messages.h).
extension Scalar {
  /// m_i = tanh(total_i - u_i), and mean and variance of the unit's field sum xi_i w_i under them.
  package static func messageCavity(
    _ n: Int, _ bits: UnsafePointer<UInt64>, _ total: UnsafePointer<Self>, _ u: UnsafePointer<Self>,
    _ m: UnsafeMutablePointer<Self>
  ) -> FieldMoments {
    var moments = FieldMoments()
    switch precision {
    case .f32:
      swk_message_cavity_f32(
        Int64(n), bits, floats(total), floats(u), floats(m), &moments.mean, &moments.variance)
    case .f64:
      swk_message_cavity_f64(
        Int64(n), bits, doubles(total), doubles(u), doubles(m), &moments.mean, &moments.variance)
    }
    return moments
  }

  /// New messages from slope and curvature of the log-likelihood of the standardised field; changes are added to
  /// `change`. Returns a bound on the largest change of tanh u.
  package static func messageSend(
    _ n: Int, _ bits: UnsafePointer<UInt64>, _ m: UnsafePointer<Self>, _ field: FieldMoments, slope: Double,
    curvature: Double, limit: Double, damping: Double, _ u: UnsafeMutablePointer<Self>,
    _ change: UnsafeMutablePointer<Self>
  ) -> Double {
    switch precision {
    case .f32:
      Double(
        swk_message_send_f32(
          Int64(n), bits, floats(m), field.mean, field.variance, slope, curvature, Float(limit), Float(damping),
          floats(u), floats(change)))
    case .f64:
      swk_message_send_f64(
        Int64(n), bits, doubles(m), field.mean, field.variance, slope, curvature, limit, damping, doubles(u),
        doubles(change))
    }
  }

  /// The same without the expansion, for a sign unit with few free weights and the downward field H, infinite for a
  /// perceptron.
  package static func messagePairs(
    _ n: Int, _ bits: UnsafePointer<UInt64>, _ m: UnsafePointer<Self>, _ field: FieldMoments, down: Double,
    limit: Double, damping: Double, _ u: UnsafeMutablePointer<Self>, _ change: UnsafeMutablePointer<Self>
  ) -> Double {
    switch precision {
    case .f32:
      Double(
        swk_message_pairs_f32(
          Int64(n), bits, floats(m), field.mean, field.variance, down, Float(limit), Float(damping), floats(u),
          floats(change)))
    case .f64:
      swk_message_pairs_f64(
        Int64(n), bits, doubles(m), field.mean, field.variance, down, limit, damping, doubles(u), doubles(change))
    }
  }

  /// The same for messages computed elsewhere; sent_i is xi_i times the new message.
  package static func messageTake(
    _ n: Int, _ bits: UnsafePointer<UInt64>, _ sent: UnsafePointer<Double>, limit: Double, damping: Double,
    _ u: UnsafeMutablePointer<Self>, _ change: UnsafeMutablePointer<Self>
  ) -> Double {
    switch precision {
    case .f32:
      Double(swk_message_take_f32(Int64(n), bits, sent, Float(limit), Float(damping), floats(u), floats(change)))
    case .f64: swk_message_take_f64(Int64(n), bits, sent, limit, damping, doubles(u), doubles(change))
    }
  }

  /// The same as `messageCavity`, `messageSend` and `messageTake` for inputs that are numbers; sent_i is the new
  /// message.
  package static func numberCavity(
    _ n: Int, _ inputs: UnsafePointer<Float>, _ total: UnsafePointer<Self>, _ u: UnsafePointer<Self>,
    _ m: UnsafeMutablePointer<Self>
  ) -> FieldMoments {
    var moments = FieldMoments()
    switch precision {
    case .f32:
      swk_number_cavity_f32(
        Int64(n), inputs, floats(total), floats(u), floats(m), &moments.mean, &moments.variance)
    case .f64:
      swk_number_cavity_f64(
        Int64(n), inputs, doubles(total), doubles(u), doubles(m), &moments.mean, &moments.variance)
    }
    return moments
  }

  package static func numberSend(
    _ n: Int, _ inputs: UnsafePointer<Float>, _ m: UnsafePointer<Self>, _ field: FieldMoments, slope: Double,
    curvature: Double, limit: Double, damping: Double, _ u: UnsafeMutablePointer<Self>,
    _ change: UnsafeMutablePointer<Self>
  ) -> Double {
    switch precision {
    case .f32:
      Double(
        swk_number_send_f32(
          Int64(n), inputs, floats(m), field.mean, field.variance, slope, curvature, Float(limit), Float(damping),
          floats(u), floats(change)))
    case .f64:
      swk_number_send_f64(
        Int64(n), inputs, doubles(m), field.mean, field.variance, slope, curvature, limit, damping, doubles(u),
        doubles(change))
    }
  }

  package static func numberTake(
    _ n: Int, _ sent: UnsafePointer<Double>, limit: Double, damping: Double, _ u: UnsafeMutablePointer<Self>,
    _ change: UnsafeMutablePointer<Self>
  ) -> Double {
    switch precision {
    case .f32: Double(swk_number_take_f32(Int64(n), sent, Float(limit), Float(damping), floats(u), floats(change)))
    case .f64: swk_number_take_f64(Int64(n), sent, limit, damping, doubles(u), doubles(change))
    }
  }

  /// sum_i ln 2cosh(total_i - u_i); without u, sum_i ln 2cosh total_i.
  package static func messageLogCosh(_ n: Int, _ total: UnsafePointer<Self>, _ u: UnsafePointer<Self>?) -> Double {
    switch precision {
    case .f32: swk_message_log_cosh_f32(Int64(n), floats(total), u.map { floats($0) })
    case .f64: swk_message_log_cosh_f64(Int64(n), doubles(total), u.map { doubles($0) })
    }
  }
}

/// Mean and variance of a unit's field under the cavity means of its weights.
package struct FieldMoments: BitwiseCopyable {
  package var mean: Double
  package var variance: Double

  package init(mean: Double = 0, variance: Double = 0) {
    self.mean = mean
    self.variance = variance
  }
}
