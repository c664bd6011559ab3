/// Whether whoever asked for a theory wants it to end early.
///
/// It is asked before every average over fields, each of which takes milliseconds. An average that is not taken is NaN
/// (or nil), at which the searches above it give up, so that no search looks at the run itself. Asked on the thread of
/// the call only.
public struct StopRequest: @unchecked Sendable {
  private let ask: () -> Bool

  public init(_ ask: @escaping () -> Bool) { self.ask = ask }

  /// Never.
  public static let none = StopRequest { false }

  public func callAsFunction() -> Bool { ask() }
}
