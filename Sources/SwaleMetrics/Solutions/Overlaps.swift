import SwaleCore

/// Overlaps between solutions, before and after taking away the symmetry of the hidden units: two committees whose
/// units are the same in another order are one solution. Of a fully connected committee the units are matched by the
/// Hungarian algorithm (those with the same output weight c_k among themselves); quadratic units may change sign, units
/// of a parity machine in pairs. A tree has no exchanges, since its units see different inputs. The hidden units of a
/// network are matched layer by layer, as its parameter layout allows (`LayoutMatching`: exact for one hidden layer, a
/// local maximum for more); signs of its units stay.
///
/// The overlap is w.w' / N of the signs for binary weights, the cosine else. Where the Hamming fraction of binary
/// weights is wanted: d = (1 - overlap) / 2.
///
/// Report, k points: `overlap` (k x k), `aligned_overlap` (k x k, the largest over the symmetry); where there are
/// hidden units, `permutation` (k x k x K): entry (i, j, a) is the unit of point j that matches unit a of point i,
/// and of patterns `unit_signs` (k x k x K), the sign it takes. Of a network the K units of all groups follow each
/// other and are numbered within their group; `group_sizes` has the sizes.
public struct Overlaps: Component, Metric {
  public static let info = Info(
    "overlaps", "Overlaps between points before and after removing the permutation symmetry of hidden units.",
    reference: "Kuhn, Naval Research Logistics Quarterly 2 (1955) 83 (matching); Ainsworth, Hayase, Srinivasa, ICLR (2023) "
      + "(layer by layer)")
  public static var options: [Option<Self>] {
    [
      option("normalization", \.normalization, choices: ["auto", "signs", "cosine", "product"],
        "w.w'/N of the signs, w.w' / (|w| |w'|), or w.w'/N; auto: signs for binary weights, else cosine."),
      option("align", \.align, "Look for the matching of hidden units as well."),
    ]
  }
  public static let points = 2...Int.max

  public var normalization = "auto"
  public var align = true
  public init() {}

  public func measure<S: Scalar>(_ job: Job<S>, _ points: [UnsafePointer<S>]) throws(Failure) {
    let graph = job.objective.patterns
    let (n, k) = (job.dimension, points.count)
    let kind = normalization != "auto" ? normalization : graph?.weights == .binary ? "signs" : "cosine"
    let prepared = try prepared(points, n, kind)
    defer { withExtendedLifetime(prepared.owner) {} }
    let w = prepared.rows
    let squares = try Buffer<Double>(k)
    for i in 0..<k { squares.pointer[i] = kind == "cosine" ? S.sumSquares(n, w[i]) : Double(n) }
    let pairs = Pairs<S>(points: w, squares: squares)
    let plain = try pairs.matrix { (i, j) throws(Failure) in
      try Interruption.check(work: 2 * Double(n))
      return S.dot(n, w[i], w[j])
    }
    job.report.record("overlap", plain, shape: [k, k])
    guard align else { return }
    guard let graph else { return try alignLayers(job, LayoutSymmetry(job.objective.layout), pairs, plain) }
    try alignPairs(job, UnitSymmetry(graph), pairs, fanIn: graph.fanIn)
  }

  /// Points as they are multiplied: their signs, or for cosines of very long or short ones, in units of their largest
  /// elements.
  private func prepared<S: Scalar>(
    _ points: [UnsafePointer<S>], _ n: Int, _ kind: String
  ) throws(Failure) -> (owner: Buffer<S>?, rows: [UnsafePointer<S>]) {
    let usual = 1e-15...1e15
    let isUsual = kind != "cosine" || points.allSatisfy { usual.contains(S.maxAbs(n, $0)) }
    if kind != "signs", isUsual { return (nil, points) }
    let copies = try Buffer<S>(try checkedProduct([points.count, n], "copies of the points"), zeroed: false)
    for (i, x) in points.enumerated() {
      let row = copies.pointer + i * n
      if kind == "signs" {
        for j in 0..<n { row[j] = x[j] < 0 ? -1 : 1 }
      } else {
        let largest = S(max(S.maxAbs(n, x), Double.leastNonzeroMagnitude))
        for j in 0..<n { row[j] = largest > 0 ? x[j] / largest : 0 }
      }
    }
    return (copies, points.indices.map { copies.constant + $0 * n })
  }

  /// Matches the hidden units of every pair of networks.
  private func alignLayers<S: Scalar>(
    _ job: Job<S>, _ symmetry: LayoutSymmetry, _ pairs: Pairs<S>, _ plain: Buffer<Double>
  ) throws(Failure) {
    let (k, units) = (pairs.points.count, symmetry.units)
    guard units > 0 else { return job.report.record("aligned_overlap", plain, shape: [k, k]) }
    let permutation = try Buffer<Int64>(try checkedProduct([k, k, units], "the matchings of hidden units"))
    job.totalSteps = k * (k + 1) / 2
    let aligned = try pairs.matrix { (i, j) throws(Failure) in
      if job.stopping() { return .nan }
      let matching = try LayoutMatching(
        symmetry, pairs.points[i], pairs.points[j], dimension: job.dimension, stopping: job.stopping)
      var first = 0
      for order in matching.permutations {
        let (there, back) = ((i * k + j) * units + first, (j * k + i) * units + first)
        for a in 0..<order.count {
          permutation.pointer[there + a] = order.pointer[a]
          permutation.pointer[back + Int(order.pointer[a])] = Int64(a)
        }
        first += order.count
      }
      job.step += 1
      return matching.total
    }
    job.report.record("aligned_overlap", aligned, shape: [k, k])
    job.report.record("permutation", permutation, shape: [k, k, units])
    job.report.record("group_sizes", try Buffer(symmetry.groups.map { Int64($0.size) }))
  }

  /// Matches the units of every pair of points.
  private func alignPairs<S: Scalar>(
    _ job: Job<S>, _ symmetry: UnitSymmetry, _ pairs: Pairs<S>, fanIn: Int
  ) throws(Failure) {
    let (k, units) = (pairs.points.count, symmetry.hidden)
    let entries = try checkedProduct([k, k, units], "the matchings of hidden units")
    let permutation = try Buffer<Int64>(entries)
    let unitSigns = try Buffer<Int64>(entries)
    let products = try Buffer<Double>(try checkedProduct([units, units], "products of hidden units"), zeroed: false)
    job.totalSteps = k * (k + 1) / 2
    let aligned = try pairs.matrix { (i, j) throws(Failure) in
      if job.stopping() { return .nan }
      for a in 0..<units {
        try Interruption.check(work: 2 * Double(units) * Double(fanIn))
        for b in 0..<units {
          products.pointer[a * units + b] = S.dot(fanIn, pairs.points[i] + a * fanIn, pairs.points[j] + b * fanIn)
        }
      }
      let matching = try UnitMatching(symmetry, products: products.constant)
      for a in 0..<units {
        let (b, sign) = (matching.permutation.pointer[a], matching.signs.pointer[a])
        permutation.pointer[(i * k + j) * units + a] = b
        unitSigns.pointer[(i * k + j) * units + a] = sign
        permutation.pointer[(j * k + i) * units + Int(b)] = Int64(a)
        unitSigns.pointer[(j * k + i) * units + Int(b)] = sign
      }
      job.step += 1
      return matching.total
    }
    job.report.record("aligned_overlap", aligned, shape: [k, k])
    job.report.record("permutation", permutation, shape: [k, k, units])
    job.report.record("unit_signs", unitSigns, shape: [k, k, units])
  }
}

/// Symmetric matrices over pairs of points: products divided by the lengths on both sides. Pairs that a stopped run did
/// not reach are NaN.
private struct Pairs<S: Scalar> {
  let points: [UnsafePointer<S>]
  let squares: Buffer<Double>

  func matrix(_ product: (Int, Int) throws(Failure) -> Double) throws(Failure) -> Buffer<Double> {
    let k = points.count
    let matrix = try Buffer<Double>(try checkedProduct([k, k], "the matrix of overlaps"), zeroed: false)
    Double.fill(k * k, .nan, matrix.pointer)
    for i in 0..<k {
      for j in 0...i {
        guard let found = try Interruption.attempt({ () throws(Failure) in try product(i, j) }) else { return matrix }
        let lengths = (squares.pointer[i] * squares.pointer[j]).squareRoot()
        let value = lengths == 0 ? .nan : found / lengths
        matrix.pointer[i * k + j] = value
        matrix.pointer[j * k + i] = value
      }
    }
    return matrix
  }
}
