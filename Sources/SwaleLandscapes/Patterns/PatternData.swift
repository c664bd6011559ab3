import CSwaleKernels
import SwaleCore

/// Inputs and labels of a dataset as a device over patterns takes them.
struct PatternData {
  let inputs: PatternGraph.Inputs
  let labels: Buffer<Float>

  /// - Parameter segments: parts of the inputs that units see, K for a tree, else 1.
  /// - Throws: for labels that do not fit, with sample and value.
  init(_ data: Dataset, segments: Int, of owner: String) throws(Failure) {
    labels = try Self.labels(data, owner)
    switch data.inputs {
    case .signs(let bits, let firstRow): inputs = .signs(try Self.arranged(bits, firstRow, data.count, segments))
    case .f32: inputs = try Self.inputs(data, segments, Float.self)
    default: inputs = try Self.inputs(data, segments, Double.self)
    }
  }

  private static func labels(_ data: Dataset, _ owner: String) throws(Failure) -> Buffer<Float> {
    guard case .real(let storage, width: 1) = data.targets else {
      throw Failure(
        .shape, "\(owner) needs targets +1 and -1, one per sample; \(signsMissing(data))")
    }
    let labels = try Buffer<Float>(data.count, zeroed: false)
    storage.read(0, data.count, into: labels.pointer)
    let other = Float.firstOther(data.count, labels.constant)
    guard other < 0 else {
      throw Failure(
        .argument, "\(owner) needs targets +1 and -1; target of sample \(other) is \(labels.pointer[other])")
    }
    return labels
  }

  /// The dataset's own bits where the rows fit, else a copy in segments.
  private static func arranged(
    _ bits: SignBits, _ firstRow: Int, _ count: Int, _ segments: Int
  ) throws(Failure) -> SignBits {
    if segments == 1, firstRow == 0, bits.rows == count { return bits }
    let copy = try SignBits(rows: count, segments: segments, width: bits.width / segments)
    for row in 0..<count {
      try Interruption.check(work: Double(bits.width) / 8)
      for segment in 0..<segments {
        swk_copy_bits(
          Int64(segment * copy.width), Int64(copy.width), bits.words(firstRow + row), copy.words(row, segment))
      }
    }
    return copy
  }

  /// Bits when all inputs are +1 and -1, else numbers.
  private static func inputs<S: Scalar>(
    _ data: Dataset, _ segments: Int, _ type: S.Type
  ) throws(Failure) -> PatternGraph.Inputs {
    let width = data.width
    let bits = try SignBits(rows: data.count, segments: segments, width: width / segments)
    let row = try Buffer<S>(width, zeroed: false)
    for sample in 0..<data.count {
      try Interruption.check(work: 2 * Double(width))
      data.inputs.read(sample * width, width, into: row.pointer)
      if S.firstOther(width, row.constant) >= 0 { return .real(try numbers(data)) }
      for segment in 0..<segments {
        S.packSigns(bits.width, row.constant + segment * bits.width, bits.words(sample, segment))
      }
    }
    return .signs(bits)
  }

  /// The inputs as f32: the dataset's own memory where it is a buffer of that type.
  private static func numbers(_ data: Dataset) throws(Failure) -> Buffer<Float> {
    let count = data.count * data.width
    if case .f32(let pointer, let owner) = data.inputs, let buffer = owner as? Buffer<Float>, buffer.count == count,
      buffer.constant == pointer
    {
      return buffer
    }
    let copy = try Buffer<Float>(count, zeroed: false)
    data.inputs.read(0, count, into: copy.pointer)
    return copy
  }
}
