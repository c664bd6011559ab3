/// Moves a point of a landscape: settings that start a `Stepper`. Built-in solvers are also `Component`s; a plugin's
/// solver conforms through an adapter.
public protocol Solver: Sendable {
  /// Prepares a run from the starting point `x` (dimension scalars): allocates everything a step needs.
  func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S>
}

extension Component where Self: Solver {
  public static var kind: Kind { .solver }
}

/// The state of one running solver. The library owns the loop around `step`: progress, cancel, limits, histories,
/// trajectory and the check for non-finite numbers.
open class Stepper<S: Scalar> {
  public let job: Job<S>

  public init(_ job: Job<S>) { self.job = job }

  /// Steps the solver would take by itself; nil when it only stops by convergence.
  open var totalSteps: Int? { nil }

  /// Whether the end is what was asked for; nil: as the comment of `solve` says. Solvers of constraints say whether a
  /// strict recount of the errors found none.
  open var succeeded: Bool? { nil }

  /// Whether it draws points of a distribution instead of descending, so that a value that rose is no failure. In
  /// `finish` it sets `job.conclusion` to `unconverged` where its averages cannot be relied on.
  open var samples: Bool { false }

  /// Changes `x` in place, calls `job.observe`, and returns a reason to end the run or nil to go on. Allocates
  /// nothing.
  open func step(_ x: UnsafeMutablePointer<S>) throws(Failure) -> Reason? { .stalled }

  /// Adds what the solver has to say to the report; may still change `x` (an average of iterates).
  open func finish(_ x: UnsafeMutablePointer<S>) throws(Failure) {}
}
