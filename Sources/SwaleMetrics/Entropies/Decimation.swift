import SwaleCore

/// Draws solutions about uniformly. Belief propagation converges, a few weights in random order are drawn from their
/// marginals and held, and so on; among the configurations of the last weights, where the normal approximation of a
/// field fails, one without errors is drawn exactly, by enumeration. Uniform as far as the marginals are right. Source:
/// Montanari, Ricci-Tersenghi, Semerjian, "Solving constraint satisfaction problems through belief propagation-guided
/// decimation" (2007).
///
/// Typical solutions are isolated, so that near the end only few configurations of the free weights are left, and the
/// draws of the last tens of weights often lead to none. They alone are drawn again then, which is sampling by
/// rejection: the weights held before keep their law.
struct Decimation<S: Scalar> {
  let messages: MessagePassing<S>
  let limits: MessageLimits
  let job: Job<S>
  let who: String

  /// A field that holds a weight: 1 - tanh is far below the other errors.
  private static var hold: Double { 20 }
  /// Weights drawn between two relaxations, as a fraction of the free ones: their correlations are ignored.
  private static var atOnce: Double { 0.02 }
  /// Weights that are left to the enumeration: some ten milliseconds.
  private static var enumerated: Int { 20 }
  /// Times that the last weights are drawn again.
  private static var retries: Int { 30 }
  /// How many weights are released for that, in units of those that were free when a contradiction showed: more and
  /// more, as one may have been made long before.
  private static func released(_ retry: Int) -> Double { 1.5 + 0.1 * Double(retry) }

  /// Marginals to a thousandth do for a draw. Messages settle in 3 to 20 sweeps (N = 301, alpha = 0.4); those that take
  /// many more have met a contradiction.
  private var relaxation: MessageLimits {
    var relaxation = limits
    relaxation.tolerance = max(limits.tolerance, 1e-3)
    relaxation.maxSweeps = min(limits.maxSweeps, 50)
    return relaxation
  }

  /// Fills `w` with +1 and -1. False when no solution was found, or the run was stopped.
  func draw(_ random: inout RandomStream, order: UInt64, into w: UnsafeMutablePointer<S>) throws(Failure) -> Bool {
    let n = messages.weights
    let sequence = try Buffer<Int64>(n)
    RandomStream.permutation(seed: job.seed, stream: order, n, into: sequence.pointer)
    let drawn = max(0, n - Self.enumerated)
    var held = 0
    for retry in 0...Self.retries {
      for k in held..<n { messages.setExternal(Int(sequence.pointer[k]), 0) }
      messages.forget()
      let reached = hold(&random, sequence.constant, from: held, to: drawn, w)
      if job.stopping() { return false }
      if reached == drawn, try complete(&random, (drawn..<n).map { Int(sequence.pointer[$0]) }, w) { return true }
      // Messages that do not settle on all solutions will not do it again either.
      if reached == 0 { return false }
      held = max(0, n - Int(saturating: Self.released(retry) * Double(n - reached)))
    }
    return false
  }

  /// Draws and holds the weights `first` ..< `last` of the sequence. Returns the first that was not drawn, because the
  /// messages did not settle, or `last`.
  private func hold(
    _ random: inout RandomStream, _ sequence: UnsafePointer<Int64>, from first: Int, to last: Int,
    _ w: UnsafeMutablePointer<S>
  ) -> Int {
    let n = messages.weights
    var next = first
    while next < last {
      if !relaxation.settle(messages, job).valid { return next }
      let end = min(last, next + max(1, Int(saturating: Self.atOnce * Double(n - next))))
      for k in next..<end {
        let i = Int(sequence[k])
        var coin = 0.0
        random.uniform(1, -1, 1, into: &coin)
        w[i] = coin < messages.magnetization(i) ? 1 : -1
        messages.setExternal(i, Self.hold * Double(w[i]))
      }
      next = end
    }
    return last
  }

  /// Draws the weights `free`, of which there are at most `enumerated`, uniformly from the solutions.
  private func complete(
    _ random: inout RandomStream, _ free: [Int], _ w: UnsafeMutablePointer<S>
  ) throws(Failure) -> Bool {
    let device = try EnumeratedDevice(messages.graph, free: free, value: { w[$0] < 0 ? -1 : 1 }, for: who)
    guard let counts = try device.count(reference: 0, stopping: { _ in job.stopping() }) else { return false }
    let count = Int(counts.histogram.pointer[0])
    if count == 0 { return false }
    let code = try device.solution(random.below(count), of: counts)
    for (j, i) in free.enumerated() { w[i] = code >> UInt32(j) & 1 == 1 ? 1 : -1 }
    return true
  }
}
