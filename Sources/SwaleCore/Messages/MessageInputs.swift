/// The inputs of patterns as messages need them: signs as bits, or numbers with what their sizes say about each
/// pattern.
final class MessageInputs {
  /// The inputs of one hidden unit in one pattern.
  enum Unit {
    case signs(UnsafePointer<UInt64>)
    case numbers(UnsafePointer<Float>)
  }

  private let graph: PatternGraph
  /// nil where all inputs are signs.
  private let numbers: Numbers?

  /// Of every pattern of numbers.
  private struct Numbers {
    /// Least label * field of a perceptron that satisfies the constraint, or what stands for it (see `threshold`).
    let thresholds: Buffer<Double>
    /// Variance of the noise that stands for the spacing of the values of a field.
    let noise: Buffer<Double>
    /// Largest square of an input.
    let largest: Buffer<Double>
  }

  init(_ graph: PatternGraph, margin: Double) throws(Failure) {
    self.graph = graph
    guard case .real(let inputs) = graph.inputs else {
      numbers = nil
      return
    }
    let (p, width) = (graph.patterns, graph.inputWidth)
    let made = Numbers(
      thresholds: try Buffer(p), noise: try Buffer(p), largest: try Buffer(p))
    for a in 0..<p {
      let row = inputs.pointer + a * width
      var (whole, many, largest) = (true, 0, Float(0))
      for i in 0..<width {
        let size = abs(row[i])
        if size != 0, size != 1 { whole = false }
        if size != 0 { many += 1 }
        largest = max(largest, size)
      }
      made.largest.pointer[a] = Double(largest) * Double(largest)
      // Fields of signs and zeros are whole numbers of the parity of the number of signs: of spacing 2.
      made.noise.pointer[a] = whole && graph.unit == .sign ? Self.spacing : 0
      made.thresholds.pointer[a] =
        whole
        ? Double(PatternGraph.leastField(margin: margin, weights: graph.dimension, parity: many) - 1)
        : margin * Double(graph.dimension).squareRoot()
    }
    numbers = made
  }

  /// The field of a sign unit takes every other whole number. Uniform noise of +-1 fills the gaps and changes no
  /// constraint, so that it is field and noise together that are taken as normal (Sheppard's correction). Its
  /// variance also keeps messages bounded when hardly a weight is free any more; without it they jump about near a
  /// solution.
  private static let spacing = 1.0 / 3

  func unit(_ a: Int, _ k: Int) -> Unit {
    switch graph.inputs {
    case .signs(let bits): .signs(UnsafePointer(bits.words(a, graph.tree ? k : 0)))
    case .real(let inputs): .numbers(inputs.constant + a * graph.inputWidth + (graph.tree ? k * graph.fanIn : 0))
    }
  }

  func noise(_ a: Int) -> Double { numbers?.noise.pointer[a] ?? (graph.unit == .sign ? Self.spacing : 0) }
  /// Halfway between the least value of label * field that satisfies the constraint and the next lower one; nil: the
  /// same for all patterns.
  func threshold(_ a: Int) -> Double? { numbers?.thresholds.pointer[a] }
  func largestSquare(_ a: Int) -> Double { numbers?.largest.pointer[a] ?? 1 }
}
