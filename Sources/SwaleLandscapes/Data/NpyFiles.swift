import SwaleCore

/// Arrays saved by NumPy: the inputs and, optionally, the targets, each in its own file, plain or gzip.
public struct NpyFiles: DataSource {
  public static let info = Info(
    "npy", "Inputs and targets from NumPy .npy files (f4, f8, u1, i4, i8; C order).",
    reference: "NumPy Enhancement Proposal 1; numpy.lib.format")
  public static var options: [Option<Self>] {
    [
      option("inputs", \.inputs, "Path of the inputs, samples first."),
      option(
        "targets", \.targets,
        "Path of the targets: whole numbers are labels, floating-point numbers real targets; empty: none."),
      option("target", \.target, choices: RawArray.TargetKind.allCases.map(\.rawValue), RawArray.TargetKind.text),
      option("classes", \.classes, in: 0...Double(ClassLabels.most), "Number of classes; 0: the largest label + 1."),
      option(
        "scale", \.scale, in: -1e30...1e30, "Inputs of type u1 are byte * scale; other types are kept as they are."),
    ]
  }

  public var inputs = ""
  public var targets = ""
  public var target = "auto"
  public var classes = 0
  public var scale = 1.0
  public init() {}

  public func load(seed: UInt64) throws(Failure) -> Dataset {
    guard !inputs.isEmpty else { throw Failure(.option, "dataset 'npy' needs option 'inputs', the path of a file") }
    return try Dataset(
      name: inputs, inputs: try Self.read(inputs), targets: targets.isEmpty ? nil : try Self.read(targets),
      classes: classes, byteScale: scale, kind: RawArray.TargetKind(rawValue: target) ?? .auto)
  }

  /// The array of an NPY file. It points into the file's content where the alignment allows.
  static func read(_ path: String) throws(Failure) -> RawArray {
    let file = try FileBytes(path) { (head) throws(Failure) in
      let header = try NpyHeader(head)
      return header.start + (try header.size(head))
    }
    let header = try NpyHeader(file)
    let size = try header.size(file)
    let present = file.count - header.start
    guard size == present else {
      throw file.refuse(
        "byte \(header.start)",
        "the header announces \(header.shape.map { "\($0)" }.joined(separator: " x ")) elements of "
          + "\(header.type.size) bytes = \(size) bytes of data, the file has \(present)")
    }
    var content = file.content
    var start = header.start
    if start % header.type.size != 0 {
      content = try Buffer(copying: file.bytes + start, count: size)
      start = 0
    }
    return RawArray(
      data: UnsafeRawPointer(content.pointer + start), type: header.type, shape: header.shape, owner: content,
      origin: .file(path, start: header.start))
  }
}
