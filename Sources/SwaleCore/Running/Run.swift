import Glibc
import Synchronization

/// Limits and switches of a run: the component "run", so that C, Python and documents list them like any other.
public struct RunSettings: Component {
  public static var kind: Kind { .run }
  public static let info = Info("run", "Limits, seed and recording of a solve or a measurement.")
  public static var options: [Option<Self>] {
    [
      option("seed", \.seed, in: 0...9.007199254740992e15, "Seed of all random numbers of the run."),
      option("max_steps", \.maxSteps, in: 0...9e15, "Stop after this many steps; 0: the solver's own default."),
      option("max_seconds", \.maxSeconds, in: 0...1e12,
        "Stop after this many seconds, at the latest a tenth of a second and one chunk of samples later; 0: no limit."),
      option("max_evaluations", \.maxEvaluations, in: 0...9e15,
        "Stop after this many evaluations (values, gradients and products; a sweep of flips, an epoch of a learning "
          + "rule and a round of messages count as one); 0: no limit."),
      option("target_value", \.targetValue, in: -Double.infinity...Double.infinity,
        "Stop when the observed value is at or below this."),
      option("trajectory_every", \.trajectoryEvery, in: 0...9e15,
        "Keep the parameters every so many steps (array 'trajectory'); 0: never."),
      option("history", \.history, "Keep the observed value and gradient norm of every step."),
      option("final_evaluation", \.finalEvaluation,
        "Evaluate value and gradient over all samples at the end (fields 'fun' and 'gradient_norm'); NaN where a run "
          + "that was cancelled or is out of time would need more than a tenth of a second for it."),
      option("progress_every", \.progressEvery, in: 0...1e6, "Seconds between progress calls."),
    ]
  }

  public var seed = 0
  public var maxSteps = 0
  public var maxSeconds = 0.0
  public var maxEvaluations = 0
  public var targetValue = -Double.infinity
  public var trajectoryEvery = 0
  public var history = true
  public var finalEvaluation = true
  public var progressEvery = 0.1

  public init() {}
}

/// A snapshot for progress displays. Unknown numbers are NaN, an unknown total is -1.
public struct Progress: Sendable {
  public var reason = Reason.running
  public var step = 0
  public var totalSteps = -1
  public var evaluations = 0
  public var seconds = 0.0
  public var value = Double.nan
  public var gradientNorm = Double.nan
}

/// One run: its settings, its progress callback and its cancel flag. A run serves one call at a time; only `cancel`
/// may come from another thread.
public final class Run: @unchecked Sendable {
  public let settings: RunSettings
  /// Returns false to stop. Called on the thread that made the call.
  public let progress: ((Progress) -> Bool)?
  private let cancelFlag = Atomic<Bool>(false)
  private let busy = Atomic<Bool>(false)

  public init(_ settings: RunSettings = RunSettings(), progress: ((Progress) -> Bool)? = nil) {
    self.settings = settings
    self.progress = progress
  }

  public func cancel() { cancelFlag.store(true, ordering: .relaxed) }
  public var cancelled: Bool { cancelFlag.load(ordering: .relaxed) }

  /// Marks the run as busy for the time of one call. The cancel flag is cleared at the end and not at the start, so
  /// that a cancel which arrives just before the call is not lost.
  public func exclusively<T>(_ body: () throws(Failure) -> T) throws(Failure) -> T {
    guard busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
      throw Failure(.state, "the run is busy with another call; use one run per thread")
    }
    defer {
      cancelFlag.store(false, ordering: .relaxed)
      busy.store(false, ordering: .releasing)
    }
    return try body()
  }
}

/// Seconds of a clock that never goes back.
public func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}
