import CSwale
import Swale

/// Makes an empty bag of options. Names and ranges are checked when a component is made from it. A bag belongs to one
/// thread at a time.
@c(swale_options_create)
public func swaleOptionsCreate(_ out: UnsafeMutablePointer<swale_options_t>?) -> swale_status {
  boundary { () throws(Failure) in publish(OptionsBox(), .options, try required(out, "out")) }
}

/// Destroys a bag of options; 0 does nothing.
@c(swale_options_destroy)
public func swaleOptionsDestroy(_ options: swale_options_t) -> swale_status {
  boundary { () throws(Failure) in try destroy(options, .options) }
}

/// Bytes that a named value takes besides its list or text.
private let bookkeeping = 128

/// Sets a value of `bytes` bytes, which is made after their memory was claimed.
private func set(
  _ options: swale_options_t, _ name: UnsafePointer<CChar>?, bytes: Int = 0, _ value: @autoclosure () -> OptionValue
) throws(Failure) {
  let key = try text(name, "name")
  let box = try resolve(options, .options, as: OptionsBox.self)
  let claim = try MemoryClaim(bytes + key.utf8.count + bookkeeping)
  let made = value()
  try box.options.withLock { (bag) throws(Failure) in try bag.set(key, made, claim) }
}

/// Sets a switch: 0 is off, anything else on.
@c(swale_options_set_bool)
public func swaleOptionsSetBool(
  _ options: swale_options_t, _ name: UnsafePointer<CChar>?, _ value: Int32
) -> swale_status {
  boundary { () throws(Failure) in try set(options, name, .bool(value != 0)) }
}

/// Sets a whole number; also accepted where a real number is wanted.
@c(swale_options_set_int)
public func swaleOptionsSetInt(
  _ options: swale_options_t, _ name: UnsafePointer<CChar>?, _ value: Int64
) -> swale_status {
  boundary { () throws(Failure) in try set(options, name, .int(Int(value))) }
}

/// Sets a real number.
@c(swale_options_set_real)
public func swaleOptionsSetReal(
  _ options: swale_options_t, _ name: UnsafePointer<CChar>?, _ value: Double
) -> swale_status {
  boundary { () throws(Failure) in try set(options, name, .real(value)) }
}

/// Sets a text (UTF-8, copied).
@c(swale_options_set_text)
public func swaleOptionsSetText(
  _ options: swale_options_t, _ name: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?
) -> swale_status {
  boundary { () throws(Failure) in
    let words = try text(value, "value")
    try set(options, name, bytes: words.utf8.count, .text(words))
  }
}

private func list<T>(
  _ values: UnsafePointer<T>?, _ length: Int64
) throws(Failure) -> UnsafeBufferPointer<T> {
  let n = try count(length, "count")
  let most = OptionInfo.longestList
  guard n <= most else { throw Failure(.argument, "a list of \(n) values, allowed up to \(most)") }
  return UnsafeBufferPointer(start: n == 0 ? nil : try required(values, "values"), count: n)
}

/// Sets a list of whole numbers (copied). Lists and texts count against the memory limit until the bag is destroyed.
@c(swale_options_set_ints)
public func swaleOptionsSetInts(
  _ options: swale_options_t, _ name: UnsafePointer<CChar>?, _ values: UnsafePointer<Int64>?, _ count: Int64
) -> swale_status {
  boundary { () throws(Failure) in
    let list = try list(values, count)
    try set(options, name, bytes: 8 * list.count, .ints(list.map { Int($0) }))
  }
}

/// Sets a list of real numbers (copied).
@c(swale_options_set_reals)
public func swaleOptionsSetReals(
  _ options: swale_options_t, _ name: UnsafePointer<CChar>?, _ values: UnsafePointer<Double>?, _ count: Int64
) -> swale_status {
  boundary { () throws(Failure) in
    let list = try list(values, count)
    try set(options, name, bytes: 8 * list.count, .reals(Array(list)))
  }
}

/// Checks names and values of a bag against the options of a component (a SWALE_KIND_ and a registered name), as making
/// the component does, and makes nothing: for programs that collect settings before they use them.
@c(swale_options_check)
public func swaleOptionsCheck(
  _ options: swale_options_t, _ kind: swale_kind, _ name: UnsafePointer<CChar>?
) -> swale_status {
  boundary { () throws(Failure) in
    guard let known = Kind(rawValue: kind) else { throw Failure(.argument, "argument 'kind' is \(kind), allowed 1 ... 9") }
    _ = try Registry.shared.find(known, try text(name, "name")).make(try optionBag(options))
  }
}

/// The options of a handle; 0 means none given.
func optionBag(_ handle: swale_options_t) throws(Failure) -> Options {
  if handle == 0 { return Options() }
  return try resolve(handle, .options, as: OptionsBox.self).options.withLock { $0 }
}
