/// The factor graph of a landscape over patterns: which weights meet in which constraint. What message passing and
/// the other solvers of binary and spherical devices work on, so that they know a landscape only through this record.
///
/// Device: with inputs xi of pattern mu and weights w (K units of n weights each, unit k at w[k n ..< (k + 1) n]),
///
///     h_k = sum_i w_ki xi_(k)i,   output = sum_k c_k phi(h_k / sqrt n) / sqrt K   (parity: product of signs)
///
/// where unit k of a tree sees its own segment of the inputs and of a full machine all of them. A perceptron is K = 1 with
/// a sign unit; its constraint is label h / sqrt N >= margin (h label > 0 at margin 0). N = n K, load alpha = P / N.
/// Source: Baldassi, Pittorino, Zecchina, PNAS 117 (2020) 161.
public struct PatternGraph: Sendable {
  public enum Unit: Sendable { case sign, relu, quadratic }
  public enum Output: Sendable {
    /// Sign of the sum of c_k phi(h_k).
    case sum
    /// Product of the signs of h_k.
    case parity
  }
  /// What the weights may be.
  public enum Weights: Sendable { case binary, spherical, real }
  public enum Inputs: Sendable {
    /// P rows; `segments` = K for a tree, else 1; `width` = n.
    case signs(SignBits)
    /// P x inputWidth, row-major, for inputs that are not all +1 and -1.
    case real(Buffer<Float>)
  }

  public let hidden: Int
  /// Weights of one hidden unit, n.
  public let fanIn: Int
  public let tree: Bool
  public let unit: Unit
  public let output: Output
  public let weights: Weights
  /// kappa of the constraint.
  public let margin: Double
  public let inputs: Inputs
  /// P labels +1 and -1.
  public let labels: Buffer<Float>

  public init(
    hidden: Int, fanIn: Int, tree: Bool, unit: Unit = .sign, output: Output = .sum, weights: Weights = .binary,
    margin: Double = 0, inputs: Inputs, labels: Buffer<Float>
  ) {
    self.hidden = hidden
    self.fanIn = fanIn
    self.tree = tree
    self.unit = unit
    self.output = output
    self.weights = weights
    self.margin = margin
    self.inputs = inputs
    self.labels = labels
  }

  public var patterns: Int { labels.count }
  public var dimension: Int { hidden * fanIn }
  public var inputWidth: Int { tree ? dimension : fanIn }
  public var load: Double { Double(patterns) / Double(dimension) }
  public var isPerceptron: Bool { hidden == 1 && unit == .sign }

  /// c_k: all +1 for sign units, else the first half +1 and the second half -1.
  public func outputSign(_ k: Int) -> Int { unit == .sign || k < hidden / 2 ? 1 : -1 }

  /// The bits, or a sentence that `who` needs inputs +1 and -1.
  public func signs(for who: String) throws(Failure) -> SignBits {
    guard case .signs(let bits) = inputs else {
      throw Failure(.unsupported, "\(who) needs inputs that are all +1 or -1, but the data has other numbers")
    }
    return bits
  }
}
