import CSwale
import Swale

/// The host's function pointers as a landscape. Out-parameters are preset to failure, so that a callback that dies on
/// the way (an exception swallowed by a foreign language) stops the run instead of feeding it garbage.
struct HostCallbacks: @unchecked Sendable {
  private let table: swale_callbacks

  static func objective(_ pointer: UnsafePointer<swale_callbacks>) throws(Failure) -> any Objective {
    let size = try structSize(
      pointer.pointee.struct_size, minimum: MemoryLayout<swale_callbacks>.offset(of: \swale_callbacks.user) ?? 0,
      "swale_callbacks")
    var table = swale_callbacks()
    withUnsafeMutableBytes(of: &table) { bytes in
      bytes.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(size, bytes.count)))
    }
    guard table.value != nil else { throw Failure(.argument, "swale_callbacks.value is NULL") }
    let dimension = try count(table.dimension, "dimension")
    let host = HostCallbacks(table: table)
    let value: CallbackTable.Value = { x, gradient throws(Failure) in try host.value(x, gradient) }
    let products: CallbackTable.Product = { x, k, v, out throws(Failure) in try host.products(x, k, v, out) }
    return try CallbackObjective(
      CallbackTable(
        dimension: dimension, value: value, hasGradient: table.gradient_available != 0,
        hvp: table.hvp == nil ? nil : products, onRelease: { host.table.release?(host.table.user) }))
  }

  private func check(_ status: swale_status, _ what: String) throws(Failure) {
    if status == SWALE_OK { return }
    throw Failure(.callback, "the callback '\(what)' reported failure (status \(status))")
  }

  private func value(
    _ x: UnsafePointer<Double>, _ gradient: UnsafeMutablePointer<Double>?
  ) throws(Failure) -> Double {
    var value = Double.nan
    var status = swale_status(SWALE_E_CALLBACK)
    table.value?(x, table.dimension, &value, gradient, &status, table.user)
    try check(status, "value")
    return value
  }

  private func products(
    _ x: UnsafePointer<Double>, _ k: Int, _ v: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    let n = Int(table.dimension)
    for j in 0..<k {
      if j > 0 { try Interruption.check() }
      var status = swale_status(SWALE_E_CALLBACK)
      table.hvp?(x, v + j * n, table.dimension, out + j * n, &status, table.user)
      try check(status, "hvp")
    }
  }
}
