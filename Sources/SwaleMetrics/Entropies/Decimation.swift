import SwaleCore

/// Draws solutions about uniformly. Belief propagation converges, a few weights in random order are drawn from their
/// marginals and held, and so on; among the configurations of the last weights, where the normal approximation of a
/// field fails, one without errors is drawn exactly, by enumeration. Uniform as far as the marginals are right. Source:
/// Montanari, Ricci-Tersenghi, Semerjian, "Solving constraint satisfaction problems through belief propagation-guided
/// decimation" (2007).
struct Decimation<S: Scalar> {
  let messages: MessagePassing<S>
  let limits: MessageLimits
  let job: Job<S>
  let who: String

  /// A field that holds a weight: 1 - tanh is far below the other errors.
  private static var hold: Double { 20 }
  /// Weights drawn between two relaxations, as a fraction of the free ones: their correlations are ignored.
  private static var atOnce: Double { 0.02 }
  /// Weights that are left to the enumeration: a few tenths of a second.
  private static var enumerated: Int { 22 }

  /// Fills `w` with +1 and -1. False when belief propagation did not converge on the way, the weights drawn have no
  /// completion, or the run was stopped.
  func draw(_ random: inout RandomStream, order: UInt64, into w: UnsafeMutablePointer<S>) throws(Failure) -> Bool {
    let n = messages.weights
    let sequence = try Buffer<Int64>(n)
    RandomStream.permutation(seed: job.seed, stream: order, n, into: sequence.pointer)
    for i in 0..<n { messages.setExternal(i, 0) }
    messages.forget()
    let drawn = max(0, n - Self.enumerated)
    var next = 0
    while next < drawn {
      if !limits.settle(messages, job).valid { return false }
      let first = next
      next = min(drawn, first + max(1, Int(Self.atOnce * Double(n - first))))
      for k in first..<next {
        let i = Int(sequence.pointer[k])
        var coin = 0.0
        random.uniform(1, -1, 1, into: &coin)
        w[i] = coin < messages.magnetization(i) ? 1 : -1
        messages.setExternal(i, Self.hold * Double(w[i]))
      }
    }
    return try complete(&random, (drawn..<n).map { Int(sequence.pointer[$0]) }, w)
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
