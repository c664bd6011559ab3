import SwaleCore

/// Labels given by a random teacher: a perceptron (hidden = 1), y = sign(w.x), or a committee of K sign units,
/// y = sign(sum_k sign(w_k.x_k)), where x_k is the whole input (`full`) or the k-th of its K equal parts
/// (`tree`).
///
/// The teacher depends on the seed and its own size only, so that any `first` and `samples` see the same one. It is
/// kept as the statistic "teacher", hidden x (features, or features / hidden for a tree).
public struct TeacherStudentData: DataSource {
  public static let info = Info(
    "teacher_student", "Random inputs labelled +1 and -1 by a random perceptron or committee machine.",
    reference: "A. Engel, C. Van den Broeck, Statistical Mechanics of Learning (2001)")
  public static var options: [Option<Self>] {
    [
      option("samples", \.samples, in: 1...SampleRange.mostSamples, "Number of samples P."),
      option("features", \.features, in: 1...SampleRange.mostFeatures, "Number of inputs."),
      option("inputs", \.inputs, choices: ["binary", "gaussian"], "Inputs +1 and -1, or standard normal."),
      option(
        "weights", \.weights, choices: ["binary", "gaussian"],
        "Weights of the teacher: +1 and -1, or standard normal."),
      option("hidden", \.hidden, in: 1...1e6, "Number K of the teacher's hidden units, odd; 1: a perceptron."),
      option(
        "architecture", \.architecture, choices: ["full", "tree"],
        "Whether every hidden unit sees all inputs or its own part of them."),
      option("first", \.first, in: 0...SampleRange.mostSamples, SampleRange.firstText),
    ]
  }

  public var samples = 100
  public var features = 201
  public var inputs = "binary"
  public var weights = "binary"
  public var hidden = 1
  public var architecture = "full"
  public var first = 0
  public init() {}

  public func load(seed: UInt64) throws(Failure) -> Dataset {
    let range = try SampleRange(samples: samples, features: features, first: first, of: Self.info.name)
    let fanIn = try checkedFanIn()
    let teacher = try Buffer<Float>(try checkedProduct([hidden, fanIn], "the teacher"), zeroed: false)
    var stream = RandomStream(seed: seed, stream: DataStream.teacher)
    if weights == "binary" {
      stream.signs(teacher.count, into: teacher.pointer)
    } else {
      stream.normal(teacher.count, into: teacher.pointer)
    }
    let patterns = inputs == "binary" ? try range.signInputs(seed) : SampleStorage(try range.normalInputs(seed))
    let kept = try Buffer<Double>(teacher.count, zeroed: false)
    Float.toDouble(teacher.count, teacher.constant, kept.pointer)
    return Dataset(
      name: Self.info.name, count: samples, shape: [features], inputs: patterns,
      targets: .real(SampleStorage(try labels(patterns, teacher, fanIn)), width: 1), statistics: ["teacher": kept])
  }

  /// Inputs of one hidden unit. Sizes for which a field can be 0, and the label therefore be undefined, are refused.
  private func checkedFanIn() throws(Failure) -> Int {
    guard hidden % 2 == 1 else {
      throw Failure(.option, "dataset 'teacher_student': hidden is \(hidden), allowed odd numbers, or votes could tie")
    }
    guard architecture == "full" || features % hidden == 0 else {
      throw Failure(
        .option, "dataset 'teacher_student': a tree needs features that hidden divides, got \(features) and \(hidden)")
    }
    let fanIn = architecture == "full" ? features : features / hidden
    guard inputs == "gaussian" || weights == "gaussian" || fanIn % 2 == 1 else {
      throw Failure(
        .option, "dataset 'teacher_student': a hidden unit has \(fanIn) inputs; with binary inputs and weights the "
          + "number must be odd, or its field could be 0")
    }
    return fanIn
  }

  private func labels(
    _ patterns: SampleStorage, _ teacher: Buffer<Float>, _ fanIn: Int
  ) throws(Failure) -> Buffer<Float> {
    let labels = try Buffer<Float>(samples, zeroed: false)
    let stride = architecture == "full" ? 0 : fanIn
    let pieces = Parallel.pieces(work: 2 * Double(samples) * Double(teacher.count))
    let rows = try Buffer<Float>(try checkedProduct([pieces, features], "rows of patterns"), zeroed: false)
    try Interruption.inPieces(pieces, samples, work: 2 * Double(teacher.count)) { piece, range in
      let x = rows.pointer + piece * features
      for sample in range {
        patterns.read(sample * features, features, into: x)
        var votes = 0
        for unit in 0..<hidden {
          votes += Float.dot(fanIn, teacher.constant + unit * fanIn, x + unit * stride) >= 0 ? 1 : -1
        }
        labels.pointer[sample] = votes > 0 ? 1 : -1
      }
    }
    return labels
  }
}
