import CSwaleKernels
import SwaleCore

/// The activation functions, by name, and what kernels must know of them. One place for `dense`, `activation` and
/// whatever layer applies a function to its output.
public struct ActivationKind: Sendable {
  public let code: Int32
  public let slope: Double

  /// linear, relu, leaky_relu (slope for x < 0), tanh, sigmoid, erf, gelu (x Phi(x), exact), softplus, silu, sign,
  /// square, erf_sqrt2 (erf(x / sqrt 2), the unit of the soft committee of Saad, Solla, PRL 74 (1995) 4337), gelu_tanh
  /// (x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, Hendrycks, Gimpel, arXiv:1606.08415); order as in the kernels.
  public static let names = [
    "linear", "relu", "leaky_relu", "tanh", "sigmoid", "erf", "gelu", "softplus", "silu", "sign", "square",
    "erf_sqrt2", "gelu_tanh",
  ]

  public init(_ name: String, slope: Double = 0.01) {
    code = Int32(Self.names.firstIndex(of: name) ?? 0)
    self.slope = slope
  }

  public var isLinear: Bool { code == 0 }
  /// phi' cannot be had cheaply from phi and is kept; a leaky slope of 0 or less hides the sign of the argument.
  public var keepsDerivative: Bool {
    swk_activation_needs_d1(code) != 0 || (Self.names[Int(code)] == "leaky_relu" && slope <= 0)
  }
  /// phi'' is not identically zero.
  public var isCurved: Bool { swk_activation_curved(code) != 0 }
  /// sign has derivative 0 everywhere it has one.
  public var isDifferentiable: Bool { Self.names[Int(code)] != "sign" }

  /// a = phi(z + bias), with derivatives where asked for.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func apply<S: Scalar>(
    rows: Int, cols: Int, _ bias: UnsafePointer<S>?, _ z: UnsafePointer<S>, _ a: UnsafeMutablePointer<S>,
    _ d1: UnsafeMutablePointer<S>?, _ d2: UnsafeMutablePointer<S>?
  ) {
    let work = isCurved ? 40.0 : 6.0
    let pieces = Parallel.pieces(work: Double(rows) * Double(cols) * work)
    if pieces == 1 {
      S.biasActivate(code, S(slope), rows, cols, bias, z, a, d1, d2)
      return
    }
    Parallel.run(pieces) { piece in
      let range = Parallel.range(piece, of: pieces, count: rows)
      let offset = range.lowerBound * cols
      if range.isEmpty { return }
      S.biasActivate(
        code, S(slope), range.count, cols, bias, z + offset, a + offset, d1.map { $0 + offset },
        d2.map { $0 + offset })
    }
  }

  /// out = (g + bias) * phi', for rows of cols elements: the tangent of a layer with a bias, from that of its product.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func backward<S: Scalar>(
    rows: Int, cols: Int, plus bias: UnsafePointer<S>, _ a: UnsafePointer<S>, _ d1: UnsafePointer<S>?,
    _ g: UnsafePointer<S>, _ out: UnsafeMutablePointer<S>
  ) {
    let pieces = Parallel.pieces(work: 10 * Double(rows) * Double(cols))
    Parallel.run(pieces) { piece in
      let range = Parallel.range(piece, of: pieces, count: rows)
      let offset = range.lowerBound * cols
      if range.isEmpty { return }
      S.biasActivationBackward(
        code, S(slope), range.count, cols, bias, a + offset, d1.map { $0 + offset }, g + offset, out + offset)
    }
  }

  /// g = g * phi'.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func backward<S: Scalar>(
    _ n: Int, _ a: UnsafePointer<S>, _ d1: UnsafePointer<S>?, _ g: UnsafePointer<S>,
    _ out: UnsafeMutablePointer<S>
  ) {
    if isLinear {
      if UnsafePointer(out) != g { out.update(from: g, count: n) }
      return
    }
    elementwise(n) { offset, count in
      S.activationBackward(code, S(slope), count, a + offset, d1.map { $0 + offset }, g + offset, out + offset)
    }
  }
}
