import Glibc
import Swale

/// A number with its derivative in one direction.
struct Dual {
  var value: Double
  var slope: Double

  init(_ value: Double, _ slope: Double = 0) {
    self.value = value
    self.slope = slope
  }

  static prefix func - (a: Dual) -> Dual { Dual(-a.value, -a.slope) }
  static func + (a: Dual, b: Dual) -> Dual { Dual(a.value + b.value, a.slope + b.slope) }
  static func - (a: Dual, b: Dual) -> Dual { Dual(a.value - b.value, a.slope - b.slope) }
  static func * (a: Dual, b: Dual) -> Dual { Dual(a.value * b.value, a.slope * b.value + a.value * b.slope) }
  static func / (a: Dual, b: Dual) -> Dual {
    let quotient = a.value / b.value
    return Dual(quotient, (a.slope - quotient * b.slope) / b.value)
  }
  static func + (a: Dual, b: Double) -> Dual { Dual(a.value + b, a.slope) }
  static func + (a: Double, b: Dual) -> Dual { b + a }
  static func - (a: Dual, b: Double) -> Dual { a + -b }
  static func - (a: Double, b: Dual) -> Dual { -b + a }
  static func * (a: Double, b: Dual) -> Dual { Dual(a * b.value, a * b.slope) }

  var exponential: Dual { Dual(exp(value), slope * exp(value)) }
  var sine: Dual { Dual(sin(value), slope * cos(value)) }
  var cosine: Dual { Dual(cos(value), -slope * sin(value)) }
  var root: Dual { Dual(value.squareRoot(), slope / (2 * value.squareRoot())) }
  var arctangent: Dual { Dual(atan(value), slope / (1 + value * value)) }
}

/// A sum of squares f(x) = sum r_i(x)^2 of the collection of More, Garbow, Hillstrom, ACM Transactions on Mathematical
/// Software 7 (1981) 17, with its starting point and the values of its known minima. The gradient is 2 J'r with J by
/// forward differentiation.
struct LeastSquares: Sendable {
  let name: String
  let start: [Double]
  /// Values at all minima that are known, 0 first where it is one.
  let minima: [Double]
  let residuals: @Sendable ([Dual]) -> [Dual]

  func value(_ x: [Double]) -> Double {
    residuals(x.map { Dual($0) }).reduce(0) { $0 + $1.value * $1.value }
  }

  func gradient(_ x: [Double]) -> [Double] {
    var point = x.map { Dual($0) }
    return x.indices.map { i in
      point[i].slope = 1
      defer { point[i].slope = 0 }
      return residuals(point).reduce(0) { $0 + 2 * $1.value * $1.slope }
    }
  }

  /// The landscape scale f, without Hessian-vector products.
  func objective(scale: Double = 1) throws -> CallbackObjective {
    try landscape(start.count) { x in (value: scale * value(x), gradient: gradient(x).map { scale * $0 }) }
  }
}

extension LeastSquares {
  static let all: [LeastSquares] = [
    rosenbrock, freudensteinRoth, powellSingular, brownBadlyScaled, beale, jennrichSampson, helicalValley, bard, box,
    kowalikOsborne, meyer, brownDennis, wood, osborne1, biggs, watson, variablyDimensioned, trigonometric, brown,
    broydenTridiagonal, chebyquad, heartEight,
  ]

  static let rosenbrock = LeastSquares(name: "rosenbrock", start: [-1.2, 1], minima: [0]) { x in
    let gap: Dual = x[1] - x[0] * x[0]
    return [10.0 * gap, 1.0 - x[0]]
  }
  static let freudensteinRoth = LeastSquares(name: "freudenstein_roth", start: [0.5, -2], minima: [0, 48.98425]) { x in
    let first: Dual = ((5.0 - x[1]) * x[1] - 2.0) * x[1]
    let second: Dual = ((x[1] + 1.0) * x[1] - 14.0) * x[1]
    return [x[0] + first - 13.0, x[0] + second - 29.0]
  }
  static let powellSingular = LeastSquares(name: "powell_singular", start: [3, -1, 0, 1], minima: [0]) { x in
    let (a, b): (Dual, Dual) = (x[1] - 2.0 * x[2], x[0] - x[3])
    let (five, ten) = (5.0.squareRoot(), 10.0.squareRoot())
    return [x[0] + 10.0 * x[1], five * (x[2] - x[3]), a * a, ten * (b * b)]
  }
  static let brownBadlyScaled = LeastSquares(name: "brown_badly_scaled", start: [1, 1], minima: [0]) { x in
    let product: Dual = x[0] * x[1]
    return [x[0] - 1e6, x[1] - 2e-6, product - 2.0]
  }
  static let beale = LeastSquares(name: "beale", start: [1, 1], minima: [0]) { x in
    let y = x[1]
    let (y2, y3): (Dual, Dual) = (y * y, y * y * y)
    return [1.5 - x[0] * (1.0 - y), 2.25 - x[0] * (1.0 - y2), 2.625 - x[0] * (1.0 - y3)]
  }
  static let jennrichSampson = LeastSquares(name: "jennrich_sampson", start: [0.3, 0.4], minima: [124.36218]) { x in
    (1...10).map { i -> Dual in
      let t = Double(i)
      let sum: Dual = (t * x[0]).exponential + (t * x[1]).exponential
      return (2 + 2 * t) - sum
    }
  }
  static let helicalValley = LeastSquares(name: "helical_valley", start: [-1, 0, 0], minima: [0]) { x in
    let turn: Double = x[0].value < 0 ? 0.5 : 0
    let angle: Dual = (0.5 / Double.pi) * (x[1] / x[0]).arctangent + turn
    let radius: Dual = (x[0] * x[0] + x[1] * x[1]).root
    return [10.0 * (x[2] - 10.0 * angle), 10.0 * (radius - 1.0), x[2]]
  }
  /// The second is the infimum for x_2, x_3 towards infinity.
  static let bard = LeastSquares(name: "bard", start: [1, 1, 1], minima: [8.2148773e-3, 17.428_692]) { x in
    let y = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39]
    return (1...15).map { i -> Dual in
      let (u, v) = (Double(i), Double(16 - i))
      let below: Dual = v * x[1] + min(u, v) * x[2]
      return y[i - 1] - (x[0] + Dual(u) / below)
    }
  }
  static let box = LeastSquares(name: "box3d", start: [0, 10, 20], minima: [0]) { x in
    (1...10).map { i -> Dual in
      let t = 0.1 * Double(i)
      let difference: Dual = (-t * x[0]).exponential - (-t * x[1]).exponential
      return difference - (exp(-t) - exp(-10 * t)) * x[2]
    }
  }
  /// The second is the infimum for x_1 etc. towards infinity.
  static let kowalikOsborne = LeastSquares(
    name: "kowalik_osborne", start: [0.25, 0.39, 0.415, 0.39], minima: [3.0750561e-4, 1.027_34e-3]
  ) { x in
    let y = [0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246]
    let u = [4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625]
    return zip(y, u).map { y, u -> Dual in
      let above: Dual = x[0] * (u * x[1] + u * u)
      let below: Dual = u * x[2] + u * u + x[3]
      return y - above / below
    }
  }
  static let meyer = LeastSquares(name: "meyer", start: [0.02, 4000, 250], minima: [87.945855]) { x in
    let y: [Double] = [
      34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872,
    ]
    return (1...16).map { i -> Dual in
      let t = 45 + 5 * Double(i)
      return x[0] * (x[1] / (x[2] + t)).exponential - y[i - 1]
    }
  }
  static let brownDennis = LeastSquares(name: "brown_dennis", start: [25, 5, -5, -1], minima: [85822.202]) { x in
    (1...20).map { i -> Dual in
      let t = Double(i) / 5
      let a: Dual = x[0] + t * x[1] - exp(t)
      let b: Dual = x[2] + sin(t) * x[3] - cos(t)
      return a * a + b * b
    }
  }
  static let wood = LeastSquares(name: "wood", start: [-3, -1, -3, -1], minima: [0]) { x in
    let (first, third): (Dual, Dual) = (x[1] - x[0] * x[0], x[3] - x[2] * x[2])
    let (sum, gap): (Dual, Dual) = (x[1] + x[3] - 2.0, x[1] - x[3])
    return [
      10.0 * first, 1.0 - x[0], 90.0.squareRoot() * third, 1.0 - x[2], 10.0.squareRoot() * sum,
      0.1.squareRoot() * gap,
    ]
  }
  /// From 10 x the start a plateau at 1.106 lies on the way.
  static let osborne1 = LeastSquares(
    name: "osborne_one", start: [0.5, 1.5, -1, 0.01, 0.02], minima: [5.4648947e-5]
  ) { x in
    let y = [
      0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751, 0.718, 0.685, 0.658, 0.628, 0.603,
      0.580, 0.558, 0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.420, 0.414, 0.411,
      0.406,
    ]
    return y.indices.map { i -> Dual in
      let t = 10 * Double(i)
      let (first, second) = ((-t * x[3]).exponential, (-t * x[4]).exponential)
      return y[i] - (x[0] + x[1] * first + x[2] * second)
    }
  }
  static let biggs = LeastSquares(
    name: "biggs_exp6", start: [1, 2, 1, 1, 1, 1], minima: [0, 5.6556499e-3, 0.306_366_77]
  ) { x in
    (1...13).map { i -> Dual in
      let t = 0.1 * Double(i)
      let y: Double = exp(-t) - 5 * exp(-10 * t) + 3 * exp(-4 * t)
      let (a, b, c) = ((-t * x[0]).exponential, (-t * x[1]).exponential, (-t * x[4]).exponential)
      return x[2] * a - x[3] * b + x[5] * c - y
    }
  }
  static let watson = LeastSquares(
    name: "watson", start: [Double](repeating: 0, count: 6), minima: [2.2876701e-3]
  ) { x in
    var residuals = (1...29).map { i -> Dual in
      let t = Double(i) / 29
      var (power, slope, sum) = (1.0, Dual(0), Dual(0))
      for j in 0..<6 {
        if j > 0 { slope = slope + (Double(j) * power / t) * x[j] }
        sum = sum + power * x[j]
        power *= t
      }
      return slope - sum * sum - 1.0
    }
    let last: Dual = x[1] - x[0] * x[0] - 1.0
    residuals += [x[0], last]
    return residuals
  }
  static let variablyDimensioned = LeastSquares(
    name: "variably_dimensioned", start: (1...10).map { 1 - Double($0) / 10 }, minima: [0]
  ) { x in
    var sum = Dual(0)
    for i in 0..<10 { sum = sum + Double(i + 1) * (x[i] - 1.0) }
    let own: [Dual] = x.map { $0 - 1.0 }
    return own + [sum, sum * sum]
  }
  static let trigonometric = LeastSquares(
    name: "trigonometric", start: [Double](repeating: 0.1, count: 10), minima: [0, 2.79506e-5]
  ) { x in
    let sum = x.reduce(Dual(0)) { $0 + $1.cosine }
    return x.indices.map { i -> Dual in
      let own: Dual = Double(i + 1) * (1.0 - x[i].cosine)
      return 10.0 - sum + own - x[i].sine
    }
  }
  static let brown = LeastSquares(
    name: "brown_almost_linear", start: [Double](repeating: 0.5, count: 10), minima: [0, 1]
  ) { x in
    let sum = x.reduce(Dual(0), +)
    let own: [Dual] = x.dropLast().map { $0 + sum - 11.0 }
    let product: Dual = x.reduce(Dual(1), *)
    return own + [product - 1.0]
  }
  static let broydenTridiagonal = LeastSquares(
    name: "broyden_tridiagonal", start: [Double](repeating: -1, count: 10), minima: [0]
  ) { x in
    (0..<10).map { i -> Dual in
      let (left, right) = (i > 0 ? x[i - 1] : Dual(0), i < 9 ? x[i + 1] : Dual(0))
      let own: Dual = (3.0 - 2.0 * x[i]) * x[i]
      return own - left - 2.0 * right + 1.0
    }
  }
  static let chebyquad = LeastSquares(
    name: "chebyquad", start: (1...8).map { Double($0) / 9 }, minima: [3.5168737e-3]
  ) { x in
    var sums = [Dual](repeating: Dual(0), count: 8)
    for z in x {
      // Shifted Chebyshev polynomials T_1, T_2, ... of 2 z - 1.
      let y: Dual = 2.0 * z - 1.0
      var (before, now) = (Dual(1), y)
      for i in 0..<8 {
        sums[i] = sums[i] + now
        (before, now) = (now, 2.0 * (y * now) - before)
      }
    }
    return (1...8).map { i -> Dual in
      let integral: Double = i % 2 == 0 ? -1 / Double(i * i - 1) : 0
      return 0.125 * sums[i - 1] - integral
    }
  }
  /// The dipole problem of More, in: Computational Solution of Nonlinear Systems of Equations (1990) 723. A system of
  /// equations whose sum of squares has other minima too.
  static let heartEight = LeastSquares(
    name: "heart_eight", start: [-0.3, -0.39, 0.3, -0.344, -1.2, 2.69, 1.59, -1.5], minima: [0]
  ) { x in
    let (a, b, c, d) = (x[0], x[1], x[2], x[3])
    let (t, u, v, w) = (x[4], x[5], x[6], x[7])
    let (tt, uu, vv, ww) = (t * t, u * u, v * v, w * w)
    let t3: Dual = t * (tt - 3.0 * vv)
    let u3: Dual = u * (uu - 3.0 * ww)
    let v3: Dual = v * (vv - 3.0 * tt)
    let w3: Dual = w * (ww - 3.0 * uu)
    let (tv, uw): (Dual, Dual) = (2.0 * (t * v), 2.0 * (u * w))
    let (plain, mixed): (Dual, Dual) = (tt - vv, uu - ww)
    let third: Dual = t * a + u * b - v * c - w * d
    let fourth: Dual = v * a + w * b + t * c + u * d
    let fifth: Dual = a * plain - c * tv + b * mixed - d * uw
    let sixth: Dual = c * plain + a * tv + d * mixed + b * uw
    let seventh: Dual = a * t3 + c * v3 + b * u3 + d * w3
    let eighth: Dual = c * t3 - a * v3 + d * u3 - b * w3
    return [
      a + b + 0.69, c + d + 0.044, third + 1.57, fourth + 1.31, fifth + 2.65, sixth - 2.0, seventh + 12.6,
      eighth - 9.48,
    ]
  }
}
