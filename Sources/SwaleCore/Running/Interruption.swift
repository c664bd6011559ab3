import CSwale

/// The way out of long computations. Whatever takes long on the thread of a call (a chunk of samples, a vector of a
/// block, a row of a matrix, a block of a file) calls `Interruption.check` between its parts; where the call should
/// end, the check throws a `Failure` with an `interruption`, which unwinds to the run (`Job.unlessInterrupted`, the
/// loops of `solve` and `measure`) or, without a run, to the caller.
///
/// Who is asked belongs to the thread and not to the objects that compute, so that oracles of any depth, file readers
/// and linear algebra need not be told. On worker threads of a parallel loop nobody is asked: look between the loops.
/// What is interrupted must leave its objects usable, not its results.
public enum Interruption {
  /// Asks now. For what takes a tenth of a millisecond or more between two checks: reads a clock.
  public static func check() throws(Failure) { try check(work: .infinity) }

  /// Asks once the work since the last time adds up to a fraction of a millisecond: costs a few nanoseconds else.
  /// - Parameter work: operations of the part that comes next, roughly.
  public static func check(work: Double) throws(Failure) {
    if csw_interrupter_due(work, Interrupter.patience) != 0 { try Interrupter.askCurrent() }
  }

  /// Calls `body` with consecutive ranges of 0 ..< count and looks between them: for passes over arrays of any length.
  /// - Parameter work: operations for one element.
  public static func inBlocks(
    _ count: Int, work: Double = 1, _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    let size = max(1, Int(Interrupter.patience / max(work, 1)))
    var start = 0
    while start < count {
      let end = min(count, start + size)
      try check(work: work * Double(end - start))
      try body(start..<end)
      start = end
    }
  }

  /// The same with every range split between the threads: `body(piece, range)`, on `pieces` pieces whose ends are
  /// multiples of `grain`. Some hundredths of a second pass between two looks.
  public static func inPieces(
    _ pieces: Int, _ count: Int, work: Double, grain: Int = 1, _ body: (Int, Range<Int>) -> Void
  ) throws(Failure) {
    let size = max(pieces, Int(saturating: 5e7 * Double(pieces) / max(work, 1)) / grain) * grain
    var start = 0
    while start < count {
      let n = min(size, count - start)
      try check(work: work * Double(n))
      Parallel.run(pieces) { piece in
        let range = Parallel.range(piece, of: pieces, count: n, grain: grain)
        body(piece, (start + range.lowerBound)..<(start + range.upperBound))
      }
      start += n
    }
  }

  /// Whether `body` came to its end: false where it was broken off.
  public static func completes(_ body: () throws(Failure) -> Void) throws(Failure) -> Bool {
    do throws(Failure) {
      try body()
      return true
    } catch {
      guard error.interruption != nil else { throw error }
      return false
    }
  }

  /// What `body` computes, or nil where it was broken off: for those who have something to conclude with.
  public static func attempt<T>(_ body: () throws(Failure) -> T) throws(Failure) -> T? {
    do throws(Failure) {
      return try body()
    } catch {
      guard error.interruption != nil else { throw error }
      return nil
    }
  }
}

/// Who decides whether the computations of a thread go on: a run, or the host of a call without one.
public final class Interrupter {
  private let reason: () -> Reason?

  /// Operations between two questions.
  fileprivate static let patience = 2e6

  /// - Parameter reason: why to end now; nil to go on.
  public init(_ reason: @escaping () -> Reason?) { self.reason = reason }

  fileprivate static func askCurrent() throws(Failure) {
    guard let place = csw_thread_interrupter() else { return }
    let interrupter = Unmanaged<Interrupter>.fromOpaque(place).takeUnretainedValue()
    if let reason = interrupter.reason() { throw Failure(interruptedBy: reason) }
  }

  /// Runs `body` with `interrupter` as the one that this thread's checks ask; nil: nobody. A call from within a call,
  /// by a callback of the host, has its own.
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
