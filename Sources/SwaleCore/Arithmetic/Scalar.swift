import CSwaleKernels

/// What an objective computes in.
public enum Precision: Int32, Sendable {
  case f64 = 1
  case f32 = 2

  public var text: String { self == .f64 ? "f64" : "f32" }
}

/// Float or Double, with the kernels over raw memory. Swift orchestrates, loops live in C: each function is one pass
/// over contiguous row-major arrays and documented in the header of the kernel it names.
public protocol Scalar: BinaryFloatingPoint, BitwiseCopyable, Sendable {
  static var precision: Precision { get }
  static func toDouble(_ n: Int, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Double>)
  static func fromDouble(_ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Self>)
  static func toFloat(_ n: Int, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Float>)
  static func fromFloat(_ n: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Self>)
  static func fill(_ n: Int, _ value: Self, _ x: UnsafeMutablePointer<Self>)
  static func scale(_ n: Int, _ a: Self, _ x: UnsafeMutablePointer<Self>)
  static func axpy(_ n: Int, _ a: Self, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)
  static func axpby(_ n: Int, _ a: Self, _ x: UnsafePointer<Self>, _ b: Self, _ y: UnsafeMutablePointer<Self>)
  static func add(_ n: Int, _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>)
  static func subtract(
    _ n: Int, _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>
  )
  static func multiply(
    _ n: Int, _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>
  )
  static func multiplyAdd(
    _ n: Int, _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>
  )
  static func productSum(
    _ n: Int, _ a: UnsafePointer<Self>, _ x: UnsafePointer<Self>, _ b: UnsafePointer<Self>,
    _ y: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>
  )
  static func dot(_ n: Int, _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>) -> Double
  static func sum(_ n: Int, _ x: UnsafePointer<Self>) -> Double
  static func sumSquares(_ n: Int, _ x: UnsafePointer<Self>) -> Double
  static func maxAbs(_ n: Int, _ x: UnsafePointer<Self>) -> Double
  static func firstNonfinite(_ n: Int, _ x: UnsafePointer<Self>) -> Int
  static func fromBytes(_ n: Int, _ x: UnsafePointer<UInt8>, _ scale: Self, _ y: UnsafeMutablePointer<Self>)
  static func addBias(_ rows: Int, _ cols: Int, _ bias: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)
  static func columnSum(_ rows: Int, _ cols: Int, _ x: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>)
  static func gatherRows(
    _ count: Int, _ cols: Int, _ source: UnsafePointer<Self>, _ index: UnsafePointer<Int64>,
    _ out: UnsafeMutablePointer<Self>
  )
  static func biasActivate(
    _ kind: Int32, _ slope: Self, _ rows: Int, _ cols: Int, _ bias: UnsafePointer<Self>?,
    _ z: UnsafePointer<Self>, _ a: UnsafeMutablePointer<Self>, _ d1: UnsafeMutablePointer<Self>?,
    _ d2: UnsafeMutablePointer<Self>?
  )
  static func activationBackward(
    _ kind: Int32, _ slope: Self, _ n: Int, _ a: UnsafePointer<Self>, _ d1: UnsafePointer<Self>?,
    _ g: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>
  )
  static func biasActivationBackward(
    _ kind: Int32, _ slope: Self, _ rows: Int, _ cols: Int, _ bias: UnsafePointer<Self>, _ a: UnsafePointer<Self>,
    _ d1: UnsafePointer<Self>?, _ g: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>
  )
  static func softmaxRows(_ rows: Int, _ cols: Int, _ z: UnsafePointer<Self>, _ p: UnsafeMutablePointer<Self>)
  static func softmaxTangentRows(
    _ rows: Int, _ cols: Int, _ p: UnsafePointer<Self>, _ dz: UnsafePointer<Self>, _ scale: Self,
    _ out: UnsafeMutablePointer<Self>
  )
  static func crossEntropy(
    _ rows: Int, _ cols: Int, _ z: UnsafePointer<Self>, _ labels: UnsafePointer<Int32>, _ gamma: Self,
    _ p: UnsafeMutablePointer<Self>?, _ gradient: UnsafeMutablePointer<Self>?
  ) -> (loss: Double, errors: Int)
  static func squaredError(
    _ n: Int, _ f: UnsafePointer<Self>, _ y: UnsafePointer<Self>, _ gradient: UnsafeMutablePointer<Self>?
  ) -> Double
  static func marginLoss(
    _ kind: Int32, _ parameter: Self, _ n: Int, _ f: UnsafePointer<Self>, _ y: UnsafePointer<Self>,
    _ d1: UnsafeMutablePointer<Self>?, _ d2: UnsafeMutablePointer<Self>?
  ) -> (loss: Double, errors: Int)
  static func randomUniform(
    _ seed: UInt64, _ stream: UInt64, _ position: UInt64, _ n: Int, _ low: Self, _ high: Self,
    _ out: UnsafeMutablePointer<Self>
  )
  static func randomNormal(
    _ seed: UInt64, _ stream: UInt64, _ position: UInt64, _ n: Int, _ mean: Self, _ sd: Self,
    _ out: UnsafeMutablePointer<Self>
  )
  static func randomSigns(
    _ seed: UInt64, _ stream: UInt64, _ position: UInt64, _ n: Int, _ out: UnsafeMutablePointer<Self>
  )
  static func sgdStep(
    _ n: Int, _ rate: Self, _ momentum: Self, _ nesterov: Bool, _ decay: Self, _ g: UnsafePointer<Self>,
    _ v: UnsafeMutablePointer<Self>?, _ x: UnsafeMutablePointer<Self>
  )
  static func adamStep(
    _ n: Int, _ rate: Self, _ beta1: Self, _ beta2: Self, _ epsilon: Self, _ bias1: Self, _ bias2: Self,
    _ decay: Self, _ g: UnsafePointer<Self>, _ m: UnsafeMutablePointer<Self>,
    _ v: UnsafeMutablePointer<Self>, _ x: UnsafeMutablePointer<Self>
  )
  static func vectorExp(_ n: Int, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>)
  static func builtinGemm(
    _ ta: Bool, _ tb: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: Self, _ a: UnsafePointer<Self>,
    _ lda: Int, _ b: UnsafePointer<Self>, _ ldb: Int, _ beta: Self, _ c: UnsafeMutablePointer<Self>,
    _ ldc: Int, _ workspace: UnsafeMutableRawPointer
  )
  static func gemv(
    _ ta: Bool, _ m: Int, _ n: Int, _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int,
    _ x: UnsafePointer<Self>, _ beta: Self, _ y: UnsafeMutablePointer<Self>
  )
}
