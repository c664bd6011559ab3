import SwaleCore

/// Draws solutions about uniformly by decimation: belief propagation converges, a few weights in random order are drawn
/// from their marginals and held, and so on until all are held. Uniform where the marginals are exact; a draw that
/// violates patterns is no solution and is for the caller to discard.
/// Source: Montanari, Ricci-Tersenghi, Semerjian, "Solving constraint satisfaction problems through belief
/// propagation-guided decimation" (2007).
struct Decimation<S: Scalar> {
  let messages: MessagePassing<S>
  let limits: MessageLimits
  let job: Job<S>

  /// A field that holds a weight: 1 - tanh is far below the other errors.
  private static var hold: Double { 20 }
  /// Weights drawn between two relaxations, as a fraction of all: their correlations are ignored.
  private static var atOnce: Double { 0.01 }

  /// Fills `w` with +1 and -1. False when belief propagation did not converge on the way, or the run was stopped.
  func draw(_ random: inout RandomStream, order: UInt64, into w: UnsafeMutablePointer<S>) throws(Failure) -> Bool {
    let n = messages.weights
    let sequence = try Buffer<Int64>(n)
    RandomStream.permutation(seed: job.seed, stream: order, n, into: sequence.pointer)
    for i in 0..<n { messages.setExternal(i, 0) }
    messages.forget()
    let group = max(1, Int(Self.atOnce * Double(n)))
    for first in stride(from: 0, to: n, by: group) {
      if !limits.settle(messages, job).valid { return false }
      for k in first..<min(n, first + group) {
        let i = Int(sequence.pointer[k])
        var coin = 0.0
        random.uniform(1, -1, 1, into: &coin)
        w[i] = coin < messages.magnetization(i) ? 1 : -1
        messages.setExternal(i, Self.hold * Double(w[i]))
      }
    }
    return true
  }
}
