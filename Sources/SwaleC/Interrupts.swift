import CSwale
import Swale
import Synchronization

/// The host's function that is asked whether long calls without a run go on.
private struct HostInterrupt: @unchecked Sendable {
  let function: @convention(c) (UnsafeMutablePointer<Int32>?, UnsafeMutableRawPointer?) -> Void
  let user: UnsafeMutableRawPointer?

  /// The action is preset to STOP: a function that dies on the way ends the call.
  func goesOn() -> Bool {
    var action = Int32(SWALE_ACTION_STOP)
    function(&action, user)
    return action == SWALE_ACTION_CONTINUE
  }
}

private let hostInterrupt = Mutex<HostInterrupt?>(nil)

/// Sets a function that is asked, about every twentieth of a second and on the thread of the call, whether a long call
/// that has no run goes on: making and transforming datasets, making objectives, single evaluations and products. A
/// call that it ends returns SWALE_E_INTERRUPTED and has changed nothing of the host's. NULL: nobody is asked. For all
/// threads of the process; runs have their progress callback and `swale_run_cancel`.
@c(swale_set_interrupt)
public func swaleSetInterrupt(
  _ function: swale_interrupt_fn?, _ user: UnsafeMutableRawPointer?
) -> swale_status {
  hostInterrupt.withLock { $0 = function.map { HostInterrupt(function: $0, user: user) } }
  return swale_status(SWALE_OK)
}

/// Seconds between two questions.
private let interruptInterval = 0.05

/// Runs what may take long in a call without a run. A call from within a run, by a callback of the host, is not ended
/// by the limits of that run: its failure would be taken for one of the callback's.
func interruptibly<T>(_ body: () throws(Failure) -> T) throws(Failure) -> T {
  guard let host = hostInterrupt.withLock({ $0 }) else { return try Interrupter.use(nil, body) }
  var asked = monotonicSeconds()
  let interrupter = Interrupter {
    let now = monotonicSeconds()
    if now - asked < interruptInterval { return nil }
    asked = now
    return host.goesOn() ? nil : .cancelled
  }
  return try Interrupter.use(interrupter, body)
}
