import Glibc
import SwaleCore

/// The whole content of a file, decompressed when it is gzip.
///
/// The file is read, not mapped: a mapped file that somebody shortens meanwhile ends the process with SIGBUS, and
/// bad input must never do that. Datasets keep the buffer and point into it, so there is one copy of the data.
struct FileBytes {
  let path: String
  /// `count` bytes, then a zero.
  let content: Buffer<UInt8>
  let count: Int

  /// The size of a whole file from the header in its first bytes, or a refusal of that header.
  typealias Announced = (FileBytes) throws(Failure) -> Int

  /// The beginning of a content, for reading a header before the rest.
  init(path: String, content: Buffer<UInt8>, count: Int) {
    (self.path, self.content, self.count) = (path, content, count)
  }

  /// - Parameter announced: where the format has a header that tells the size, what a compressed file may grow to.
  /// - Throws: `.io` naming the file and the reason; `.memory` when it does not fit.
  init(_ path: String, announced: Announced? = nil) throws(Failure) {
    self.path = path
    guard !path.utf8.contains(0) else { throw Self.refusal(path, "the path contains a zero byte") }
    // O_NONBLOCK: opening a named pipe without a writer would otherwise wait for ever.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw Self.refusal(path, "cannot be opened: \(Self.systemReason())") }
    defer { close(file) }
    let size = try Self.regularSize(file, path)
    guard size > 0 else { throw Self.refusal(path, "the file is empty") }
    let raw = try Buffer<UInt8>(size + 1, zeroed: false)
    let got = try Self.readAll(file, raw.pointer, size, path)
    raw.pointer[size] = 0
    guard got == size else {
      throw Self.refusal(
        path, at: "byte \(got)", "the file ended before its size of \(size) bytes; is it being written?")
    }
    if Gzip.isGzip(raw.constant, size) {
      (content, count) = try Gzip.decompress(raw, size: size, path: path, announced: announced)
      guard count > 0 else { throw Self.refusal(path, "the gzip file holds nothing") }
    } else {
      (content, count) = (raw, size)
    }
  }

  var bytes: UnsafePointer<UInt8> { content.constant }

  /// "file 'path', place: reason"
  func refuse(_ place: String, _ reason: String) -> Failure { Self.refusal(path, at: place, reason) }

  /// The product of sizes that the file claims.
  func product(_ sizes: [Int], _ place: String) throws(Failure) -> Int {
    var product = 1
    for size in sizes {
      let (value, overflow) = product.multipliedReportingOverflow(by: size)
      guard size >= 0, !overflow else {
        throw refuse(place, "the sizes \(sizes.map { "\($0)" }.joined(separator: " x ")) overflow or are negative")
      }
      product = value
    }
    return product
  }

  static func refusal(_ path: String, at place: String = "", _ reason: String) -> Failure {
    Failure(.io, "file '\(path)'\(place.isEmpty ? "" : ", " + place): \(reason)")
  }

  /// Bytes of one read: some milliseconds of work.
  private static let block = 1 << 24

  private static func systemReason() -> String { String(cString: strerror(errno)) }

  private static func regularSize(_ file: Int32, _ path: String) throws(Failure) -> Int {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw refusal(path, "cannot be examined: \(systemReason())") }
    let kind = status.st_mode & S_IFMT
    guard kind != S_IFDIR else { throw refusal(path, "is a directory, not a file") }
    guard kind == S_IFREG else { throw refusal(path, "is not a regular file") }
    return Int(status.st_size)
  }

  /// Reads until `size` bytes or the end of the file.
  private static func readAll(
    _ file: Int32, _ out: UnsafeMutablePointer<UInt8>, _ size: Int, _ path: String
  ) throws(Failure) -> Int {
    var got = 0
    while got < size {
      try Interruption.check()
      let n = read(file, out + got, min(size - got, block))
      if n == 0 { break }
      if n < 0 {
        if errno == EINTR { continue }
        throw refusal(path, at: "byte \(got)", "cannot be read: \(systemReason())")
      }
      got += n
    }
    return got
  }
}
