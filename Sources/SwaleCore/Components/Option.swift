/// A value of an option, as given by a caller.
public enum OptionValue: Sendable, Equatable {
  case bool(Bool)
  case int(Int)
  case real(Double)
  case text(String)
  case ints([Int])
  case reals([Double])

  public var description: String {
    switch self {
    case .bool(let value): value ? "true" : "false"
    case .int(let value): "\(value)"
    case .real(let value): value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    case .text(let value): value
    case .ints(let values): values.map { "\($0)" }.joined(separator: ",")
    case .reals(let values): values.map { "\($0)" }.joined(separator: ",")
    }
  }

  /// The value as sentences show it: a caller may have given millions of numbers.
  var shown: String {
    switch self {
    case .text(let text) where text.utf8.count > Self.mostShown: "\(text.prefix(Self.mostShown))..."
    case .ints(let values) where values.count > 8:
      "\(Self.ints(Array(values.prefix(8))).description),... (\(values.count))"
    case .reals(let values) where values.count > 8:
      "\(Self.reals(Array(values.prefix(8))).description),... (\(values.count))"
    default: description
    }
  }

  private static let mostShown = 80

  /// How many values a list has; nil for a single value.
  fileprivate var listCount: Int? {
    switch self {
    case .ints(let values): values.count
    case .reals(let values): values.count
    default: nil
    }
  }
}

/// Type of an option as listed to callers.
public enum OptionType: Sendable { case bool, int, real, text, ints, reals }

/// The public record of one option: what listings, documents, Python signatures and checks are made from.
public struct OptionInfo: Sendable {
  public let name: String
  public let type: OptionType
  public let doc: String
  public let fallback: OptionValue
  public let choices: [String]
  public let lowest: Double
  public let highest: Double
  /// Most values of a list.
  public let longest: Int

  public static let longestList = 1 << 27

  public init(
    name: String, type: OptionType, doc: String, fallback: OptionValue, choices: [String] = [],
    lowest: Double = -.infinity, highest: Double = .infinity, longest: Int = OptionInfo.longestList
  ) {
    self.name = name
    self.type = type
    self.doc = doc
    self.fallback = fallback
    self.choices = choices
    self.lowest = lowest
    self.highest = highest
    self.longest = longest
  }

  /// The value in this option's own type, or the sentence why not. Whole reals are accepted as integers and
  /// integers as reals, because C callers and Python callers rarely care. An empty list is refused: a component sees
  /// an empty list where none was given, and would take what was to mean nothing for everything.
  public func checked(_ value: OptionValue, of owner: String) throws(Failure) -> OptionValue {
    func refuse(_ why: String) -> Failure {
      Failure(.option, "option '\(name)' of \(owner) is \(value.shown), \(why)")
    }
    func inRange(_ number: Double) throws(Failure) {
      guard number >= lowest, number <= highest else {
        throw refuse("allowed \(OptionValue.real(lowest).description) ... \(OptionValue.real(highest).description)")
      }
    }
    func whole(_ number: Double) throws(Failure) -> Int {
      guard let exact = Int(exactly: number) else { throw refuse("allowed whole numbers") }
      return exact
    }
    // Lists are converted by copying.
    var claim: MemoryClaim?
    if let count = value.listCount {
      guard count <= longest else { throw refuse("allowed lists of up to \(longest) values") }
      claim = try MemoryClaim(count * MemoryLayout<Double>.stride)
    }
    defer { withExtendedLifetime(claim) {} }
    switch (type, value) {
    case (.ints, .ints([])), (.ints, .reals([])), (.reals, .ints([])), (.reals, .reals([])):
      throw Failure(
        .option, "option '\(name)' of \(owner) is an empty list, allowed 1 number and more; leave it out for the "
          + "default")
    case (.bool, .bool): return value
    case (.bool, .int(let number)) where number == 0 || number == 1: return .bool(number == 1)
    case (.int, .int(let number)):
      try inRange(Double(number))
      return value
    case (.int, .real(let number)):
      try inRange(number)
      return .int(try whole(number))
    case (.real, .real(let number)):
      try inRange(number)
      return value
    case (.real, .int(let number)):
      try inRange(Double(number))
      return .real(Double(number))
    case (.text, .text(let text)):
      guard choices.isEmpty || choices.contains(text) else {
        throw refuse("allowed \(choices.joined(separator: ", "))")
      }
      return value
    case (.ints, .ints(let numbers)):
      for number in numbers { try inRange(Double(number)) }
      return value
    case (.ints, .int(let number)):
      try inRange(Double(number))
      return .ints([number])
    case (.ints, .reals(let numbers)):
      var exact: [Int] = []
      exact.reserveCapacity(numbers.count)
      for number in numbers {
        try inRange(number)
        exact.append(try whole(number))
      }
      return .ints(exact)
    case (.reals, .reals(let numbers)):
      for number in numbers { try inRange(number) }
      return value
    case (.reals, .ints(let numbers)):
      for number in numbers { try inRange(Double(number)) }
      return .reals(numbers.map(Double.init))
    case (.reals, .real(let number)):
      try inRange(number)
      return .reals([number])
    case (.reals, .int(let number)):
      try inRange(Double(number))
      return .reals([Double(number)])
    default:
      throw refuse("allowed a value of type \(type)")
    }
  }
}

/// An option declared beside the property it sets: the one place of its name, range, default and sentence.
public struct Option<Root> {
  public let info: OptionInfo
  let apply: (inout Root, OptionValue) -> Void
}

/// Properties that can be options.
public protocol OptionConvertible: Sendable {
  static var optionType: OptionType { get }
  var optionValue: OptionValue { get }
  init?(optionValue: OptionValue)
}

extension Bool: OptionConvertible {
  public static var optionType: OptionType { .bool }
  public var optionValue: OptionValue { .bool(self) }
  public init?(optionValue: OptionValue) {
    guard case .bool(let value) = optionValue else { return nil }
    self = value
  }
}
extension Int: OptionConvertible {
  public static var optionType: OptionType { .int }
  public var optionValue: OptionValue { .int(self) }
  public init?(optionValue: OptionValue) {
    guard case .int(let value) = optionValue else { return nil }
    self = value
  }
}
extension Double: OptionConvertible {
  public static var optionType: OptionType { .real }
  public var optionValue: OptionValue { .real(self) }
  public init?(optionValue: OptionValue) {
    guard case .real(let value) = optionValue else { return nil }
    self = value
  }
}
extension String: OptionConvertible {
  public static var optionType: OptionType { .text }
  public var optionValue: OptionValue { .text(self) }
  public init?(optionValue: OptionValue) {
    guard case .text(let value) = optionValue else { return nil }
    self = value
  }
}
/// Elements of lists that can be options.
public protocol OptionElement: Sendable {
  static var listType: OptionType { get }
  static func list(_ values: [Self]) -> OptionValue
  static func values(_ list: OptionValue) -> [Self]?
}

extension Int: OptionElement {
  public static var listType: OptionType { .ints }
  public static func list(_ values: [Int]) -> OptionValue { .ints(values) }
  public static func values(_ list: OptionValue) -> [Int]? {
    if case .ints(let values) = list { values } else { nil }
  }
}

extension Double: OptionElement {
  public static var listType: OptionType { .reals }
  public static func list(_ values: [Double]) -> OptionValue { .reals(values) }
  public static func values(_ list: OptionValue) -> [Double]? {
    if case .reals(let values) = list { values } else { nil }
  }
}

extension Array: OptionConvertible where Element: OptionElement {
  public static var optionType: OptionType { Element.listType }
  public var optionValue: OptionValue { Element.list(self) }
  public init?(optionValue: OptionValue) {
    guard let values = Element.values(optionValue) else { return nil }
    self = values
  }
}

extension Component {
  /// Declares an option: the default is the value of the property in a fresh instance.
  public static func option<Value: OptionConvertible>(
    _ name: String, _ path: WritableKeyPath<Self, Value>, in range: ClosedRange<Double>,
    longest: Int = OptionInfo.longestList, _ doc: String
  ) -> Option<Self> {
    makeOption(name, path, [], range.lowerBound, range.upperBound, longest, doc)
  }

  public static func option<Value: OptionConvertible>(
    _ name: String, _ path: WritableKeyPath<Self, Value>, choices: [String] = [], _ doc: String
  ) -> Option<Self> {
    makeOption(name, path, choices, -.infinity, .infinity, OptionInfo.longestList, doc)
  }

  private static func makeOption<Value: OptionConvertible>(
    _ name: String, _ path: WritableKeyPath<Self, Value>, _ choices: [String], _ lowest: Double,
    _ highest: Double, _ longest: Int, _ doc: String
  ) -> Option<Self> {
    let fallback = Self()[keyPath: path].optionValue
    let info = OptionInfo(
      name: name, type: Value.optionType, doc: doc, fallback: fallback, choices: choices, lowest: lowest,
      highest: highest, longest: longest)
    return Option(info: info) { root, value in
      if let converted = Value(optionValue: value) { root[keyPath: path] = converted }
    }
  }
}

/// A bag of named values, checked when a component is made from it.
public struct Options: Sendable, ExpressibleByDictionaryLiteral {
  public private(set) var values: [(name: String, value: OptionValue)] = []
  /// What the values take, where somebody counted it.
  private var claims: [String: MemoryClaim] = [:]

  /// Most names of a bag: many times what any component has.
  public static let most = 1024

  public init() {}
  public init(dictionaryLiteral values: (String, OptionValue)...) {
    for (name, value) in values { self[name] = value }
  }

  public subscript(name: String) -> OptionValue? {
    get { values.first { $0.name == name }?.value }
    set {
      values.removeAll { $0.name == name }
      claims[name] = nil
      if let newValue { values.append((name, newValue)) }
    }
  }

  /// Sets a value whose memory is counted for as long as the bag, or a copy of it, holds it.
  public mutating func set(_ name: String, _ value: OptionValue, _ claim: MemoryClaim) throws(Failure) {
    guard values.count < Self.most || self[name] != nil else {
      throw Failure(.option, "option '\(name.prefix(80))' is one too many: a bag holds up to \(Self.most) options")
    }
    self[name] = value
    claims[name] = claim
  }
}

/// The name in `candidates` that a misspelt `name` probably meant (edit distance), if any is near.
public func nearest(_ name: String, in candidates: [String]) -> String? {
  func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for i in a.indices {
      var diagonal = row[0]
      row[0] = i + 1
      for j in b.indices {
        let substituted = diagonal + (a[i] == b[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, min(row[j], row[j + 1]) + 1)
      }
    }
    return row[b.count]
  }
  let wanted = Array(name.utf8.prefix(64))
  let scored = candidates.map { ($0, distance(wanted, Array($0.utf8))) }
  guard let best = scored.min(by: { $0.1 < $1.1 }) else { return nil }
  return best.1 <= max(3, wanted.count / 2) ? best.0 : nil
}

/// "unknown X 'name'; did you mean 'other'? Known: ..."
public func unknownName(_ what: String, _ name: String, known: [String]) -> String {
  let shown = String(name.prefix(80))
  if let near = nearest(name, in: known) { return "unknown \(what) '\(shown)'; did you mean '\(near)'?" }
  return "unknown \(what) '\(shown)'; known: \(known.sorted().joined(separator: ", "))"
}
