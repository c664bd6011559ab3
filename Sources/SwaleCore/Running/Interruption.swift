import CSwale

/// The way out of long computations. Whatever takes long on the thread of a call (a chunk of samples, a vector of a
/// block, a row of a matrix, a block of a file) calls `Interruption.check` between its parts; where the call should end,
/// the check throws a `Failure` with an `interruption`, which unwinds to the run (`Job.unlessInterrupted`, the loops of
/// `solve` and `measure`) or, without a run, to the caller.
///
/// Who is asked belongs to the thread and not to the objects that compute, so that oracles of any depth, file readers
/// and linear algebra need not be told. On worker threads of a parallel loop nobody is asked: look between the loops.
/// What is interrupted must leave its objects usable, not its results.
public enum Interruption {
  /// Asks now. For what takes a tenth of a millisecond or more between two checks: reads a clock.
  public static func check() throws(Failure) {
    guard let interrupter = Interrupter.current else { return }
    try interrupter.ask()
  }

  /// Asks once the work since the last time adds up to a fraction of a millisecond: costs a few nanoseconds else.
  /// - Parameter work: operations of the part that comes next, roughly.
  public static func check(work: Double) throws(Failure) {
    guard let interrupter = Interrupter.current else { return }
    interrupter.pending += work
    if interrupter.pending >= Interrupter.patience { try interrupter.ask() }
  }
}

/// Who decides whether the computations of a thread go on: a run, or the host of a call without one.
public final class Interrupter {
  private let reason: () -> Reason?
  fileprivate var pending = 0.0

  /// Operations between two questions.
  fileprivate static let patience = 2e6

  /// - Parameter reason: why to end now; nil to go on.
  public init(_ reason: @escaping () -> Reason?) { self.reason = reason }

  fileprivate static var current: Interrupter? {
    csw_thread_interrupter().map { Unmanaged<Interrupter>.fromOpaque($0).takeUnretainedValue() }
  }

  fileprivate func ask() throws(Failure) {
    pending = 0
    if let reason = reason() { throw Failure(interruptedBy: reason) }
  }

  /// Runs `body` with `interrupter` as the one that this thread's checks ask; nil: nobody. A call from within a call, by
  /// a callback of the host, has its own.
  public static func use<T>(
    _ interrupter: Interrupter?, _ body: () throws(Failure) -> T
  ) throws(Failure) -> T {
    let outer = csw_thread_interrupter()
    csw_set_thread_interrupter(interrupter.map { Unmanaged.passUnretained($0).toOpaque() })
    defer { csw_set_thread_interrupter(outer) }
    let result = try body()
    withExtendedLifetime(interrupter) {}
    return result
  }
}
