/// Index of the first NaN or infinity, if any.
public func firstNonfinite(_ x: UnsafePointer<Double>, _ n: Int) -> Int? {
  let index = Double.firstNonfinite(n, x)
  return index < 0 ? nil : index
}

/// Converts the numbers of a caller to the objective's precision.
/// - Parameter place: what element number i is called: "element 3 of the point".
/// - Throws: `.nonfinite` naming the first number that is NaN or infinite, as given or in that precision.
func convert<S: Scalar>(
  _ n: Int, _ from: UnsafePointer<Double>, _ to: UnsafeMutablePointer<S>, _ place: (Int) -> String
) throws(Failure) {
  if let bad = firstNonfinite(from, n) { throw Failure(.nonfinite, "\(place(bad)) is \(from[bad])") }
  S.fromDouble(n, from, to)
  if S.precision == .f64 { return }
  let bad = S.firstNonfinite(n, UnsafePointer(to))
  if bad >= 0 {
    throw Failure(
      .nonfinite, "\(place(bad)) is \(from[bad]), which is infinite in \(S.precision.text), the precision of the "
        + "objective")
  }
}
