import CSwaleKernels
import SwaleCore

/// A perceptron or committee of sign units with binary weights and inputs, as the learning rules on hidden variables
/// see it: bits of the patterns, and the integer bounds that fields and votes must reach.
///
/// A perceptron needs label h >= field bound, a committee needs right minus wrong votes >= vote bound: the smallest
/// integers with field bound / sqrt N >= kappa and vote bound / sqrt K >= kappa, 1 at kappa = 0. A field of 0 counts as
/// a wrong vote, so that no pattern passes here that a strict recount would reject.
final class BinaryMachine: @unchecked Sendable {
  let graph: PatternGraph
  /// Kernel view; valid while `self` lives.
  let view: swk_machine
  private let bits: SignBits

  /// - Parameter who: the solver, for sentences of refusal.
  init<S: Scalar>(_ job: Job<S>, for who: String, perceptronOnly: Bool = false) throws(Failure) {
    guard let graph = job.objective.patterns else {
      throw Failure(.unsupported, "\(who) needs patterns, which objective '\(job.objective.name)' does not have")
    }
    func refuse(_ why: String) -> Failure {
      Failure(.unsupported, "\(who) \(why) (objective '\(job.objective.name)')")
    }
    guard graph.weights == .binary else { throw refuse("needs weights +1 and -1, but they are \(graph.weights)") }
    guard graph.unit == .sign else { throw refuse("needs sign units, but they are \(graph.unit)") }
    guard graph.output == .sum else { throw refuse("needs the output of a perceptron or committee, not of a parity") }
    if perceptronOnly, !graph.isPerceptron {
      throw refuse("needs a perceptron, but there are \(graph.hidden) hidden units; use 'least_action'")
    }
    bits = try graph.signs(for: who)
    self.graph = graph
    let fieldBound = graph.isPerceptron ? Self.bound(graph.margin, graph.fanIn) : 1
    let voteBound = graph.isPerceptron ? 1 : Self.bound(graph.margin, graph.hidden)
    if fieldBound > graph.fanIn || voteBound > graph.hidden {
      throw refuse("cannot reach margin \(graph.margin), which is more than any weights have")
    }
    view = swk_machine(
      hidden: Int64(graph.hidden), fan_in: Int64(graph.fanIn), words: Int64(bits.wordsPerSegment),
      segment: graph.tree ? Int64(bits.wordsPerSegment) : 0, stride: Int64(bits.stride),
      field_bound: Int64(fieldBound), vote_bound: Int64(voteBound), bits: bits.storage.constant,
      labels: graph.labels.constant)
  }

  /// Smallest integer sum of `count` signs whose stability sum / sqrt(count) reaches `margin`, by the very quotient
  /// that a recount computes.
  private static func bound(_ margin: Double, _ count: Int) -> Int {
    if margin == 0 { return 1 }
    let root = Double(count).squareRoot()
    var least = max(-Double(count), min(Double(count) + 1, (margin * root).rounded(.up)))
    while least > -Double(count), (least - 1) / root >= margin { least -= 1 }
    while least <= Double(count), least / root < margin { least += 1 }
    return Int(saturating: least)
  }

  var patterns: Int { graph.patterns }
  /// Words of all weights.
  var words: Int { graph.hidden * bits.wordsPerSegment }
  /// Numbers of all hidden variables, padding included.
  var padded: Int { words * 64 }
  private var perUnit: Int { bits.wordsPerSegment * 64 }

  /// Patterns to show between two looks at the run: a few milliseconds of learning.
  var portion: Int { max(1, (1 << 22) / padded) }

  func errors(_ w: UnsafePointer<UInt64>) -> Int {
    withUnsafePointer(to: view) { Int(swk_machine_errors($0, Int64(patterns), w)) }
  }

  /// Hidden variables +1 and -1, the signs of x; padding +1.
  func read<S: Scalar, H: SignedNumeric>(_ x: UnsafePointer<S>, into h: UnsafeMutablePointer<H>) {
    for place in 0..<padded { h[place] = 1 }
    for unit in 0..<graph.hidden {
      for i in 0..<graph.fanIn where x[unit * graph.fanIn + i] < 0 { h[unit * perUnit + i] = -1 }
    }
  }

  /// x = +1 and -1 by the bits.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func write<S: Scalar>(_ w: UnsafePointer<UInt64>, to x: UnsafeMutablePointer<S>) {
    for unit in 0..<graph.hidden {
      let row = w + unit * bits.wordsPerSegment
      for i in 0..<graph.fanIn {
        x[unit * graph.fanIn + i] = row[i >> 6] >> UInt64(i & 63) & 1 == 1 ? 1 : -1
      }
    }
  }
}
