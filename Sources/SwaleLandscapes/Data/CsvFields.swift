import Glibc
import SwaleCore

/// Splits text into lines and fields without copying: positions in the file's bytes.
///
/// Lines end with \n or \r\n; blank lines are skipped. Blanks around a field and quotes around it do not belong to it.
/// A quoted field must end on its own line. The delimiter ' ' stands for any run of blanks and tabs.
struct CsvFields {
  let bytes: UnsafePointer<UInt8>
  let end: Int
  let delimiter: UInt8
  private(set) var line = 0
  private(set) var lineStart = 0
  private(set) var lineEnd = 0
  private var nextLine: Int

  struct Field {
    let start: Int
    let count: Int
    /// Where the next field begins; nil after the last field of the line.
    let next: Int?
  }

  init(_ file: FileBytes, delimiter: UInt8) {
    bytes = file.bytes
    end = file.count
    self.delimiter = delimiter
    // A byte order mark is not part of the first field.
    nextLine = file.count >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf ? 3 : 0
  }

  /// Moves to the next line that is not blank; false at the end of the file.
  mutating func advance() -> Bool {
    while nextLine < end {
      line += 1
      let found = memchr(bytes + nextLine, 0x0a, end - nextLine)
      let stop = found.map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) - bytes } ?? end
      lineStart = nextLine
      nextLine = stop + 1
      lineEnd = stop
      while lineEnd > lineStart, isPadding(bytes[lineEnd - 1]) || bytes[lineEnd - 1] == 0x0d { lineEnd -= 1 }
      while lineStart < lineEnd, isPadding(bytes[lineStart]) { lineStart += 1 }
      if lineEnd > lineStart { return true }
    }
    return false
  }

  /// The field that begins at `position` of the current line; nil when its quotes do not close before a delimiter.
  @inline(__always)
  func field(at position: Int) -> Field? {
    var start = position
    while start < lineEnd, Self.isBlank(bytes[start]), bytes[start] != delimiter { start += 1 }
    if start < lineEnd, bytes[start] == 0x22 { return quoted(start) }
    var stop = start
    if delimiter == 0x20 {
      while stop < lineEnd, !Self.isBlank(bytes[stop]) { stop += 1 }
    } else {
      while stop < lineEnd, bytes[stop] != delimiter { stop += 1 }
    }
    return Field(start: start, count: trimmed(start, stop), next: following(stop))
  }

  private func quoted(_ quote: Int) -> Field? {
    var stop = quote + 1
    while stop < lineEnd {
      if bytes[stop] == 0x22 {
        if stop + 1 < lineEnd, bytes[stop + 1] == 0x22 { stop += 1 } else { break }
      }
      stop += 1
    }
    guard stop < lineEnd else { return nil }
    var after = stop + 1
    while after < lineEnd, Self.isBlank(bytes[after]), bytes[after] != delimiter { after += 1 }
    guard after == lineEnd || bytes[after] == delimiter || delimiter == 0x20 && after > stop + 1 else { return nil }
    return Field(start: quote + 1, count: stop - quote - 1, next: following(delimiter == 0x20 ? stop + 1 : after))
  }

  private func trimmed(_ start: Int, _ stop: Int) -> Int {
    var stop = stop
    while stop > start, Self.isBlank(bytes[stop - 1]) { stop -= 1 }
    return stop - start
  }

  private func following(_ stop: Int) -> Int? {
    if delimiter != 0x20 { return stop < lineEnd ? stop + 1 : nil }
    var next = stop
    while next < lineEnd, Self.isBlank(bytes[next]) { next += 1 }
    return next < lineEnd ? next : nil
  }

  /// Blanks at the ends of a line; but tabs there are empty fields when the tab is the delimiter.
  private func isPadding(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 && delimiter != 0x09 }

  @inline(__always)
  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  func text(_ field: Field) -> String {
    let shown = String(
      decoding: UnsafeBufferPointer(start: bytes + field.start, count: min(field.count, 60)), as: UTF8.self)
    return field.count > 60 ? shown + "..." : shown
  }
}
