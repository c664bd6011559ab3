import CSwale
import Glibc
import Swale
import Synchronization

/// Runs the body of an exported function, in a floating-point environment of its own: a failure becomes a status and
/// this thread's last error.
@inline(__always)
func boundary(_ body: () throws(Failure) -> Void) -> swale_status {
  let environment = csw_enter_arithmetic()
  defer { csw_leave_arithmetic(environment) }
  do throws(Failure) {
    try body()
    return swale_status(SWALE_OK)
  } catch {
    return report(error)
  }
}

@inline(never)
func report(_ failure: Failure) -> swale_status {
  csw_set_last_error(failure.message)
  return failure.status.rawValue
}

// MARK: Argument checks

/// A pointer argument that must not be NULL.
@inline(__always)
func required<T>(_ pointer: T?, _ name: StaticString) throws(Failure) -> T {
  guard let pointer else { throw Failure(.argument, "argument '\(name)' is NULL") }
  return pointer
}

/// A text argument: not NULL, UTF-8, of bounded length.
func text(_ pointer: UnsafePointer<CChar>?, _ name: StaticString) throws(Failure) -> String {
  let pointer = try required(pointer, name)
  guard strnlen(pointer, 65_536) < 65_536 else {
    throw Failure(.argument, "argument '\(name)' is longer than 65535 bytes")
  }
  guard let string = String(validatingCString: pointer) else {
    throw Failure(.argument, "argument '\(name)' is not valid UTF-8")
  }
  return string
}

/// A count argument: not negative, small enough to be a count of things in memory.
func count(_ value: Int64, _ name: StaticString) throws(Failure) -> Int {
  guard value >= 0, value < Int64(1) << 48 else {
    throw Failure(.argument, "argument '\(name)' is \(value), allowed 0 ... 2^48")
  }
  return Int(value)
}

/// The length of a parameter vector must be the objective's.
func dimension(_ value: Int64, of objective: any Objective) throws(Failure) -> Int {
  guard value == Int64(objective.dimension) else {
    throw Failure(
      .shape, "the parameter vector has \(value) elements, objective '\(objective.name)' has \(objective.dimension)")
  }
  return objective.dimension
}

/// A struct that grows: how many bytes the caller knows. `minimum` is the size of its first version.
func structSize(_ size: UInt32, minimum: Int, _ name: StaticString) throws(Failure) -> Int {
  guard Int(size) >= minimum, size <= 65_536 else {
    throw Failure(.argument, "\(name).struct_size is \(size); set it to sizeof(\(name)) before the call")
  }
  return Int(size)
}

/// Writes as much of `value` as the caller's struct has room for.
func fill<T>(_ out: UnsafeMutablePointer<T>, _ value: T, size: Int) {
  withUnsafeBytes(of: value) { bytes in
    let room = UnsafeMutableRawBufferPointer(start: out, count: min(size, bytes.count))
    room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(room.count)))
  }
}

// MARK: Text that lives as long as the process

/// Strings handed to C for ever: names, sentences and defaults of the registry. Interned, so that listing twice does
/// not grow memory.
private let interned = Mutex<[String: InternedText]>([:])

private struct InternedText: @unchecked Sendable { let pointer: UnsafePointer<CChar> }

func permanent(_ string: String) -> UnsafePointer<CChar> {
  interned.withLock { table in
    if let known = table[string] { return known.pointer }
    guard let copy = strdup(string) else { return emptyText }
    table[string] = InternedText(pointer: UnsafePointer(copy))
    return UnsafePointer(copy)
  }
}

private nonisolated(unsafe) let emptyText: UnsafePointer<CChar> = {
  let text = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
  text.pointee = 0
  return UnsafePointer(text)
}()
