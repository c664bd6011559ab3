import Glibc
import SwaleCore

/// Gzip files through zlib, which is opened at run time: no build dependency, and the library works without it as
/// long as nobody reads a compressed file.
enum Gzip {
  /// `z_stream` of zlib.h, whose layout is part of zlib's binary interface.
  private struct Stream {
    var nextIn: UnsafePointer<UInt8>?
    var availableIn: UInt32 = 0
    var totalIn: UInt = 0
    var nextOut: UnsafeMutablePointer<UInt8>?
    var availableOut: UInt32 = 0
    var totalOut: UInt = 0
    var message: UnsafePointer<CChar>?
    var state: OpaquePointer?
    var allocate: OpaquePointer?
    var free: OpaquePointer?
    var opaque: OpaquePointer?
    var dataType: Int32 = 0
    var adler: UInt = 0
    var reserved: UInt = 0
  }

  private typealias Begin = @convention(c) (UnsafeMutableRawPointer, Int32, UnsafePointer<CChar>, Int32) -> Int32
  private typealias Work = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
  private typealias Call = @convention(c) (UnsafeMutableRawPointer) -> Int32
  private typealias Version = @convention(c) () -> UnsafePointer<CChar>

  private struct Entries: Sendable {
    let begin: Begin
    let inflate: Work
    let reset: Call
    let end: Call
    let version: Version
  }

  private static let entries: Entries? = {
    guard let zlib = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL) ?? dlopen("libz.so", RTLD_NOW | RTLD_LOCAL),
      let begin = dlsym(zlib, "inflateInit2_"), let inflate = dlsym(zlib, "inflate"),
      let reset = dlsym(zlib, "inflateReset"), let end = dlsym(zlib, "inflateEnd"),
      let version = dlsym(zlib, "zlibVersion")
    else { return nil }
    return Entries(
      begin: unsafeBitCast(begin, to: Begin.self), inflate: unsafeBitCast(inflate, to: Work.self),
      reset: unsafeBitCast(reset, to: Call.self), end: unsafeBitCast(end, to: Call.self),
      version: unsafeBitCast(version, to: Version.self))
  }()

  private static let finished: Int32 = 1
  private static let bufferError: Int32 = -5
  private static let memoryError: Int32 = -4
  /// Window of 2^15 bytes, and a gzip header in front.
  private static let gzipWindow: Int32 = 15 + 16
  private static let block = 1 << 20
  private static let firstRoom = 1 << 16

  static func isGzip(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b
  }

  /// The content of a gzip file of one member or several, followed by a zero byte. Memory grows with what really comes
  /// out, never with what a damaged file claims, and never beyond what the content's own header announces: a megabyte
  /// of gzip can hold a gigabyte of zeros. Bytes behind the last member are refused.
  /// - Parameter announced: the size of the whole content, from its first 64 kB (or all of it); nil: not known.
  static func decompress(
    _ compressed: Buffer<UInt8>, size: Int, path: String, announced: FileBytes.Announced?
  ) throws(Failure) -> (Buffer<UInt8>, Int) {
    guard let zlib = entries else {
      throw FileBytes.refusal(
        path,
        "is compressed, and zlib (libz.so.1) is not on this machine; install it (Debian: zlib1g) or gunzip the file")
    }
    // zlib keeps a pointer to its stream, which therefore must not move.
    let memory = try Buffer<UInt8>(MemoryLayout<Stream>.size)
    let stream = UnsafeMutableRawPointer(memory.pointer).bindMemory(to: Stream.self, capacity: 1)
    stream.initialize(to: Stream())
    guard zlib.begin(stream, gzipWindow, zlib.version(), Int32(MemoryLayout<Stream>.size)) == 0 else {
      throw FileBytes.refusal(path, "zlib cannot be used: \(words(stream, "wrong version or no memory"))")
    }
    defer { _ = zlib.end(stream) }

    var content = try Buffer<UInt8>(firstRoom, zeroed: false)
    var count = 0
    var used = 0
    var limit = Int.max
    while true {
      try Interruption.check()
      // One byte stays free for the closing zero.
      if count == content.count - 1 {
        let larger = try Buffer<UInt8>(content.count > Int.max / 2 ? Int.max : 2 * content.count, zeroed: false)
        larger.pointer.update(from: content.pointer, count: count)
        content = larger
      }
      let room = min(content.count - 1 - count, block)
      let given = min(size - used, block)
      stream.pointee.nextIn = compressed.constant + used
      stream.pointee.availableIn = UInt32(given)
      stream.pointee.nextOut = content.pointer + count
      stream.pointee.availableOut = UInt32(room)
      let code = zlib.inflate(stream, 0)
      used += given - Int(stream.pointee.availableIn)
      count += room - Int(stream.pointee.availableOut)
      let ended = code == finished && used == size
      guard code == 0 || code == finished else { throw damaged(path, count, code, words(stream, "error \(code)")) }
      if limit == Int.max, let announced, count >= firstRoom / 2 || ended && count > 0 {
        limit = try announced(FileBytes(path: path, content: content, count: count))
      }
      guard count <= limit else {
        throw FileBytes.refusal(
          path, at: "after byte \(limit) of the content",
          "the header announces \(limit) bytes in all, but the gzip data hold more")
      }
      if ended { break }
      if code == finished {
        guard isGzip(compressed.constant + used, size - used), zlib.reset(stream) == 0 else {
          throw FileBytes.refusal(
            path, at: "byte \(used)", "\(size - used) bytes behind the gzip data; the file is damaged")
        }
      } else if used == size, stream.pointee.availableOut > 0 {
        throw damaged(path, count, bufferError, "unexpected end of file")
      }
    }
    content.pointer[count] = 0
    return (content, count)
  }

  private static func words(_ stream: UnsafeMutablePointer<Stream>, _ otherwise: String) -> String {
    stream.pointee.message.map { String(cString: $0) } ?? otherwise
  }

  private static func damaged(_ path: String, _ count: Int, _ code: Int32, _ words: String) -> Failure {
    if code == memoryError { return Failure(.memory, "file '\(path)': zlib has no memory to decompress it") }
    let what = code == bufferError ? "the gzip data are truncated" : "the gzip data are damaged"
    return FileBytes.refusal(path, at: "after byte \(count) of the content", "\(what) (\(words))")
  }
}
