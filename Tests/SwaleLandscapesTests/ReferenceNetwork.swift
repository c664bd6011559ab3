import Glibc
import Swale

/// A chain of dense layers and its losses, one sample and one number at a time: the independent truth for the
/// network objective.
struct ReferenceNetwork {
  let widths: [Int]
  let activations: [String]
  let loss: String
  var gamma = 1.0

  var dimension: Int { (1..<widths.count).reduce(0) { $0 + widths[$1] * (widths[$1 - 1] + 1) } }

  func outputs(_ x: [HyperDual], _ input: [Double]) -> [HyperDual] {
    var values = input.map { HyperDual($0) }
    var offset = 0
    for layer in 1..<widths.count {
      let (inputs, units) = (widths[layer - 1], widths[layer])
      values = (0..<units).map { j in
        var sum = x[offset + units * inputs + j]
        for i in 0..<inputs { sum = sum + x[offset + j * inputs + i] * values[i] }
        return referenceActivation(activations[layer - 1], sum)
      }
      offset += units * (inputs + 1)
    }
    return values
  }

  func sampleLoss(_ z: [HyperDual], label: Int, real: [Double]) -> HyperDual {
    switch loss {
    case "cross_entropy" where z.count == 1:
      let margin = (-2 * gamma * real[0]) * z[0]
      return (1 / (2 * gamma)) * (HyperDual(1) + margin.exponential).logarithm
    case "cross_entropy":
      var sum = HyperDual(0)
      for value in z { sum = sum + (gamma * value).exponential }
      return (1 / gamma) * sum.logarithm - z[label]
    case "logistic": return (HyperDual(1) + (-real[0] * z[0]).exponential).logarithm
    case "hinge": return 1 - real[0] * z[0].a > 0 ? HyperDual(1) - real[0] * z[0] : HyperDual(0)
    default:
      var sum = HyperDual(0)
      for (k, value) in z.enumerated() {
        let difference = value - HyperDual(real.isEmpty ? (k == label ? 1 : 0) : real[k])
        sum = sum + 0.5 * (difference * difference)
      }
      return sum
    }
  }

  /// Mean loss at x + e1 u + e2 v.
  func mean(
    _ x: [Double], _ u: [Double]?, _ v: [Double]?, _ inputs: [[Double]], _ labels: [Int], _ real: [[Double]]
  ) -> HyperDual {
    let point = x.indices.map { HyperDual(x[$0], u?[$0] ?? 0, v?[$0] ?? 0) }
    var sum = HyperDual(0)
    for n in inputs.indices {
      sum = sum + sampleLoss(outputs(point, inputs[n]), label: labels[n], real: real.isEmpty ? [] : real[n])
    }
    return (1 / Double(inputs.count)) * sum
  }
}

/// Small deterministic numbers without a random generator.
func wave(_ i: Int, _ phase: Double = 0) -> Double { sin(1.0 + 2.3 * Double(i) + 0.17 * Double(i % 7) * Double(i % 11) + phase) }
