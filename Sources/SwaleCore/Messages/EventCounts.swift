import CSwaleKernels

/// How many of n independent events happen, with any one event left out: the distribution of votes in a committee and of
/// the field of a unit whose weights are independent.
///
/// The distributions of the first i events and the tails of the last n - i are kept, so that leaving one out is one sum:
/// O(n^2) operations and 2 (n + 1)(n + 2) doubles for all n.
final class EventCounts {
  let count: Int
  /// Probabilities of the events, for the caller to fill before `load`.
  let probabilities: Buffer<Double>
  private let before: Buffer<Double>
  private let above: Buffer<Double>

  /// - Parameter what: named when memory is short.
  init(_ count: Int, _ what: String) throws(Failure) {
    self.count = count
    probabilities = try Buffer(count)
    let size = try checkedProduct([count + 1, count + 2], what)
    before = try Buffer(size)
    above = try Buffer(size)
  }

  func load() { swk_count_tables(Int64(count), probabilities.constant, before.pointer, above.pointer) }

  /// P(at least `wanted` events).
  func tail(_ wanted: Int) -> Double {
    wanted <= 0 ? 1 : wanted > count ? 0 : above.pointer[wanted]
  }

  /// tails[i] = P(at least `wanted` of the events other than i).
  func tails(_ wanted: Int, _ tails: UnsafeMutablePointer<Double>) {
    swk_count_tails(Int64(count), before.constant, above.constant, Int64(wanted), tails)
  }
}
