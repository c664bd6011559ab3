import Glibc
import SwaleCore

/// Gzip files through zlib, which is opened at run time: no build dependency, and the library works without it as
/// long as nobody reads a compressed file.
enum Gzip {
  private typealias DOpen = @convention(c) (Int32, UnsafePointer<CChar>) -> OpaquePointer?
  private typealias Read = @convention(c) (OpaquePointer, UnsafeMutableRawPointer, UInt32) -> Int32
  private typealias ErrorText = @convention(c) (OpaquePointer, UnsafeMutablePointer<Int32>) -> UnsafePointer<CChar>?
  private typealias Close = @convention(c) (OpaquePointer) -> Int32

  private struct Entries: Sendable {
    let dopen: DOpen
    let read: Read
    let error: ErrorText
    let close: Close
  }

  private static let entries: Entries? = {
    guard let zlib = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL) ?? dlopen("libz.so", RTLD_NOW | RTLD_LOCAL),
      let dopen = dlsym(zlib, "gzdopen"), let read = dlsym(zlib, "gzread"),
      let error = dlsym(zlib, "gzerror"), let close = dlsym(zlib, "gzclose")
    else { return nil }
    return Entries(
      dopen: unsafeBitCast(dopen, to: DOpen.self), read: unsafeBitCast(read, to: Read.self),
      error: unsafeBitCast(error, to: ErrorText.self), close: unsafeBitCast(close, to: Close.self))
  }()

  /// No deflate stream expands by more (zlib's technical details): a larger claim in the trailer is a lie.
  private static let mostExpansion = 1032
  private static let bufferError: Int32 = -5

  /// The content of an open gzip file, followed by a zero byte. Memory grows with what really comes out, never with
  /// what a damaged file claims.
  /// - Parameter compressed: the file's own bytes, for the size in its trailer.
  static func decompress(
    _ file: Int32, compressed: Buffer<UInt8>, size: Int, path: String
  ) throws(Failure) -> (Buffer<UInt8>, Int) {
    guard let zlib = entries else {
      throw FileBytes.refusal(
        path,
        "is compressed, and zlib (libz.so.1) is not on this machine; install it (Debian: zlib1g) or gunzip the file")
    }
    let own = dup(file)
    guard own >= 0, lseek(own, 0, SEEK_SET) == 0, let stream = zlib.dopen(own, "rb") else {
      if own >= 0 { close(own) }
      throw FileBytes.refusal(path, "zlib cannot open it: \(String(cString: strerror(errno)))")
    }
    defer { _ = zlib.close(stream) }
    var content = try Buffer<UInt8>(capacity(compressed, size), zeroed: false)
    var count = 0
    while true {
      try Interruption.check()
      // One byte stays free for the closing zero; a full buffer means there may be more.
      if count == content.count - 1 {
        let larger = try Buffer<UInt8>(2 * content.count, zeroed: false)
        larger.pointer.update(from: content.pointer, count: count)
        content = larger
      }
      let wanted = min(content.count - 1 - count, 1 << 23)
      let got = zlib.read(stream, content.pointer + count, UInt32(wanted))
      if got > 0 { count += Int(got) }
      if Int(got) < wanted {
        var code: Int32 = 0
        let text = zlib.error(stream, &code).map { String(cString: $0) } ?? ""
        guard code == 0, got >= 0 else { throw damaged(path, count, code, text) }
        break
      }
    }
    content.pointer[count] = 0
    return (content, count)
  }

  /// First guess of the size: the trailer's (modulo 2^32) when it is possible, and room for the closing zero and for
  /// seeing the end.
  private static func capacity(_ compressed: Buffer<UInt8>, _ size: Int) -> Int {
    guard size >= 18 else { return 4096 }
    let trailer = compressed.pointer + (size - 4)
    let claimed = Int(trailer[0]) | Int(trailer[1]) << 8 | Int(trailer[2]) << 16 | Int(trailer[3]) << 24
    return (claimed / mostExpansion <= size ? claimed : 4 * size) + 2
  }

  private static func damaged(_ path: String, _ count: Int, _ code: Int32, _ text: String) -> Failure {
    // zlib puts "<fd:3>: " before its words.
    let words = text.split(separator: ":").last.map { String($0.drop { $0 == " " }) } ?? "error \(code)"
    let what = code == bufferError ? "the gzip data are truncated" : "the gzip data are damaged"
    return FileBytes.refusal(path, at: "after byte \(count) of the content", "\(what) (\(words))")
  }
}
