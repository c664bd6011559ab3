import Synchronization

/// Messages for the host: nothing is ever printed by the library itself.
public enum Log {
  public enum Level: Int32, Sendable { case debug = 0, info, warning, error }
  public typealias Sink = @Sendable (Level, String) -> Void

  private static let sink = Mutex<Sink?>(nil)

  public static func setSink(_ new: Sink?) { sink.withLock { $0 = new } }

  public static func write(_ level: Level, _ message: @autoclosure () -> String) {
    if let sink = sink.withLock({ $0 }) { sink(level, message()) }
  }
}
