import SwaleCore

/// A table of numbers in text: every line has the same number of fields, and every field is a finite decimal number.
struct CsvTable {
  enum Header: String, CaseIterable { case auto, on, off }

  let file: FileBytes
  let rows: Int
  let columns: Int
  /// Values of all columns but the target's, rows x (columns - 1 or columns).
  let inputs: Buffer<Double>
  /// Values of the target column, if there is one.
  let target: Buffer<Double>?
  /// Column of the target.
  let targetColumn: Int?
  private let delimiter: UInt8
  private let hasHeader: Bool

  /// - Parameter target: "last", "none", a name in the header, or a column number from 0.
  init(_ path: String, delimiter: UInt8, header: Header, target: String) throws(Failure) {
    file = try FileBytes(path)
    self.delimiter = delimiter
    var fields = CsvFields(file, delimiter: delimiter)
    guard fields.advance() else { throw file.refuse("line \(max(fields.line, 1))", "there is no data") }
    let numbers = try DecimalNumber()
    let first = try Self.survey(fields, file, numbers)
    columns = first.columns
    hasHeader = try Self.isHeader(first, header, file, line: fields.line)
    targetColumn = try Self.column(target, fields, file, columns: columns, hasHeader: hasHeader)
    guard columns > (targetColumn == nil ? 0 : 1) else {
      throw file.refuse("line \(fields.line)", "there is only one column, the target; check the delimiter")
    }
    if hasHeader, !fields.advance() { throw file.refuse("line \(fields.line)", "there is no data below the header") }

    // Each number takes at least two bytes, itself and what follows it: the file bounds the memory.
    let width = columns - (targetColumn == nil ? 0 : 1)
    let lines = try Self.countLines(fields)
    let bound = (file.count - fields.lineStart) / 2 + 1
    let (product, overflow) = lines.multipliedReportingOverflow(by: width)
    let values = try Buffer<Double>(overflow ? bound : min(product, bound), zeroed: false)
    let targets = targetColumn == nil ? nil : try Buffer<Double>(min(lines, bound), zeroed: false)
    var row = 0
    repeat {
      try Self.parse(
        fields, file, numbers, columns: columns, target: targetColumn ?? -1, row: row, width: width,
        values, targets)
      row += 1
    } while fields.advance()
    rows = row
    (inputs, self.target) = (values, targets)
  }

  /// "line 7, column 3 ('petal_length')" of a row of the table, found again for a refusal.
  func place(row: Int, column: Int) -> String {
    var fields = CsvFields(file, delimiter: delimiter)
    for _ in 0...(row + (hasHeader ? 1 : 0)) { _ = fields.advance() }
    return "line \(fields.line), \(Self.columnText(column))"
  }

  private static func columnText(_ column: Int) -> String { "column \(column + 1)" }

  private struct Survey {
    var columns = 0
    var numbers = 0
    var words = 0
  }

  /// How many fields of the first line are numbers and how many are words.
  private static func survey(
    _ fields: CsvFields, _ file: FileBytes, _ numbers: DecimalNumber
  ) throws(Failure) -> Survey {
    var survey = Survey()
    var position: Int? = fields.lineStart
    while let start = position {
      guard let field = fields.field(at: start) else {
        throw file.refuse("line \(fields.line), \(columnText(survey.columns))", "a quoted field does not end properly")
      }
      let text = fields.bytes + field.start
      survey.columns += 1
      if numbers.parse(text, field.count) != nil || DecimalNumber.isNonfiniteWord(text, field.count) {
        survey.numbers += 1
      } else if field.count > 0 {
        survey.words += 1
      }
      position = field.next
    }
    return survey
  }

  private static func isHeader(
    _ first: Survey, _ header: Header, _ file: FileBytes, line: Int
  ) throws(Failure) -> Bool {
    switch header {
    case .on: return true
    case .off: return false
    case .auto:
      // A wrong guess would lose a row of data in silence.
      guard first.words == 0 || first.numbers == 0 else {
        throw file.refuse(
          "line \(line)", "\(first.numbers) of \(first.columns) fields are numbers: set option 'header' to on or off")
      }
      return first.words > 0
    }
  }

  /// The target's column: nil for "none".
  private static func column(
    _ target: String, _ fields: CsvFields, _ file: FileBytes, columns: Int, hasHeader: Bool
  ) throws(Failure) -> Int? {
    if target == "none" { return nil }
    if target == "last" { return columns - 1 }
    var position: Int? = hasHeader ? fields.lineStart : nil
    var column = 0
    while let start = position, let field = fields.field(at: start) {
      let bytes = UnsafeBufferPointer(start: fields.bytes + field.start, count: field.count)
      if target.utf8.elementsEqual(bytes) { return column }
      column += 1
      position = field.next
    }
    guard let number = Int(target) else {
      throw Failure(
        .option, "file '\(file.path)': \(hasHeader ? "the header names no column" : "there is no header that names")"
          + " '\(target)'; give last, none, a name of the header or a column number from 0")
    }
    guard number >= 0, number < columns else {
      throw Failure(.option, "file '\(file.path)': column \(number), allowed 0 ... \(columns - 1)")
    }
    return number
  }

  /// Lines from the current one on.
  private static func countLines(_ fields: CsvFields) throws(Failure) -> Int {
    var rest = fields
    var lines = 1
    while rest.advance() {
      lines += 1
      try Interruption.check(work: Double(rest.lineEnd - rest.lineStart))
    }
    return lines
  }

  /// The numbers of the current line into row `row`.
  private static func parse(
    _ fields: CsvFields, _ file: FileBytes, _ numbers: DecimalNumber, columns: Int, target: Int, row: Int, width: Int,
    _ values: Buffer<Double>, _ targets: Buffer<Double>?
  ) throws(Failure) {
    var position: Int? = fields.lineStart
    var column = 0
    var out = row * width
    while let start = position {
      guard let field = fields.field(at: start) else {
        throw file.refuse("line \(fields.line), \(columnText(column))", "a quoted field does not end properly")
      }
      // A number takes some ten nanoseconds.
      try Interruption.check(work: 100)
      position = field.next
      guard column < columns, position != nil || column == columns - 1 else {
        throw ragged(fields, file, columns)
      }
      guard let value = numbers.parse(fields.bytes + field.start, field.count), value.isFinite else {
        throw refusal(fields, field, file, column: column)
      }
      if column == target {
        targets?.pointer[row] = value
      } else {
        // Ragged lines could exceed the bound on the number of values before they are noticed.
        guard out < values.count else { throw ragged(fields, file, columns) }
        values.pointer[out] = value
        out += 1
      }
      column += 1
    }
  }

  private static func ragged(_ fields: CsvFields, _ file: FileBytes, _ columns: Int) -> Failure {
    var found = 0
    var position: Int? = fields.lineStart
    while let start = position, let field = fields.field(at: start) {
      found += 1
      position = field.next
    }
    return file.refuse("line \(fields.line)", "\(found) fields, but the first line has \(columns)")
  }

  private static func refusal(
    _ fields: CsvFields, _ field: CsvFields.Field, _ file: FileBytes, column: Int
  ) -> Failure {
    let text = fields.bytes + field.start
    let shown = fields.text(field)
    let reason =
      if field.count == 0 {
        "the field is empty"
      } else if DecimalNumber.isNonfiniteWord(text, field.count) {
        "'\(shown)' is not a finite number"
      } else if shown.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }) {
        "'\(shown)' is not a number or too large"
      } else {
        "'\(shown)' is not a number"
      }
    return file.refuse("line \(fields.line), \(columnText(column))", reason)
  }
}
