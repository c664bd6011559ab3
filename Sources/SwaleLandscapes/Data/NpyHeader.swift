import SwaleCore

/// The header of an NPY file, versions 1 to 3: the magic bytes, a version, a length, and a Python dictionary
/// {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
struct NpyHeader {
  let type: DataType
  let shape: [Int]
  /// Byte of the first element.
  let start: Int

  init(_ file: FileBytes) throws(Failure) {
    let bytes = file.bytes
    let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
    guard file.count >= 10 else { throw file.refuse("byte \(file.count)", "the file ends inside the NPY header") }
    guard magic.indices.allSatisfy({ bytes[$0] == magic[$0] }) else {
      throw file.refuse("byte 0", "the file does not start with \\x93NUMPY; is it an NPY file?")
    }
    guard (1...3).contains(bytes[6]), bytes[7] == 0 else {
      throw file.refuse("byte 6", "NPY version \(bytes[6]).\(bytes[7]), versions 1.0, 2.0 and 3.0 are read")
    }
    let lengthBytes = bytes[6] == 1 ? 2 : 4
    let dictionary = 8 + lengthBytes
    guard file.count >= dictionary else {
      throw file.refuse("byte \(file.count)", "the file ends inside the NPY header")
    }
    let length = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    guard length <= file.count - dictionary else {
      throw file.refuse("byte 8", "the header has \(length) bytes, but the file ends after \(file.count - dictionary)")
    }
    // numpy itself refuses longer ones unless told to trust the file.
    guard length <= 10_000 else { throw file.refuse("byte 8", "the header has \(length) bytes, allowed 10000") }
    start = dictionary + length
    var scanner = NpyDictionary(file: file, position: dictionary, end: start)
    let entries = try scanner.read()
    type = try Self.type(entries.descr, file)
    guard !entries.fortran || entries.shape.count <= 1 else {
      throw file.refuse(
        "header", "the array is in Fortran order; save numpy.ascontiguousarray(x) instead")
    }
    guard !entries.shape.isEmpty, entries.shape.count <= Dataset.mostDimensions else {
      throw file.refuse("header", "\(entries.shape.count) dimensions, allowed 1 ... \(Dataset.mostDimensions)")
    }
    shape = entries.shape
  }

  /// Bytes of the elements.
  func size(_ file: FileBytes) throws(Failure) -> Int {
    let size = try file.product(shape + [type.size], "header")
    guard size <= Int.max - start else { throw file.refuse("header", "the sizes \(shape) overflow") }
    return size
  }

  private static func type(_ descr: String, _ file: FileBytes) throws(Failure) -> DataType {
    switch descr {
    case "<f4", "=f4": return .f32
    case "<f8", "=f8": return .f64
    case "<i4", "=i4": return .i32
    case "<i8", "=i8": return .i64
    case "|u1", "<u1", "=u1": return .u8
    default:
      throw file.refuse(
        "header", "the element type is '\(descr)', allowed <f4, <f8, <i4, <i8 and |u1; convert with astype")
    }
  }
}

/// A scanner for the dictionary in an NPY header.
private struct NpyDictionary {
  let file: FileBytes
  var position: Int
  let end: Int

  typealias Entries = (descr: String, fortran: Bool, shape: [Int])

  mutating func read() throws(Failure) -> Entries {
    var descr: String?
    var fortran: Bool?
    var shape: [Int]?
    try expect("{")
    while try !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr": descr = try string()
      case "fortran_order": fortran = try boolean()
      case "shape": shape = try tuple()
      default: throw refuse("unknown key '\(key)'")
      }
      if try !accept(",") {
        try expect("}")
        break
      }
    }
    guard let descr, let fortran, let shape else { throw refuse("the keys descr, fortran_order and shape are needed") }
    return (descr, fortran, shape)
  }

  private func refuse(_ reason: String) -> Failure { file.refuse("byte \(position)", "NPY header: \(reason)") }

  /// The next byte that is not white space.
  private mutating func next() throws(Failure) -> UInt8 {
    while position < end, [0x20, 0x09, 0x0a, 0x0d].contains(file.bytes[position]) { position += 1 }
    guard position < end else { throw refuse("it ends too early") }
    return file.bytes[position]
  }

  private mutating func accept(_ character: Unicode.Scalar) throws(Failure) -> Bool {
    guard try next() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(Failure) {
    guard try accept(character) else { throw refuse("'\(character)' expected") }
  }

  private mutating func string() throws(Failure) -> String {
    let quote = try next()
    guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw refuse("a text in quotes expected (structured types are not read)")
    }
    let first = position + 1
    position = first
    while position < end, file.bytes[position] != quote { position += 1 }
    guard position < end else { throw refuse("a text has no closing quote") }
    defer { position += 1 }
    return String(
      decoding: UnsafeBufferPointer(start: file.bytes + first, count: min(position - first, 80)), as: UTF8.self)
  }

  private mutating func boolean() throws(Failure) -> Bool {
    _ = try next()
    for (word, value) in [("True", true), ("False", false)] {
      let count = word.utf8.count
      let text = UnsafeBufferPointer(start: file.bytes + position, count: min(count, end - position))
      if word.utf8.elementsEqual(text) {
        position += count
        return value
      }
    }
    throw refuse("True or False expected")
  }

  private mutating func tuple() throws(Failure) -> [Int] {
    var sizes: [Int] = []
    try expect("(")
    while try !accept(")") {
      sizes.append(try whole())
      if try !accept(",") {
        try expect(")")
        break
      }
    }
    return sizes
  }

  private mutating func whole() throws(Failure) -> Int {
    var value = 0
    var digits = 0
    _ = try next()
    while position < end, file.bytes[position] &- UInt8(ascii: "0") < 10 {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(file.bytes[position] &- UInt8(ascii: "0")))
      guard !overflow, !carry else { throw refuse("a size overflows") }
      value = sum
      digits += 1
      position += 1
    }
    guard digits > 0 else { throw refuse("a size (a whole number, not negative) expected") }
    return value
  }
}
