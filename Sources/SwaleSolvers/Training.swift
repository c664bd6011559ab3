import SwaleCore

/// What all solvers that train with mini-batches and a learning rate have in common: length of the run, batches,
/// schedule, norm of the parameters, and when to stop.
public struct Training: Sendable {
  public var learningRate = 0.001
  public var batchSize = 0
  public var dropLast = false
  public var batchOrder = "random"
  public var sampleOrder = SampleOrder()
  public var epochs = 0
  public var steps = 0
  public var schedule = Schedule()
  /// Euclidean norm of all parameters at the start and at the end of the run; 0: see the options.
  public var normStart = 0.0
  public var normEnd = 0.0
  /// Inverse temperature of the loss at the first and at the last step; 0: see the options.
  public var gammaStart = 0.0
  public var gammaEnd = 0.0
  public var gradientTolerance = 0.0
  public var lossTolerance = 0.0
  public var stopWhenSolved = false

  public init() {}

  /// Whether learning rate, norm and gamma stay as they are from the first step to the last.
  var isStationary: Bool {
    schedule.name == "constant" && schedule.warmup == 0 && normStart == 0 && normEnd == 0
      && (gammaEnd == 0 || gammaEnd == gammaStart)
  }

  /// Epochs of a run whose length nobody gave.
  static let defaultEpochs = 100
  /// Step numbers up to here are exact as doubles, which schedules compute in.
  static let longest = 9_000_000_000_000_000

  /// Steps of the whole run, from which the schedule is planned.
  /// - Parameter batchesPerStep: 1, unless a step looks at several batches.
  func totalSteps(perEpoch: Int, limit: Int, batchesPerStep: Int = 1) throws(Failure) -> Int {
    if steps > 0 { return steps }
    if epochs == 0, limit > 0 { return limit }
    let epochs = epochs > 0 ? epochs : Self.defaultEpochs
    let (total, overflow) = epochs.multipliedReportingOverflow(by: perEpoch)
    guard !overflow, total <= Self.longest else {
      throw Failure(
        .option, "option 'epochs' is \(epochs): with \(perEpoch) steps each, more than \(Self.longest) steps in all")
    }
    return (total - 1) / batchesPerStep + 1
  }
}

/// A solver with the options of `Training`: it lists them with its own.
public protocol TrainingSolver: Solver, Component {
  var training: Training { get set }
}

extension TrainingSolver {
  public static var trainingOptions: [Option<Self>] {
    [
      option("learning_rate", \.training.learningRate, in: 0...1e9, "Learning rate before the schedule."),
      option("batch_size", \.training.batchSize, in: 0...9e15,
        "Samples of one step, in the order of 'batch_order'; 0: all samples, so the gradient is exact."),
      option("drop_last", \.training.dropLast, "Leave out the last batch of an epoch when it is not full."),
      option("batch_order", \.training.batchOrder, choices: ["random", "sequential"],
        "Order of the samples in an epoch: a fresh random one every epoch, or 0, 1, 2, ..."),
      option("sample_order", \.training.sampleOrder, in: 0...9e15,
        "Sample numbers in the order in which batches take them, for one epoch or several, gone through again and "
          + "again; wins over 'batch_order'."),
      option("epochs", \.training.epochs, in: 0...9e15,
        "Passes over the samples; 0: as many as 'steps' or max_steps allow, or 100 when neither is given."),
      option("steps", \.training.steps, in: 0...9e15, "Steps of the run; 0: as 'epochs' says. Wins over 'epochs'."),
      option("schedule", \.training.schedule.name, choices: Schedule.names, "How the learning rate changes."),
      option("decay", \.training.schedule.decay, in: 0...1e6, "Schedule step: factor at every milestone."),
      option("milestones", \.training.schedule.milestones, in: 0...1,
        "Schedule step: fractions of the run after which the learning rate is multiplied by 'decay'."),
      option("final_factor", \.training.schedule.finalFactor, in: 0...1e6,
        "Schedules cosine and linear: learning rate at the end as a fraction of learning_rate."),
      option("warmup", \.training.schedule.warmup, in: 0...1,
        "Fraction of the run in which the learning rate rises linearly, before the schedule begins."),
      option("norm_start", \.training.normStart, in: 0...1e150,
        "Rescale all parameters after every step so that their norm goes geometrically from this to norm_end; 0: the "
          + "norm of the starting point, or no rescaling when norm_end is 0 too."),
      option("norm_end", \.training.normEnd, in: 0...1e150, "Norm of the parameters at the end; 0: as norm_start."),
      option("gamma_start", \.training.gammaStart, in: 0...1e6,
        "Inverse temperature gamma of the loss in the first step, from where it goes geometrically, up or down, to "
          + "gamma_end; 0: leave the loss as it is. For losses with a gamma (cross_entropy)."),
      option("gamma_end", \.training.gammaEnd, in: 0...1e6, "Gamma of the loss in the last step; 0: as gamma_start."),
      option("gradient_tolerance", \.training.gradientTolerance, in: 0...1e150,
        "Stop when the norm of the gradient is at or below this, that of the batch and, looked at once an epoch at most, "
          + "that over all samples; 0: do not look."),
      option("loss_tolerance", \.training.lossTolerance, in: 0...1e150,
        "Stop when the mean loss of an epoch is at or below this; 0: do not look."),
      option("stop_when_solved", \.training.stopWhenSolved,
        "Stop, converged, when an epoch has ended and a recount over all samples finds no error."),
    ]
  }
}
