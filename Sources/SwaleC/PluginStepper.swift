import CSwale
import Glibc
import Swale

/// What `swale_job *` points to while a plugin runs: the services, without the type of numbers.
class PluginServices {
  let options: PluginOptions
  /// The failure behind the status that a service returned, kept for the plugin to pass on.
  var failure: Failure?

  init(_ options: PluginOptions) { self.options = options }

  func value(_ x: UnsafePointer<Double>, _ g: UnsafeMutablePointer<Double>?) throws(Failure) -> Double { .nan }
  func hvp(
    _ x: UnsafePointer<Double>, _ v: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
  ) throws(Failure) {}
  func flip(_ x: UnsafePointer<Double>, _ index: Int) throws(Failure) -> Double { .nan }
  func patterns() throws(Failure) -> swale_patterns { swale_patterns() }
  func drawBatch(_ size: Int) throws(Failure) {}
  func random(normal: Bool, _ stream: UInt32, _ out: UnsafeMutablePointer<Double>, _ n: Int) {}
  func record(_ name: String, _ array: swale_array) throws(Failure) {}
  var stopping: Bool { false }

  /// Runs a service: its failure becomes the status that the plugin sees.
  func serve(_ body: () throws(Failure) -> Void) -> swale_status {
    do throws(Failure) {
      try body()
      return swale_status(SWALE_OK)
    } catch {
      failure = error
      return error.status.rawValue
    }
  }

  static func of(_ job: OpaquePointer?) -> PluginServices? {
    job.map { Unmanaged<PluginServices>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
  }
}

/// Runs a plugin's solver. Points cross the border as doubles; in f64 they are the library's own memory.
final class PluginStepper<S: Scalar>: Stepper<S> {
  private let plugin: PluginTable
  private let services: TypedServices<S>
  private let name: String
  private let border: Buffer<Double>?
  /// The point before the step, where the plugin works on the library's own memory.
  private let before: Buffer<Double>?
  private var state: UnsafeMutableRawPointer?
  private var created = false

  init(_ job: Job<S>, _ solver: PluginSolver, _ x: UnsafePointer<S>) throws(Failure) {
    plugin = solver.table
    services = try TypedServices(job, solver.options)
    name = solver.table.table.name.map { String(cString: $0) } ?? "plugin"
    border = S.precision == .f64 ? nil : try Buffer(job.dimension, zeroed: false)
    before = S.precision == .f64 ? try Buffer(job.dimension, zeroed: false) : nil
    super.init(job)
    let status = withExtendedLifetime(services) {
      plugin.table.create?(hostTable.pointer, handle, Int64(job.dimension), &state) ?? 0
    }
    try check(status, "create")
    created = true
  }

  deinit { if created { plugin.table.destroy?(state) } }

  private var handle: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(services as PluginServices).toOpaque()) }

  private func check(_ status: swale_status, _ function: String) throws(Failure) {
    if status == SWALE_OK { return }
    if let failure = services.failure { throw failure }
    throw Failure(Status(rawValue: status) ?? .plugin, "solver '\(name)': \(function) returned status \(status)")
  }

  override func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? {
    let n = job.dimension
    var reason = swale_reason(SWALE_RUNNING)
    let point: UnsafeMutablePointer<Double>
    if let border {
      S.toDouble(n, x, border.pointer)
      point = border.pointer
    } else {
      point = UnsafeMutableRawPointer(x).assumingMemoryBound(to: Double.self)
      before?.pointer.update(from: point, count: n)
    }
    services.failure = nil
    let status = plugin.table.step?(hostTable.pointer, handle, state, point, Int64(n), &reason) ?? 0
    do throws(Failure) {
      try check(status, "step")
    } catch {
      if error.interruption != nil, let before { point.update(from: before.constant, count: n) }
      throw error
    }
    if let border { S.fromDouble(n, border.constant, x) }
    if reason == SWALE_RUNNING { return nil }
    guard let known = Reason(rawValue: reason) else {
      let last = Reason.allCases.map(\.rawValue).max() ?? 0
      throw Failure(.plugin, "solver '\(name)': step wrote reason \(reason), allowed 0 ... \(last) (SWALE_RUNNING, ...)")
    }
    return known
  }
}

final class TypedServices<S: Scalar>: PluginServices {
  private unowned let job: Job<S>
  private let point: Buffer<S>?
  private let vector: Buffer<S>?
  private var result: Buffer<S>?
  private var order: Buffer<Int64>?
  /// Point of the last `hvp` as the plugin gave it; the oracle has forgotten it when another service ran since.
  private var base: Buffer<Double>?
  private var linearized = false
  /// Spins of the last `flip` as the plugin gave them.
  private var placed: Buffer<Double>?
  private var streams: [UInt64: RandomStream] = [:]
  private var batches = 0

  init(_ job: Job<S>, _ options: PluginOptions) throws(Failure) {
    self.job = job
    let convert = S.precision != .f64
    point = convert ? try Buffer(job.dimension, zeroed: false) : nil
    vector = convert ? try Buffer(job.dimension, zeroed: false) : nil
    result = convert ? try Buffer(job.dimension, zeroed: false) : nil
    super.init(options)
  }

  private func typed(_ x: UnsafePointer<Double>, _ into: Buffer<S>?) -> UnsafePointer<S> {
    guard let into else { return UnsafeRawPointer(x).assumingMemoryBound(to: S.self) }
    S.fromDouble(job.dimension, x, into.pointer)
    return into.constant
  }

  override func value(_ x: UnsafePointer<Double>, _ g: UnsafeMutablePointer<Double>?) throws(Failure) -> Double {
    let at = typed(x, point)
    linearized = false
    guard let g else {
      let value = try job.value(at)
      job.observe(value: value)
      return value
    }
    let value: Double
    if let result {
      value = try job.gradient(at, result.pointer)
      S.toDouble(job.dimension, result.constant, g)
    } else {
      value = try job.gradient(at, UnsafeMutableRawPointer(g).assumingMemoryBound(to: S.self))
    }
    job.observe(value: value, gradientNorm: Double.sumSquares(job.dimension, g).squareRoot())
    return value
  }

  override func hvp(
    _ x: UnsafePointer<Double>, _ v: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    try job.objective.capabilities.require(.gradient, by: "hvp", objective: job.objective.name)
    let bytes = job.dimension * MemoryLayout<Double>.stride
    if base == nil { base = try Buffer(job.dimension, zeroed: false) }
    if let base, !linearized || memcmp(base.pointer, x, bytes) != 0 {
      base.pointer.update(from: x, count: job.dimension)
      _ = try job.linearize(typed(x, point))
      linearized = true
    }
    let direction = typed(v, vector)
    if let result {
      try job.product(.hessian, 1, direction, result.pointer)
      S.toDouble(job.dimension, result.constant, out)
    } else {
      try job.product(.hessian, 1, direction, UnsafeMutableRawPointer(out).assumingMemoryBound(to: S.self))
    }
  }

  override func flip(_ x: UnsafePointer<Double>, _ index: Int) throws(Failure) -> Double {
    let n = job.dimension
    try job.objective.capabilities.require(.flips, by: "flip", objective: job.objective.name)
    guard index < n else { throw Failure(.argument, "argument 'index' is \(index), allowed 0 ... \(n - 1)") }
    try follow(x)
    return job.oracle.flipChange(index)
  }

  /// Brings the placed spins to the signs of x: spin by spin while few differ, as after a plugin's own flip.
  private func follow(_ x: UnsafePointer<Double>) throws(Failure) {
    let n = job.dimension
    guard let placed else {
      _ = try job.oracle.place(typed(x, point))
      self.placed = try Buffer(copying: x, count: n)
      return
    }
    if memcmp(placed.pointer, x, n * MemoryLayout<Double>.stride) == 0 { return }
    let changed = (0..<n).count { (placed.pointer[$0] < 0) != (x[$0] < 0) }
    if changed <= Self.fewFlips {
      for i in 0..<n where (placed.pointer[i] < 0) != (x[i] < 0) { job.oracle.flip(i) }
    } else {
      _ = try job.oracle.place(typed(x, point))
    }
    placed.pointer.update(from: x, count: n)
  }

  /// Flips that are cheaper than placing all spins anew.
  private static var fewFlips: Int { 8 }

  override func patterns() throws(Failure) -> swale_patterns {
    try job.objective.capabilities.require(.patterns, by: "patterns", objective: job.objective.name)
    guard let graph = job.objective.patterns else {
      throw Failure(.unsupported, "objective '\(job.objective.name)' has no patterns (a factor graph)")
    }
    return swale_patterns(graph)
  }

  override func drawBatch(_ size: Int) throws(Failure) {
    let samples = job.oracle.sampleCount
    linearized = false
    guard size > 0 else { return try job.oracle.select(nil) }
    guard size <= samples else {
      throw Failure(.argument, "a batch of \(size) samples was asked for, the objective has \(samples)")
    }
    if order == nil { order = try Buffer(samples, zeroed: false) }
    guard let order else { return }
    RandomStream.permutation(
      seed: job.seed, stream: StreamBase.batches + UInt64(batches), samples, into: order.pointer)
    batches += 1
    try job.oracle.select(UnsafeBufferPointer(start: order.constant, count: size))
  }

  override func random(normal: Bool, _ stream: UInt32, _ out: UnsafeMutablePointer<Double>, _ n: Int) {
    let key = UInt64(stream)
    var source = streams[key] ?? RandomStream(seed: job.seed, stream: StreamBase.plugin + key)
    if normal { source.normal(n, into: out) } else { source.uniform(n, 0, 1, into: out) }
    streams[key] = source
  }

  override func record(_ name: String, _ array: swale_array) throws(Failure) {
    try job.report.requireFree(name)
    let host = try HostArrays.checked(array, "value")
    let copy = try Buffer<Double>(try checkedProduct(host.shape, "array '\(name)'"), zeroed: false)
    try HostArrays.read(host, into: copy.pointer)
    job.report.record(name, copy, shape: host.shape)
  }

  override var stopping: Bool { job.stopping() }
}
