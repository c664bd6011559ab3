import SwaleCore

/// Hidden units of a network that can be reordered without changing its outputs, as its parameter layout declares them:
/// the tensors of a permutation group have its units along axis 0 (weights that make them, biases, scales) or along
/// axis 1 (weights that read them). Groups with tensors of another form, or without a reader, are left alone.
struct LayoutSymmetry {
  struct Group {
    let size: Int
    let writers: [Tensor]
    let readers: [Tensor]
  }
  let tensors: [Tensor]
  private(set) var groups: [Group] = []
  /// Position in `groups` of the group of every tensor's axis 0 and axis 1.
  private(set) var rowGroup: [Int?]
  private(set) var columnGroup: [Int?]

  init(_ layout: ParameterLayout) {
    tensors = layout.tensors
    rowGroup = tensors.map { _ in nil }
    columnGroup = rowGroup
    for number in Set(tensors.compactMap(\.outputGroup)).sorted() {
      let writers = tensors.filter { $0.outputGroup == number }
      let readers = tensors.filter { $0.inputGroup == number }
      guard let size = writers.first?.shape.first, !readers.isEmpty else { continue }
      let plain =
        writers.allSatisfy { $0.shape.count <= 2 && $0.shape[0] == size && ($0.filterAxis ?? 0) == 0 }
        && readers.allSatisfy { $0.shape.count == 2 && $0.shape[1] == size && $0.filterAxis == 0 }
      guard plain else { continue }
      for (t, tensor) in tensors.enumerated() {
        if tensor.outputGroup == number { rowGroup[t] = groups.count }
        if tensor.inputGroup == number { columnGroup[t] = groups.count }
      }
      groups.append(Group(size: size, writers: writers, readers: readers))
    }
  }

  var units: Int { groups.reduce(0) { $0 + $1.size } }
}

/// The order of the hidden units that brings one network nearest to another: the largest a . P b over the permutations P
/// of all groups, by coordinate ascent. With all other groups fixed, the best order of one group is an assignment of its
/// units; the groups take turns until none improves. Exact for one group, a local maximum for several.
/// Source: Ainsworth, Hayase, Srinivasa, "Git Re-Basin", ICLR (2023), weight matching.
struct LayoutMatching<S: Scalar> {
  /// For each group the unit of b for every unit of a.
  private(set) var permutations: [Buffer<Int64>] = []
  /// a . P b.
  private(set) var total = 0.0
  private let symmetry: LayoutSymmetry
  private let a: UnsafePointer<S>
  private let b: UnsafePointer<S>
  private let moved: Buffer<S>
  private let n: Int

  /// - Parameter stopping: ends the search early; the best order so far stays.
  init(
    _ symmetry: LayoutSymmetry, _ a: UnsafePointer<S>, _ b: UnsafePointer<S>, dimension n: Int, stopping: () -> Bool
  ) throws(Failure) {
    self.symmetry = symmetry
    (self.a, self.b, self.n) = (a, b, n)
    moved = try Buffer(n, zeroed: false)
    for group in symmetry.groups { permutations.append(try Buffer((0..<group.size).map(Int64.init))) }
    total = S.dot(n, a, b)
    var improved = true
    while improved {
      improved = false
      for g in symmetry.groups.indices {
        if stopping() { return }
        improved = try improve(g) || improved
      }
    }
  }

  /// The best order of one group; true when it is better than the present one.
  private mutating func improve(_ g: Int) throws(Failure) -> Bool {
    let size = symmetry.groups[g].size
    let cost = try Buffer<Double>(try checkedProduct([size, size], "the matching of hidden units"))
    for (t, tensor) in symmetry.tensors.enumerated() {
      if symmetry.rowGroup[t] == g { try addRows(tensor, t, cost) }
      if symmetry.columnGroup[t] == g { try addColumns(tensor, t, cost) }
    }
    let old = permutations[g]
    permutations[g] = try Assignment(size, cost: cost.constant).columns
    for (t, tensor) in symmetry.tensors.enumerated() { move(tensor, t, rows: true, columns: true) }
    let found = S.dot(n, a, moved.constant)
    // A group that feeds itself is not linear in its order; and equals must not take turns for ever.
    if found > total + 1e-12 * abs(total) {
      total = found
      return true
    }
    permutations[g] = old
    return false
  }

  private static func extent(_ tensor: Tensor) -> (rows: Int, columns: Int) {
    (tensor.shape[0], tensor.count / max(tensor.shape[0], 1))
  }

  /// A tensor of b in the present order, of its rows, columns or both, into `moved`.
  private func move(_ tensor: Tensor, _ t: Int, rows: Bool, columns: Bool) {
    let (height, width) = Self.extent(tensor)
    let rowOrder = rows ? symmetry.rowGroup[t].map { permutations[$0].constant } : nil
    let columnOrder = columns ? symmetry.columnGroup[t].map { permutations[$0].constant } : nil
    for r in 0..<height {
      let from = b + tensor.offset + (rowOrder.map { Int($0[r]) } ?? r) * width
      let to = moved.pointer + tensor.offset + r * width
      guard let columnOrder else {
        to.update(from: from, count: width)
        continue
      }
      for c in 0..<width { to[c] = from[Int(columnOrder[c])] }
    }
  }

  /// cost(u, v) -= row u of a . row v of b.
  private func addRows(_ tensor: Tensor, _ t: Int, _ cost: Buffer<Double>) throws(Failure) {
    let (height, width) = Self.extent(tensor)
    move(tensor, t, rows: false, columns: true)
    let (left, right) = (a + tensor.offset, moved.constant + tensor.offset)
    for u in 0..<height {
      try Interruption.check(work: 2 * Double(tensor.count))
      for v in 0..<height { cost.pointer[u * height + v] -= S.dot(width, left + u * width, right + v * width) }
    }
  }

  /// cost(u, v) -= column u of a . column v of b.
  private func addColumns(_ tensor: Tensor, _ t: Int, _ cost: Buffer<Double>) throws(Failure) {
    let (height, width) = Self.extent(tensor)
    move(tensor, t, rows: true, columns: false)
    let columns = try Buffer<S>(try checkedProduct([2, tensor.count], "columns of the matching"), zeroed: false)
    let (left, right) = (columns.pointer, columns.pointer + tensor.count)
    for r in 0..<height {
      for c in 0..<width {
        left[c * height + r] = a[tensor.offset + r * width + c]
        right[c * height + r] = moved.pointer[tensor.offset + r * width + c]
      }
    }
    for u in 0..<width {
      try Interruption.check(work: 2 * Double(tensor.count))
      for v in 0..<width { cost.pointer[u * width + v] -= S.dot(height, left + u * height, right + v * height) }
    }
  }
}
