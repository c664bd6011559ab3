import SwaleCore

extension PatternSettings {
  /// The objective of a device over the patterns of `parts.data`, with everything checked that no device allows.
  func build(
    _ name: String, _ parts: LandscapeParts, hidden: Int = 1, tree: Bool = false, unit: PatternGraph.Unit = .sign,
    output: PatternGraph.Output = .sum, bias: Bool = false
  ) throws(Failure) -> PatternObjective {
    let owner = "objective '\(name)'"
    guard let data = parts.data as? Dataset else { throw Failure(.argument, "\(owner) needs a dataset") }
    guard data.count > 0, data.width > 0 else { throw Failure(.shape, "\(owner): the dataset has no inputs") }
    guard !tree || data.width % hidden == 0 else {
      throw Failure(
        .shape, "\(owner): a tree needs inputs that hidden divides, got \(data.width) inputs and hidden \(hidden)")
    }
    let fanIn = tree ? data.width / hidden : data.width
    _ = try checkedProduct([hidden, fanIn, data.count], "the fields of \(owner)")
    let loss = try PatternLoss(self, parts.registry)
    if case .repair = loss { try checkRepair(owner, unit, hidden) }
    let patterns = try PatternData(data, segments: tree ? hidden : 1, of: owner)
    if weightKind == .binary {
      switch patterns.inputs {
      case .signs: try checkTies(owner, hidden, fanIn, unit, output)
      case .real(let numbers):
        if case .repair = loss { try refuseRepair(owner, data, numbers) }
        if unit == .sign, hidden > 1 { try checkZeroFields(owner, data, numbers, fanIn) }
      }
    }
    if case .smooth(let component) = loss { _ = try component.kernel(data, outputs: 1, Double.self) }
    let graph = PatternGraph(
      hidden: hidden, fanIn: fanIn, tree: tree, unit: unit, output: output, weights: weightKind, margin: margin,
      inputs: patterns.inputs, labels: patterns.labels)
    return try PatternObjective(name, graph, data, self, loss, bias: bias)
  }

  /// Over inputs that are numbers a unit can be told to have a field of 0, which is no vote, for some weights +1 and -1
  /// where its inputs are whole numbers, or whole multiples of the smallest, with an even sum of magnitudes (all 0 among
  /// them). Others tie by accident only; the vote is then 0.
  private func checkZeroFields(
    _ owner: String, _ data: Dataset, _ numbers: Buffer<Float>, _ fanIn: Int
  ) throws(Failure) {
    for sample in 0..<data.count {
      for first in stride(from: 0, to: data.width, by: fanIn) {
        let row = UnsafeBufferPointer(start: numbers.constant + sample * data.width + first, count: fanIn)
        let smallest = row.reduce(Float.infinity) { $1 == 0 ? $0 : min($0, abs($1)) }
        guard Self.isEven(row, unit: 1) ?? Self.isEven(row, unit: smallest) ?? false else { continue }
        let zero = smallest == .infinity
        throw Failure(
          .argument, "\(owner): inputs \(first) ... \(first + fanIn - 1) of sample \(sample), which one hidden unit sees, "
            + (zero ? "are all 0: the unit's field is 0 and has no sign"
              : "are whole multiples of one number with an even sum of magnitudes: with binary weights the unit's field "
                + "could be 0, which has no sign"))
      }
    }
  }

  /// Whether the sum of numbers that are whole multiples of `unit` is an even multiple; nil for other numbers.
  private static func isEven(_ row: UnsafeBufferPointer<Float>, unit: Float) -> Bool? {
    var parity = 0
    for value in row {
      guard let multiple = Int(exactly: Double(value) / Double(unit)) else { return nil }
      parity ^= multiple & 1
    }
    return parity == 0
  }

  private func refuseRepair(_ owner: String, _ data: Dataset, _ numbers: Buffer<Float>) throws(Failure) {
    let other = Float.firstOther(numbers.count, numbers.constant)
    throw Failure(
      .argument, "\(owner): loss 'linear' counts flips over inputs +1 and -1, but input \(other % data.width) of sample "
        + "\(other / data.width) is \(numbers.pointer[max(other, 0)]); use transform 'binarize' or another loss")
  }

  /// With binary weights the field of a unit with an even number of inputs can be 0, which is no vote. A perceptron
  /// counts it as an error.
  private func checkTies(
    _ owner: String, _ hidden: Int, _ fanIn: Int, _ unit: PatternGraph.Unit, _ output: PatternGraph.Output
  ) throws(Failure) {
    if unit == .sign, hidden > 1, fanIn % 2 == 0 {
      throw Failure(
        .shape, "\(owner): a hidden unit has \(fanIn) inputs; with binary weights and sign units the number must be "
          + "odd, or its field could be 0")
    }
    if unit == .quadratic, fanIn.multipliedReportingOverflow(by: fanIn * hidden).overflow
      || fanIn * fanIn * hidden >= 1 << 31
    {
      throw Failure(
        .shape, "\(owner): \(hidden) quadratic units of \(fanIn) binary weights have outputs above 2^31; use fewer")
    }
  }

  private func checkRepair(_ owner: String, _ unit: PatternGraph.Unit, _ hidden: Int) throws(Failure) {
    guard weightKind == .binary else {
      throw Failure(.option, "\(owner): loss 'linear' counts flips of binary weights, but weights is \(weights)")
    }
    guard unit == .sign else {
      throw Failure(.option, "\(owner): loss 'linear' needs sign units, but they are \(unit)")
    }
    guard margin <= 0 || hidden == 1 || margin * Double(hidden).squareRoot() <= Double(hidden) else {
      throw Failure(
        .option, "\(owner): option 'margin' is \(margin), allowed at most sqrt K = \(Double(hidden).squareRoot()), "
          + "which is when all units vote right")
    }
  }
}
