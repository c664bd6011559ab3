import Glibc
import SwaleCore

/// How much of a spectrum lies below -tolerance, within it around 0, and above it, from spectral quadrature, with
/// bounds.
///
/// The sign of a node near zero says nothing: a rule of few nodes puts the mass of all small eigenvalues on one of
/// them. What its moments do say are bounds on the mass beyond a point (`SpectralRule.massBelow`), which are tight in
/// gaps of the spectrum and as wide as the weights of the nodes where it is dense. Their means over the probes, and the
/// spread of the probes, bound the masses of the operator.
///
/// The tolerance is the caller's, or read from the spectrum: the smallest one, not below the precision of the products,
/// at which bounds are narrow; then any larger one at which they are narrower still and that moves no mass to zero.
/// Where none is, the one at which they are narrowest.
struct SpectralSigns {
  /// A mass, its error (sampling and half of the width of the bounds), and bounds on it.
  struct Mass {
    let value: Double
    let error: Double
    let low: Double
    let high: Double
  }

  /// Largest tolerance read from the spectrum, of the largest magnitude: beyond it "zero" would be a figure of speech.
  private static let coarsest = 0.05
  /// Ratio of neighbouring tolerances that are tried.
  private static let ratio = 1.2

  /// Steps below which a space that has not closed says nothing: the tolerance is read from the same few nodes as the
  /// counts, and a network of one outlier looks as if it were resolved.
  private static let fewest = 10

  private let dimension: Int
  private let given: Double
  private let relativePrecision: Double
  /// Eigenvalues within it count as zero; NaN before the first group.
  private(set) var tolerance = Double.nan
  /// What products can tell from zero.
  private(set) var precision = 0.0
  private var sides: [(low: SampleMean, high: SampleMean, middle: SampleMean)]
  private var zero = SampleMean()
  /// Of the rules of spaces that have not closed.
  private var openSteps = Int.max

  /// - Parameters:
  ///   - given: the caller's tolerance; 0 to read it from the spectrum.
  ///   - relativePrecision: error of products of the operator, of its norm.
  init(dimension: Int, given: Double, relativePrecision: Double) {
    self.dimension = dimension
    self.given = given
    self.relativePrecision = relativePrecision
    sides = [(SampleMean(), SampleMean(), SampleMean()), (SampleMean(), SampleMean(), SampleMean())]
  }

  /// A group of probes; the first one decides the tolerance.
  /// - Parameter unit: of the rules, in those of the caller's tolerance.
  mutating func add(_ rules: [SpectralRule], _ quality: ProductQuality, unit: Double) throws(Failure) {
    if tolerance.isNaN { try choose(rules, quality, unit) }
    for rule in rules {
      if !rule.isComplete { openSteps = min(openSteps, rule.steps) }
      let below = try rule.massBelow(-tolerance)
      let through = try rule.massBelow(tolerance.nextUp)
      let above = (low: 1 - through.high, high: 1 - through.low)
      var inside = 1.0
      for (i, mass) in [below, above].enumerated() {
        let middle = (mass.low + mass.high) / 2
        sides[i].low.add(mass.low)
        sides[i].high.add(mass.high)
        sides[i].middle.add(middle)
        inside -= middle
      }
      zero.add(inside)
    }
  }

  static var toleranceSentence: String {
    "Eigenvalues within this of 0 count as zero; 0: what the products and the quadrature resolve."
  }

  /// Records the three masses, as multiples of `masses`, with their errors and bounds.
  func record(
    unit: Double, masses: Double, prefix: String, _ report: Report
  ) throws(Failure) {
    for (name, mass) in [("negative", negative), ("zero", zeroMass), ("positive", positive)] {
      try report.record(prefix + name, masses * mass.value)
      try report.record(prefix + name + "_error", masses * mass.error)
      try report.record(prefix + name + "_low", masses * mass.low)
      try report.record(prefix + name + "_high", masses * mass.high)
    }
    try report.record("zero_tolerance", unit * tolerance)
  }

  private var probes: Int { zero.count }

  var negative: Mass { mass(sides[0]) }
  var positive: Mass { mass(sides[1]) }
  var zeroMass: Mass {
    let (below, above, middle) = (negative, positive, zero.estimate)
    return Mass(
      value: max(0, middle.value), error: middle.standardError + halfWidth(sides[0]) + halfWidth(sides[1]),
      low: max(0, 1 - below.high - above.high), high: min(1, 1 - below.low - above.low))
  }

  private func halfWidth(_ side: (low: SampleMean, high: SampleMean, middle: SampleMean)) -> Double {
    max(0, side.high.estimate.value - side.low.estimate.value) / 2
  }

  private func mass(_ side: (low: SampleMean, high: SampleMean, middle: SampleMean)) -> Mass {
    let middle = side.middle.estimate
    return Mass(
      value: middle.value, error: middle.standardError + halfWidth(side),
      low: sampling(side.low.estimate.value, -1), high: sampling(side.high.estimate.value, 1))
  }

  /// The mass mu at the end of an interval of three standard deviations around the mean of the samples: each sample
  /// z' P z / n of a mass mu = tr P / n has a variance of at most 2 mu (1 - mu) / n, whatever the eigenvectors are, for
  /// random signs and normal numbers. Solved for mu as Wilson (1927) does for counts.
  private func sampling(_ mean: Double, _ sign: Double) -> Double {
    let c = 2 * 9 / (Double(dimension) * Double(max(probes, 1)))
    let spread = (c * mean * (1 - mean) + c * c / 4).squareRoot()
    return max(0, min(1, (mean + c / 2 + sign * spread) / (1 + c)))
  }

  /// nil where the counts can be relied on to within their errors, else a sentence.
  func defect(unit: Double) -> String? {
    if probes < 2 { return "one probe has no standard error" }
    if given > 0, tolerance < precision {
      return "zero_tolerance is \(given), below the \(unit * precision) that the products resolve"
    }
    let n = Double(dimension)
    func rounded(_ count: Double) -> Double { (10 * count).rounded() / 10 }
    for (word, mass, side) in [("negative", negative, sides[0]), ("positive", positive, sides[1])]
    where !isNarrow(halfWidth(side), mass.value, probes) {
      return "the steps do not tell the eigenvalues near zero apart: with \(unit * tolerance) as zero the number of "
        + "\(word) ones is between \(rounded(n * mass.low)) and \(rounded(n * mass.high))"
    }
    if openSteps < Self.fewest { return "\(openSteps) steps say too little of the spectrum, needed \(Self.fewest)" }
    return nil
  }

  /// Half of the width of the bounds is below one half of an eigenvalue, one standard deviation of the sampling, or a
  /// twentieth of the count.
  private func isNarrow(_ halfWidth: Double, _ mass: Double, _ probes: Int) -> Bool {
    let n = Double(dimension)
    let sampling = (2 * mass * max(0, 1 - mass) / (n * Double(probes))).squareRoot()
    return halfWidth <= max(0.5 / n, sampling, 0.05 * mass)
  }

  // MARK: The tolerance

  private mutating func choose(
    _ rules: [SpectralRule], _ quality: ProductQuality, _ unit: Double
  ) throws(Failure) {
    var nodes: [(node: Double, weight: Double)] = []
    for rule in rules {
      let (values, first) = try TridiagonalEigen.component(
        first: true, rule.steps, rule.alpha.constant, rule.beta.constant)
      for k in 0..<rule.steps {
        nodes.append((values.pointer[k], first.pointer[k] * first.pointer[k] / Double(rules.count)))
      }
    }
    let radius = nodes.reduce(0) { max($0, abs($1.node)) }
    let part = quality.asymmetry.part.isNaN ? 0 : quality.asymmetry.part
    // A random matrix of norm |E|_F has eigenvalues up to 2 |E|_F / sqrt(n), and sqrt(2) of it is in its other part.
    precision = max(
      relativePrecision * radius, 10 * quality.noise, 4 * part / Double(dimension).squareRoot())
    if given > 0 {
      tolerance = given / unit
      return
    }
    let limit = max(precision, Self.coarsest * radius)
    tolerance = precision
    guard precision > 0 else { return }
    /// Mean half widths of the bounds on both sides.
    func widths(_ t: Double) -> (below: Double, above: Double) {
      var sum = (0.0, 0.0)
      for rule in rules {
        sum.0 += rule.largestMass(at: -t) / 2
        sum.1 += rule.largestMass(at: t) / 2
      }
      return (sum.0 / Double(rules.count), sum.1 / Double(rules.count))
    }
    func mass(_ inside: (Double) -> Bool) -> Double { nodes.reduce(0) { inside($1.node) ? $0 + $1.weight : $0 } }
    var best: (t: Double, width: Double)?
    var narrowest = (t: precision, width: Double.infinity)
    var start = 0.0
    var t = precision
    while true {
      let width = widths(t)
      let total = width.below + width.above
      if total < narrowest.width { narrowest = (t, total) }
      if let found = best {
        if total < found.width, mass({ abs($0) > start && abs($0) <= t }) <= total { best = (t, total) }
      } else if isNarrow(width.below, mass { $0 < -t }, rules.count),
        isNarrow(width.above, mass { $0 > t }, rules.count) {
        best = (t, total)
        start = t
      }
      if t >= limit { break }
      t = min(limit, t * Self.ratio)
    }
    tolerance = (best ?? narrowest).t
  }
}
