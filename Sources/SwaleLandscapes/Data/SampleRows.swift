import SwaleCore

extension SampleStorage {
  /// The rows `index` of rows x width, in the same element type.
  func gathered(_ index: Buffer<Int64>, width: Int) throws(Failure) -> SampleStorage {
    let count = try checkedProduct([index.count, width], "the selection")
    switch self {
    case .f32(let data, _):
      let out = try Buffer<Float>(count, zeroed: false)
      try Self.gather(index, width, data, out)
      return SampleStorage(out)
    case .f64(let data, _):
      let out = try Buffer<Double>(count, zeroed: false)
      try Self.gather(index, width, data, out)
      return SampleStorage(out)
    case .u8(let data, let scale, _):
      let out = try Buffer<UInt8>(count, zeroed: false)
      for row in 0..<index.count {
        (out.pointer + row * width).update(from: data + Int(index.pointer[row]) * width, count: width)
      }
      return SampleStorage(out, scale: scale)
    case .signs(let bits, let firstRow):
      let out = try SignBits(rows: index.count, width: width)
      for row in 0..<index.count {
        out.words(row).update(from: bits.words(firstRow + Int(index.pointer[row])), count: bits.stride)
      }
      return .signs(out, firstRow: 0)
    }
  }

  private static func gather<S: Scalar>(
    _ index: Buffer<Int64>, _ width: Int, _ data: UnsafePointer<S>, _ out: Buffer<S>
  ) throws(Failure) {
    try Interruption.inBlocks(index.count, work: Double(width)) { rows throws(Failure) in
      S.gatherRows(
        rows.count, width, data, index.constant + rows.lowerBound, out.pointer + rows.lowerBound * width)
    }
  }

  /// The same memory from element `start` on, the first of a row.
  func dropping(_ start: Int) -> SampleStorage {
    switch self {
    case .f32(let data, let owner): .f32(data + start, owner: owner)
    case .f64(let data, let owner): .f64(data + start, owner: owner)
    case .u8(let data, let scale, let owner): .u8(data + start, scale: scale, owner: owner)
    case .signs(let bits, let firstRow): .signs(bits, firstRow: firstRow + start / max(bits.width, 1))
    }
  }
}

extension Dataset {
  /// The samples `index`, in that order; indices must be in 0 ..< count. A contiguous range shares the memory of the
  /// original's inputs and real targets.
  func selecting(_ index: Buffer<Int64>, name: String) throws(Failure) -> Dataset {
    let newTargets: Targets
    let contiguous = (1..<max(index.count, 1)).allSatisfy { index.pointer[$0] == index.pointer[$0 - 1] + 1 }
    let start = index.count > 0 ? Int(index.pointer[0]) : 0
    func rows(_ storage: SampleStorage, _ width: Int) throws(Failure) -> SampleStorage {
      contiguous ? storage.dropping(start * width) : try storage.gathered(index, width: width)
    }
    switch targets {
    case .none: newTargets = .none
    case .real(let storage, let width): newTargets = .real(try rows(storage, width), width: width)
    case .labels(let labels, let classes):
      let chosen = try Buffer<Int32>(index.count, zeroed: false)
      for i in 0..<index.count { chosen.pointer[i] = labels.pointer[Int(index.pointer[i])] }
      newTargets = .labels(chosen, classes: classes)
    }
    return Dataset(
      name: name, count: index.count, shape: shape, inputs: try rows(inputs, width), targets: newTargets,
      statistics: statistics)
  }

  /// The same inputs with other targets.
  func replacing(targets: Targets, name: String, statistics extra: [String: Buffer<Double>] = [:]) -> Dataset {
    Dataset(
      name: name, count: count, shape: shape, inputs: inputs, targets: targets,
      statistics: statistics.merging(extra) { $1 })
  }
}
