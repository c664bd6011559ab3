import SwaleCore

/// Decimal numbers in text, correctly rounded and independent of the process's locale (strtod is neither bounded nor
/// locale-free).
///
/// Numbers of at most 2^53 and |exponent| <= 22 are one exact product or quotient (Clinger 1990); the few others go
/// through Swift's own conversion.
struct DecimalNumber {
  /// 10^0 ... 10^22, all exact in a double.
  private let powers: Buffer<Double>

  init() throws(Failure) {
    powers = try Buffer<Double>(23, zeroed: false)
    var power = 1.0
    for i in 0..<23 {
      powers.pointer[i] = power
      power *= 10
    }
  }

  /// The number written in exactly these bytes: [sign] digits [. digits] [e [sign] digits]; nil for anything else.
  /// A number too large for a double is infinite; the words nan and inf are not numbers.
  func parse(_ text: UnsafePointer<UInt8>, _ count: Int) -> Double? {
    var p = 0
    var negative = false
    if p < count, text[p] == minus || text[p] == plus {
      negative = text[p] == minus
      p += 1
    }
    var mantissa: UInt64 = 0
    var significant = 0
    var digits = 0
    var exponent = 0
    func take(_ digit: UInt8) {
      digits += 1
      if significant > 0 || digit > 0 { significant += 1 }
      if significant <= 19 { mantissa = mantissa &* 10 &+ UInt64(digit) }
    }
    while p < count, text[p] &- zero < 10 {
      take(text[p] &- zero)
      p += 1
    }
    if p < count, text[p] == point {
      p += 1
      while p < count, text[p] &- zero < 10 {
        take(text[p] &- zero)
        exponent -= 1
        p += 1
      }
    }
    guard digits > 0 else { return nil }
    if p < count, text[p] | 0x20 == letterE {
      p += 1
      var sign = 1
      if p < count, text[p] == minus || text[p] == plus {
        sign = text[p] == minus ? -1 : 1
        p += 1
      }
      guard p < count, text[p] &- zero < 10 else { return nil }
      var written = 0
      while p < count, text[p] &- zero < 10 {
        written = min(written * 10 + Int(text[p] &- zero), 1_000_000)
        p += 1
      }
      exponent += sign * written
    }
    guard p == count else { return nil }
    if significant <= 19, mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
      let magnitude = Double(mantissa)
      let value = exponent < 0 ? magnitude / powers.pointer[-exponent] : magnitude * powers.pointer[exponent]
      return negative ? -value : value
    }
    return Double(String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self))
  }

  /// Whether the bytes spell a number that is not finite: nan, inf or infinity, with a sign, in any case.
  static func isNonfiniteWord(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    guard count <= 9 else { return false }
    let word = String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self).lowercased()
    return ["nan", "inf", "infinity"].contains(word.first == "-" || word.first == "+" ? String(word.dropFirst()) : word)
  }

  private var zero: UInt8 { UInt8(ascii: "0") }
  private var minus: UInt8 { UInt8(ascii: "-") }
  private var plus: UInt8 { UInt8(ascii: "+") }
  private var point: UInt8 { UInt8(ascii: ".") }
  private var letterE: UInt8 { UInt8(ascii: "e") }
}
