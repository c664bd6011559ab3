import CSwale
import Glibc
import Swale
import Synchronization

/// What plugins that are being initialised have registered so far: nothing is listed before `init` has returned
/// SWALE_OK, and nothing of one that failed.
enum PluginRegistrations {
  private struct Pending {
    let thread: UInt
    var registrations: [Registration] = []
  }

  /// By the token that a plugin passes back as `registrar->registry`: a registrar that is used after its time, or with
  /// another pointer, is refused.
  private struct Table {
    var pending: [UInt: Pending] = [:]
    var last: UInt = 0
  }
  private static let table = Mutex(Table())

  /// Runs `initialize` with a token, and registers what it asked for when it returns SWALE_OK.
  static func collect(
    _ name: String, _ initialize: (UnsafeMutableRawPointer?) -> swale_status
  ) throws(Failure) -> swale_status {
    let thread = UInt(pthread_self())
    let token = table.withLock { table -> UInt? in
      if table.pending.values.contains(where: { $0.thread == thread }) { return nil }
      table.last += 1
      table.pending[table.last] = Pending(thread: thread)
      return table.last
    }
    guard let token else {
      throw Failure(.state, "\(name) cannot be registered from within the init of another plugin; load it afterwards")
    }
    let status = initialize(UnsafeMutableRawPointer(bitPattern: token))
    let collected = table.withLock { $0.pending.removeValue(forKey: token) }?.registrations ?? []
    if status == SWALE_OK { try Registry.shared.add(collected) }
    return status
  }

  /// Takes a registration for the plugin of a token; names that are taken are refused at once.
  static func add(_ registration: Registration, _ registry: UnsafeMutableRawPointer?) throws(Failure) {
    try Registry.shared.requireFree(registration)
    let token = UInt(bitPattern: registry)
    let refusal = table.withLock { table -> Failure? in
      guard let pending = table.pending[token] else {
        return Failure(
          .plugin, "a plugin passed a registry that is not its own; pass registrar->registry, and register during init "
            + "only")
      }
      if pending.registrations.contains(where: registration.clashes) { return registration.refusal }
      table.pending[token]?.registrations.append(registration)
      return nil
    }
    if let refusal { throw refusal }
  }
}
