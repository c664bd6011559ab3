import SwaleCore

/// Images and labels in IDX files, the format of MNIST and Fashion-MNIST (Y. LeCun, "The MNIST database").
///
/// Big-endian: two zero bytes, the element type (8: unsigned byte, the only one in use), the number of dimensions, one
/// 32-bit size per dimension, then the elements. Images stay bytes in memory and stand for byte * scale.
public struct IdxFiles: DataSource {
  public static let info = Info(
    "idx", "Images and labels from IDX files (MNIST, Fashion-MNIST), plain or gzip.",
    reference: "Y. LeCun, C. Cortes, C. Burges, The MNIST database")
  public static var options: [Option<Self>] {
    [
      option("images", \.images, "Path of the images, one sample per row of the first dimension."),
      option("labels", \.labels, "Path of the labels; empty: no targets."),
      option("classes", \.classes, in: 0...Double(ClassLabels.most), "Number of classes; 0: the largest label + 1."),
      option("scale", \.scale, in: -1e30...1e30, "Inputs are byte * scale; the default maps 255 to 1."),
    ]
  }

  public var images = ""
  public var labels = ""
  public var classes = 0
  public var scale = 1.0 / 255
  public init() {}

  public func load(seed: UInt64) throws(Failure) -> Dataset {
    guard !images.isEmpty else { throw Failure(.option, "dataset 'idx' needs option 'images', the path of a file") }
    let inputs = try Self.read(images)
    var targets: RawArray?
    if !labels.isEmpty {
      let array = try Self.read(labels)
      guard array.shape.count == 1 else {
        throw array.refuse(.io, "labels have one dimension, but the sizes are \(array.shapeText); are these images?")
      }
      targets = array
    }
    return try Dataset(name: images, inputs: inputs, targets: targets, classes: classes, byteScale: scale)
  }

  /// The array of an IDX file of bytes.
  static func read(_ path: String) throws(Failure) -> RawArray {
    let file = try FileBytes(path) { (head) throws(Failure) in
      let (shape, start) = try header(head)
      return start + (try head.product(shape, "byte 4"))
    }
    let (shape, start) = try header(file)
    let count = try file.product(shape, "byte 4")
    let present = file.count - start
    guard count == present else {
      throw file.refuse(
        "byte 4",
        "the header announces \(shape.map { "\($0)" }.joined(separator: " x ")) = \(count) bytes of data, "
          + "the file has \(present)")
    }
    return RawArray(
      data: UnsafeRawPointer(file.bytes + start), type: .u8, shape: shape, owner: file.content,
      origin: .file(path, start: start))
  }

  /// The sizes in the header, and the byte where the elements begin.
  private static func header(_ file: FileBytes) throws(Failure) -> (shape: [Int], start: Int) {
    let bytes = file.bytes
    guard file.count >= 4 else { throw file.refuse("byte \(file.count)", "the file ends inside the IDX header") }
    guard bytes[0] == 0, bytes[1] == 0 else {
      throw file.refuse("byte 0", "the magic number is 0x\(hex(bytes, 4)), an IDX file of bytes starts with 0x000008")
    }
    guard bytes[2] == 8 else {
      throw file.refuse("byte 2", "the element type is 0x\(hex(bytes + 2, 1)), only 0x08 (unsigned bytes) is read")
    }
    let dimensions = Int(bytes[3])
    guard dimensions >= 1, dimensions <= Dataset.mostDimensions else {
      throw file.refuse("byte 3", "\(dimensions) dimensions, allowed 1 ... \(Dataset.mostDimensions)")
    }
    let start = 4 + 4 * dimensions
    guard file.count >= start else {
      throw file.refuse("byte \(file.count)", "the file ends inside the IDX header of \(start) bytes")
    }
    let shape = (0..<dimensions).map { axis in
      (0..<4).reduce(0) { $0 << 8 | Int(bytes[4 + 4 * axis + $1]) }
    }
    guard try file.product(shape, "byte 4") <= Int.max - start else {
      throw file.refuse("byte 4", "the sizes \(shape) overflow")
    }
    guard !shape.contains(0) else { throw file.refuse("byte 4", "a size is 0: there is no data") }
    return (shape, start)
  }

  private static func hex(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> String {
    (0..<count).map { (bytes[$0] < 16 ? "0" : "") + String(bytes[$0], radix: 16) }.joined()
  }
}
