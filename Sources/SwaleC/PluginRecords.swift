import CSwale
import Glibc
import Swale

/// The texts and option records of a plugin's tables, checked before anything is registered: what the list of
/// components says is what callers, documents and Python signatures are made from.
struct PluginRecords {
  /// "solver 'name'", for refusals.
  let owner: String

  private func refuse(_ why: String) -> Failure { Failure(.plugin, "\(owner): \(why)") }

  /// Bytes that a text of a table may have.
  private static let longestText = 4096
  private static let longestName = 128

  /// A text of a table; NULL reads as empty.
  func text(_ pointer: UnsafePointer<CChar>?, _ what: String) throws(Failure) -> String {
    guard let pointer else { return "" }
    guard strnlen(pointer, Self.longestText + 1) <= Self.longestText else {
      throw refuse("\(what) is longer than \(Self.longestText) bytes")
    }
    guard let text = String(validatingCString: pointer) else { throw refuse("\(what) is not valid UTF-8") }
    guard !text.unicodeScalars.contains(where: \.isControl) else { throw refuse("\(what) holds control characters") }
    return text
  }

  /// A name of a table: not empty, without blanks, since lists of names are separated by them.
  func name(_ pointer: UnsafePointer<CChar>?, _ what: String) throws(Failure) -> String {
    let name = try text(pointer, what)
    guard !name.isEmpty else { throw refuse("\(what) is empty") }
    guard name.utf8.count <= Self.longestName, !name.unicodeScalars.contains(where: \.properties.isWhitespace) else {
      throw refuse("\(what) is '\(name.prefix(80))', allowed up to \(Self.longestName) bytes without blanks")
    }
    return name
  }

  /// The options of a table. Records may be longer than this library knows, all of them alike: the list is walked by
  /// the size that the first one states.
  func options(_ first: UnsafePointer<swale_option_record>?, _ count: Int64) throws(Failure) -> [OptionInfo] {
    guard count >= 0, count <= 256, count == 0 || first != nil else {
      throw refuse("option_count is \(count), allowed 0 ... 256 with a list")
    }
    guard count > 0, let first else { return [] }
    let size = first.pointee.struct_size
    let known = MemoryLayout<swale_option_record>.size
    guard Int(size) >= known, size <= 65_536, size % 8 == 0 else {
      throw refuse(
        "struct_size of option record 0 is \(size); set it to sizeof(swale_option_record), here \(known) or more")
    }
    var infos: [OptionInfo] = []
    for i in 0..<Int(count) {
      let record = UnsafeRawPointer(first).advanced(by: i * Int(size)).load(as: swale_option_record.self)
      guard record.struct_size == size else {
        throw refuse("struct_size of option record \(i) is \(record.struct_size), but that of record 0 is \(size)")
      }
      let info = try option(record, i)
      guard !infos.contains(where: { $0.name == info.name }) else {
        throw refuse("option '\(info.name)' is declared twice")
      }
      infos.append(info)
    }
    return infos
  }

  private func option(_ record: swale_option_record, _ index: Int) throws(Failure) -> OptionInfo {
    let name = try name(record.name, "the name of option \(index)")
    let doc = try text(record.doc, "the sentence of option '\(name)'")
    switch record.dtype {
    case swale_dtype(SWALE_F64), swale_dtype(SWALE_I64):
      let isWhole = record.dtype == swale_dtype(SWALE_I64)
      let (low, high, value) = (record.lowest, record.highest, record.fallback)
      guard low <= high else { throw refuse("option '\(name)' allows \(low) ... \(high), which is an empty range") }
      guard value >= low, value <= high else {
        throw refuse("the default of option '\(name)' is \(value), outside of its range \(low) ... \(high)")
      }
      let whole = Int(exactly: value)
      guard !isWhole || whole != nil else {
        throw refuse("the default of option '\(name)' is \(value), allowed whole numbers")
      }
      return OptionInfo(
        name: name, type: isWhole ? .int : .real, doc: doc, fallback: isWhole ? .int(whole ?? 0) : .real(value),
        lowest: low, highest: high)
    case swale_dtype(SWALE_BOOL):
      guard record.fallback == 0 || record.fallback == 1 else {
        throw refuse("the default of option '\(name)' is \(record.fallback), allowed 0 and 1")
      }
      return OptionInfo(name: name, type: .bool, doc: doc, fallback: .bool(record.fallback == 1))
    case swale_dtype(SWALE_TEXT):
      let choices = try text(record.choices, "the choices of option '\(name)'").split(separator: " ").map(String.init)
      let value = try text(record.fallback_text, "the default of option '\(name)'")
      guard Set(choices).count == choices.count else { throw refuse("option '\(name)' lists a choice twice") }
      guard choices.isEmpty || choices.contains(value) else {
        throw refuse("the default of option '\(name)' is '\(value)', allowed \(choices.joined(separator: ", "))")
      }
      return OptionInfo(name: name, type: .text, doc: doc, fallback: .text(value), choices: choices)
    default:
      throw refuse("option '\(name)' has dtype \(record.dtype), allowed f64, i64, bool and text")
    }
  }
}

extension Unicode.Scalar {
  /// C0 and C1 controls, and DEL.
  var isControl: Bool { properties.generalCategory == .control }
}
