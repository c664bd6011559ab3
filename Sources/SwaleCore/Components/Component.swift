/// What is listed about a component.
public struct Info: Sendable {
  public let name: String
  /// One sentence: what it computes or does.
  public let summary: String
  /// Paper and equation, where there is one.
  public let reference: String

  public init(_ name: String, _ summary: String, reference: String = "") {
    self.name = name
    self.summary = summary
    self.reference = reference
  }
}

/// Kinds of components, as in `swale_kind`.
public enum Kind: Int32, Sendable, CaseIterable {
  case layer = 1
  case loss = 2
  case objective = 3
  case solver = 4
  case metric = 5
  case dataset = 6
  case transform = 7
  case initializer = 8
  case run = 9

  public var text: String { "\(self)" }
}

/// Anything that is registered by name and configured by options: a value whose properties are its settings.
public protocol Component: Sendable {
  static var kind: Kind { get }
  static var info: Info { get }
  static var options: [Option<Self>] { get }
  /// What it needs of an objective.
  static var needs: Capabilities { get }
  /// How many points a metric takes.
  static var points: ClosedRange<Int> { get }
  init()
}

extension Component {
  public static var options: [Option<Self>] { [] }
  public static var needs: Capabilities { [] }
  public static var points: ClosedRange<Int> { 0...0 }

  /// An instance with `options` checked and applied.
  public static func configured(_ options: Options) throws(Failure) -> Self {
    var instance = Self()
    if options.values.isEmpty { return instance }
    let declared = Self.options
    let owner = "\(kind.text) '\(info.name)'"
    for (name, value) in options.values {
      guard let option = declared.first(where: { $0.info.name == name }) else {
        throw Failure(.option, unknownName("option of \(owner)", name, known: declared.map(\.info.name)))
      }
      option.apply(&instance, try option.info.checked(value, of: owner))
    }
    return instance
  }
}
