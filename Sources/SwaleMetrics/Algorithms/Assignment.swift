import SwaleCore

/// The Hungarian algorithm: a one-to-one assignment of n rows to n columns with the least total cost, in O(n^3) by
/// shortest augmenting paths with potentials u and v that keep every reduced cost c_ij - u_i - v_j at or above 0.
/// Source: Kuhn, Naval Research Logistics Quarterly 2 (1955) 83; Edmonds, Karp, J. ACM 19 (1972) 248.
struct Assignment {
  /// Column of every row.
  let columns: Buffer<Int64>

  /// - Parameter cost: n x n finite numbers, row-major.
  init(_ n: Int, cost: UnsafePointer<Double>) throws(Failure) {
    columns = try Buffer(n)
    // Index n stands for the column that the path starts from.
    let u = try Buffer<Double>(n)
    let v = try Buffer<Double>(n + 1)
    let rowOf = try Buffer<Int64>(n + 1)
    let previous = try Buffer<Int64>(n + 1)
    let distance = try Buffer<Double>(n + 1)
    let visited = try Buffer<Bool>(n + 1)
    for j in 0...n { rowOf.pointer[j] = -1 }
    for row in 0..<n {
      rowOf.pointer[n] = Int64(row)
      for j in 0...n {
        distance.pointer[j] = .infinity
        visited.pointer[j] = false
      }
      // Dijkstra over columns until a free one is reached.
      var column = n
      while rowOf.pointer[column] >= 0 {
        try Interruption.check(work: 4 * Double(n))
        visited.pointer[column] = true
        let i = Int(rowOf.pointer[column])
        var (least, next) = (Double.infinity, n)
        for j in 0..<n where !visited.pointer[j] {
          let reduced = cost[i * n + j] - u.pointer[i] - v.pointer[j]
          if reduced < distance.pointer[j] {
            distance.pointer[j] = reduced
            previous.pointer[j] = Int64(column)
          }
          if distance.pointer[j] < least { (least, next) = (distance.pointer[j], j) }
        }
        guard next < n else { throw Failure(.nonfinite, "an assignment has costs that are not finite") }
        for j in 0...n {
          if visited.pointer[j] {
            u.pointer[Int(rowOf.pointer[j])] += least
            v.pointer[j] -= least
          } else {
            distance.pointer[j] -= least
          }
        }
        column = next
      }
      // Shift the rows along the path.
      while column != n {
        let before = Int(previous.pointer[column])
        rowOf.pointer[column] = rowOf.pointer[before]
        column = before
      }
    }
    for j in 0..<n { columns.pointer[Int(rowOf.pointer[j])] = Int64(j) }
  }
}
