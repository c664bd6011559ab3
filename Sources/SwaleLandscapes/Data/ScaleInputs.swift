import SwaleCore

/// Inputs factor * x + offset. Bytes stay bytes when there is no offset.
public struct ScaleInputs: DataTransform {
  public static let info = Info("scale", "Inputs factor * x + offset.")
  public static var options: [Option<Self>] {
    [
      option("factor", \.factor, in: -1e300...1e300, "Factor of every input."),
      option("offset", \.offset, in: -1e300...1e300, "Added to every input after multiplication."),
      option("precision", \.precision, choices: KeptPrecision.allCases.map(\.rawValue), KeptPrecision.text),
    ]
  }

  public var factor = 1.0
  public var offset = 0.0
  public var precision = "auto"
  public init() {}

  public func apply(_ data: Dataset, seed: UInt64) throws(Failure) -> Dataset {
    Dataset(
      name: data.name, count: data.count, shape: data.shape, inputs: try scaled(data), targets: data.targets,
      statistics: data.statistics)
  }

  private func scaled(_ data: Dataset) throws(Failure) -> SampleStorage {
    if case .u8(let bytes, let scale, let owner) = data.inputs, offset == 0, precision == "auto" {
      let new = scale * factor
      guard (255 * new).isFinite else { throw Failure(.nonfinite, "transform 'scale': bytes times \(new) overflow") }
      return .u8(bytes, scale: new, owner: owner)
    }
    let blocks = SampleBlocks(data)
    let shift = try Buffer<Double>(blocks.width, zeroed: false)
    Double.fill(blocks.width, offset, shift.pointer)
    let kept = (KeptPrecision(rawValue: precision) ?? .auto).resolved(for: data.inputs)
    let (factor, width) = (factor, blocks.width)
    return try blocks.mapped(kept, "transform 'scale'") { rows, x in
      Double.scale(rows * width, factor, x)
      Double.addBias(rows, width, shift.constant, x)
    }
  }
}
