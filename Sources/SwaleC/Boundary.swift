import CSwale
import Glibc
import Swale

/// Runs the body of an exported function: a failure becomes a status and this thread's last error. Whatever the host
/// has set of its floating-point unit, the body, and callbacks within it, run with round to nearest and without traps.
@inline(__always)
func boundary(_ body: () throws(Failure) -> Void) -> swale_status {
  let arithmetic = csw_enter_arithmetic()
  defer { csw_leave_arithmetic(arithmetic) }
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

/// A struct that grows: how many bytes the caller knows. `minimum` is the size of its first version. Members that were
/// added behind it, and those to come, take 8 bytes each: a size between their ends would cut a pointer.
func structSize(_ size: UInt32, minimum: Int, _ name: StaticString) throws(Failure) -> Int {
  guard Int(size) >= minimum, size <= 65_536, size % 8 == 0 else {
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

