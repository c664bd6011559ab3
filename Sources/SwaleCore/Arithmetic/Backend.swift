import CSwaleKernels
import Glibc
import Synchronization

/// Which arithmetic does the large products: the built-in kernels, or a library that happens to be on the machine.
/// Libraries are opened with dlopen, never linked, and kept single-threaded; Swale's own loops do the parallel work.
public enum Backend {
  public enum Name: Int, Sendable, CaseIterable {
    case builtin, openblas, onednn
  }

  typealias SGemmBLAS = @convention(c) (
    Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>?, Int32, UnsafePointer<Float>?, Int32,
    Float, UnsafeMutablePointer<Float>?, Int32
  ) -> Void
  typealias DGemmBLAS = @convention(c) (
    Int32, Int32, Int32, Int32, Int32, Int32, Double, UnsafePointer<Double>?, Int32, UnsafePointer<Double>?, Int32,
    Double, UnsafeMutablePointer<Double>?, Int32
  ) -> Void
  typealias SGemmDNN = @convention(c) (
    CChar, CChar, Int, Int, Int, Float, UnsafePointer<Float>?, Int, UnsafePointer<Float>?, Int, Float,
    UnsafeMutablePointer<Float>?, Int
  ) -> Int32
  typealias SetThreads = @convention(c) (Int32) -> Void

  /// Entry points found on this machine; nil where the library is absent.
  struct Entries: @unchecked Sendable {
    var blasS: SGemmBLAS?
    var blasD: DGemmBLAS?
    var dnnS: SGemmDNN?
    var dnnThreads: SetThreads?
    var lapack: UnsafeMutableRawPointer?
    var chosen32 = Name.builtin
    var chosen64 = Name.builtin
  }

  static let entries: Entries = discover()

  private static func open(_ names: [String]) -> UnsafeMutableRawPointer? {
    for name in names { if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) { return handle } }
    return nil
  }

  private static func discover() -> Entries {
    var found = Entries()
    let wanted = getenv("SWALE_BACKEND").map { String(cString: $0) } ?? "auto"
    if wanted == "builtin" { return found }
    if wanted == "auto" || wanted == "openblas", let handle = open(["libopenblas.so.0", "libopenblas.so"]) {
      found.lapack = handle
      found.blasS = dlsym(handle, "cblas_sgemm").map { unsafeBitCast($0, to: SGemmBLAS.self) }
      found.blasD = dlsym(handle, "cblas_dgemm").map { unsafeBitCast($0, to: DGemmBLAS.self) }
      // One thread: its pool would fight ours, and spinning workers collapse on busy machines.
      if let set = dlsym(handle, "openblas_set_num_threads") { unsafeBitCast(set, to: SetThreads.self)(1) }
    }
    if wanted == "auto" || wanted == "onednn",
      let handle = open(["libdnnl.so.3", "libdnnl.so.2", "libdnnl.so"]),
      let entry = dlsym(handle, "dnnl_sgemm")
    {
      found.dnnS = unsafeBitCast(entry, to: SGemmDNN.self)
      found.dnnThreads = dlsym(handle, "omp_set_num_threads").map { unsafeBitCast($0, to: SetThreads.self) }
    }
    if found.lapack == nil { found.lapack = open(["liblapack.so.3"]) }
    switch wanted {
    case "openblas":
      if found.blasS != nil { found.chosen32 = .openblas }
      if found.blasD != nil { found.chosen64 = .openblas }
    case "onednn":
      if found.dnnS != nil { found.chosen32 = .onednn }
    default:
      break
    }
    return found
  }

  /// What products of this precision use: for people ("onednn", "openblas", "builtin (x86-64-v3)").
  public static func name(_ precision: Precision) -> Name {
    precision == .f32 ? entries.chosen32 : entries.chosen64
  }

  /// True when an external library did the product.
  @inline(__always)
  static func gemm<S: Scalar>(
    _ ta: Bool, _ tb: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: S, _ a: UnsafePointer<S>, _ lda: Int,
    _ b: UnsafePointer<S>, _ ldb: Int, _ beta: S, _ c: UnsafeMutablePointer<S>, _ ldc: Int
  ) -> Bool {
    let chosen = S.precision == .f32 ? entries.chosen32 : entries.chosen64
    if chosen == .builtin { return false }
    return external(chosen, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
  }

  private static func external<S: Scalar>(
    _ chosen: Name, _ ta: Bool, _ tb: Bool, _ m: Int, _ n: Int, _ k: Int, _ alpha: S, _ a: UnsafePointer<S>,
    _ lda: Int, _ b: UnsafePointer<S>, _ ldb: Int, _ beta: S, _ c: UnsafeMutablePointer<S>, _ ldc: Int
  ) -> Bool {
    // Foreign 32-bit interfaces, and empty products that some libraries refuse.
    let largest = max(max(m, n), max(k, max(lda, max(ldb, ldc))))
    if largest > Int(Int32.max) || m == 0 || n == 0 || k == 0 { return false }
    let row: Int32 = 101
    let transA: Int32 = ta ? 112 : 111
    let transB: Int32 = tb ? 112 : 111
    switch (chosen, S.precision) {
    case (.onednn, .f32):
      guard let gemm = entries.dnnS else { return false }
      entries.dnnThreads?(1)
      let letterT = CChar(UInt8(ascii: "T"))
      let letterN = CChar(UInt8(ascii: "N"))
      let status = gemm(
        ta ? letterT : letterN, tb ? letterT : letterN, m, n, k, Float(alpha), cast(a), lda, cast(b), ldb,
        Float(beta), cast(c), ldc)
      return status == 0
    case (.openblas, .f32):
      guard let gemm = entries.blasS else { return false }
      gemm(
        row, transA, transB, Int32(m), Int32(n), Int32(k), Float(alpha), cast(a), Int32(lda), cast(b), Int32(ldb),
        Float(beta), cast(c), Int32(ldc))
      return true
    case (.openblas, .f64):
      guard let gemm = entries.blasD else { return false }
      gemm(
        row, transA, transB, Int32(m), Int32(n), Int32(k), Double(alpha), cast(a), Int32(lda), cast(b), Int32(ldb),
        Double(beta), cast(c), Int32(ldc))
      return true
    default:
      return false
    }
  }

  private static func cast<S, T>(_ pointer: UnsafePointer<S>) -> UnsafePointer<T> {
    UnsafeRawPointer(pointer).assumingMemoryBound(to: T.self)
  }
  private static func cast<S, T>(_ pointer: UnsafeMutablePointer<S>) -> UnsafeMutablePointer<T> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: T.self)
  }
}

extension Backend {
  /// The entry point of a LAPACK routine ("dsyevd_"), nil where the machine has none or only `builtin` is allowed.
  public static func lapackSymbol(_ name: String) -> UnsafeMutableRawPointer? {
    entries.lapack.flatMap { dlsym($0, name) }
  }

  /// The instruction set of the built-in kernels.
  public static var instructionSet: String { String(cString: swk_isa_name()) }
}
