import SwaleCore

/// Numbers of the random streams of the solvers of this folder, to be added to `StreamBase.solver`.
enum SpinStreams {
  /// Sites of one replica's moves, and whether they are accepted.
  static func sites(_ replica: Int) -> Int { 2 * replica }
  static func acceptance(_ replica: Int) -> Int { 2 * replica + 1 }
  /// Draws of a learning rule.
  static let draws = 1 << 30
  /// The order in which replicas take turns.
  static let turns = draws + 1
  /// Spins of a centre.
  static let center = draws + 2

  /// The random order number `count` of a run: of sites or patterns, in a sweep or an epoch of a replica.
  static func order(_ count: Int) -> Int { 1 << 31 + count & (1 << 31 - 1) }
}
