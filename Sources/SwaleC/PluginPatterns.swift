import CSwale
import Swale

extension swale_patterns {
  /// The factor graph as plugins see it. It points into memory of the objective.
  init(_ graph: PatternGraph) {
    self.init()
    unit =
      switch graph.unit {
      case .sign: Int32(SWALE_UNIT_SIGN)
      case .relu: Int32(SWALE_UNIT_RELU)
      case .quadratic: Int32(SWALE_UNIT_QUADRATIC)
      }
    output = graph.output == .sum ? Int32(SWALE_OUTPUT_SUM) : Int32(SWALE_OUTPUT_PARITY)
    weights =
      switch graph.weights {
      case .binary: Int32(SWALE_WEIGHTS_BINARY)
      case .spherical: Int32(SWALE_WEIGHTS_SPHERICAL)
      case .real: Int32(SWALE_WEIGHTS_REAL)
      }
    tree = graph.tree ? 1 : 0
    patterns = Int64(graph.patterns)
    hidden = Int64(graph.hidden)
    fan_in = Int64(graph.fanIn)
    margin = graph.margin
    labels = graph.labels.constant
    switch graph.inputs {
    case .signs(let signs):
      bits = signs.storage.constant
      stride = Int64(signs.stride)
      segment_words = Int64(signs.wordsPerSegment)
    case .real(let rows): inputs = rows.constant
    }
  }
}
