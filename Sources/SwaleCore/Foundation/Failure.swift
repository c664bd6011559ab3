/// Whether a call worked, as in `swale_status`; the raw values are part of the C contract and only grow.
public enum Status: Int32, Sendable, CaseIterable {
  case ok = 0
  case argument = -1
  case shape = -2
  case name = -3
  case option = -4
  case unsupported = -5
  case state = -6
  case nonfinite = -7
  case callback = -8
  case plugin = -9
  case io = -10
  case memory = -11
  case handle = -12
  case interrupted = -13
  case internalError = -99

  /// A fixed sentence for the code alone; `Failure.message` says what happened this time.
  public var text: StaticString {
    switch self {
    case .ok: "no error"
    case .argument: "an argument is missing or impossible"
    case .shape: "sizes or shapes do not fit together"
    case .name: "no such name"
    case .option: "an option is unknown or out of range"
    case .unsupported: "the objective lacks what the solver or metric needs"
    case .state: "not possible in this state"
    case .nonfinite: "a number is not finite"
    case .callback: "a callback reported failure"
    case .plugin: "a plugin could not be loaded or registered"
    case .io: "a file could not be read"
    case .memory: "out of memory, or over the memory limit"
    case .handle: "the handle is not valid"
    case .interrupted: "the host's interrupt function ended the call"
    case .internalError: "a defect of the library"
    }
  }
}

/// The one error of the library: a status and a sentence that says what to do.
public struct Failure: Error, Sendable, CustomStringConvertible {
  public let status: Status
  public let message: String
  /// Why a computation was broken off in the middle (`Interruption`); nil for failures proper. A run that is broken off
  /// keeps what it has and ends with this reason; only calls without a run hand it to their caller as a failure.
  public let interruption: Reason?

  public init(_ status: Status, _ message: String) {
    self.status = status
    self.message = message
    interruption = nil
  }

  public init(interruptedBy reason: Reason) {
    status = .interrupted
    message = "the call was interrupted: \(reason.text)"
    interruption = reason
  }

  public var description: String { message }
}

/// Why a run ended, as in `swale_reason`. A reason is never an error.
public enum Reason: Int32, Sendable, CaseIterable {
  case running = 0
  case converged = 1
  case target = 2
  case maxSteps = 3
  case maxTime = 4
  case stalled = 5
  case diverged = 6
  case cancelled = 7
  /// A measurement some of whose numbers are missing, because what they come from did not converge or does not exist.
  case unconverged = 8
  case maxEvaluations = 9
  /// A theory or a measurement whose answer is that nothing exists: beyond capacity, no state at this distance.
  case noSolution = 10

  public var text: String {
    switch self {
    case .running: "running"
    case .converged: "converged"
    case .target: "target reached"
    case .maxSteps: "maximum number of steps"
    case .maxTime: "maximum time"
    case .stalled: "stalled"
    case .diverged: "diverged"
    case .cancelled: "cancelled"
    case .unconverged: "not converged"
    case .maxEvaluations: "maximum number of evaluations"
    case .noSolution: "no solution exists"
    }
  }
}
