import Glibc

/// Second-order dual numbers a + b e1 + c e2 + d e1e2 with e1^2 = e2^2 = 0: forward-mode derivatives, exact to
/// rounding, that share no code and no idea with the library's backward passes.
struct HyperDual {
  var a: Double
  var b = 0.0
  var c = 0.0
  var d = 0.0

  init(_ a: Double, _ b: Double = 0, _ c: Double = 0, _ d: Double = 0) {
    self.a = a
    self.b = b
    self.c = c
    self.d = d
  }

  /// phi(self) from phi, phi' and phi'' at the value.
  func map(_ f: Double, _ f1: Double, _ f2: Double) -> HyperDual {
    HyperDual(f, f1 * b, f1 * c, f1 * d + f2 * b * c)
  }

  static func + (x: HyperDual, y: HyperDual) -> HyperDual {
    HyperDual(x.a + y.a, x.b + y.b, x.c + y.c, x.d + y.d)
  }
  static func - (x: HyperDual, y: HyperDual) -> HyperDual {
    HyperDual(x.a - y.a, x.b - y.b, x.c - y.c, x.d - y.d)
  }
  static func * (x: HyperDual, y: HyperDual) -> HyperDual {
    HyperDual(
      x.a * y.a, x.a * y.b + x.b * y.a, x.a * y.c + x.c * y.a, x.a * y.d + x.b * y.c + x.c * y.b + x.d * y.a)
  }
  static func * (x: Double, y: HyperDual) -> HyperDual { HyperDual(x * y.a, x * y.b, x * y.c, x * y.d) }

  var exponential: HyperDual {
    let e = exp(a)
    return map(e, e, e)
  }
  var logarithm: HyperDual { map(log(a), 1 / a, -1 / (a * a)) }
  var inverse: HyperDual { map(1 / a, -1 / (a * a), 2 / (a * a * a)) }
}

/// The activation functions written out with their derivatives, straight from their definitions.
func referenceActivation(_ name: String, _ x: HyperDual) -> HyperDual {
  let v = x.a
  let gauss = exp(-v * v / 2) / (2 * Double.pi).squareRoot()
  let cumulative = 0.5 * erfc(-v / 2.0.squareRoot())
  let sigmoid = 1 / (1 + exp(-v))
  switch name {
  case "relu": return v > 0 ? x : HyperDual(0)
  case "leaky_relu": return v > 0 ? x : 0.01 * x
  case "tanh":
    let t = tanh(v)
    return x.map(t, 1 - t * t, -2 * t * (1 - t * t))
  case "sigmoid": return x.map(sigmoid, sigmoid * (1 - sigmoid), sigmoid * (1 - sigmoid) * (1 - 2 * sigmoid))
  case "erf":
    let f1 = 2 / Double.pi.squareRoot() * exp(-v * v)
    return x.map(erf(v), f1, -2 * v * f1)
  case "gelu": return x.map(v * cumulative, cumulative + v * gauss, gauss * (2 - v * v))
  case "erf_sqrt2":
    let f1 = (2 / Double.pi).squareRoot() * exp(-v * v / 2)
    return x.map(erf(v / 2.0.squareRoot()), f1, -v * f1)
  case "gelu_tanh":
    let c = (2 / Double.pi).squareRoot()
    let t = tanh(c * (v + 0.044715 * v * v * v))
    let (w1, w2) = (c * (1 + 3 * 0.044715 * v * v), c * 6 * 0.044715 * v)
    let t1 = (1 - t * t) * w1
    let t2 = (1 - t * t) * w2 - 2 * t * t1 * w1
    return x.map(v * (1 + t) / 2, (1 + t) / 2 + v * t1 / 2, t1 + v * t2 / 2)
  case "softplus": return x.map(log1p(exp(v)), sigmoid, sigmoid * (1 - sigmoid))
  case "silu":
    let s1 = sigmoid * (1 - sigmoid)
    return x.map(v * sigmoid, sigmoid + v * s1, 2 * s1 + v * s1 * (1 - 2 * sigmoid))
  case "sign": return HyperDual(v > 0 ? 1 : v < 0 ? -1 : 0)
  case "square": return x * x
  default: return x
  }
}
