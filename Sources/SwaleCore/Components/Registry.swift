import Synchronization

/// One registered component, built in or from a plugin: both take this road.
public struct Registration: Sendable {
  public let kind: Kind
  public let info: Info
  public let options: [OptionInfo]
  public let needs: Capabilities
  public let points: ClosedRange<Int>
  /// Makes a configured instance; the caller casts it to the protocol of the kind.
  public let make: @Sendable (Options) throws(Failure) -> any Sendable

  public init(
    kind: Kind, info: Info, options: [OptionInfo], needs: Capabilities, points: ClosedRange<Int> = 0...0,
    make: @escaping @Sendable (Options) throws(Failure) -> any Sendable
  ) {
    self.kind = kind
    self.info = info
    self.options = options
    self.needs = needs
    self.points = points
    self.make = make
  }

  /// Whether another component has the same kind and name.
  public func clashes(_ other: Registration) -> Bool { kind == other.kind && info.name == other.info.name }

  /// What is said to a component whose name is taken.
  public var refusal: Failure { Failure(.plugin, "a \(kind.text) named '\(info.name)' is registered already") }

  public init<T: Component>(_ type: T.Type) {
    self.init(
      kind: T.kind, info: T.info, options: T.options.map(\.info), needs: T.needs, points: T.points,
      make: { options throws(Failure) in try T.configured(options) })
  }
}

/// All components by kind and name. The registry is also the test matrix: conformance checks run over it.
public final class Registry: Sendable {
  private let entries: Mutex<[Registration]>

  /// - Parameter builtins: names must be unique within a kind; a test checks the list.
  public init(builtins: [Registration] = []) { entries = Mutex(builtins) }

  /// Adds components, all of them or none; a name that is taken is refused, so that a plugin cannot silently replace a
  /// built-in one.
  public func add(_ registrations: [Registration]) throws(Failure) {
    let taken = entries.withLock { entries -> Registration? in
      if let taken = registrations.first(where: { entries.contains(where: $0.clashes) }) { return taken }
      entries += registrations
      return nil
    }
    if let taken { throw taken.refusal }
  }

  /// Refuses a component whose name is taken.
  public func requireFree(_ registration: Registration) throws(Failure) {
    if entries.withLock({ entries in entries.contains(where: registration.clashes) }) { throw registration.refusal }
  }

  public func list(_ kind: Kind) -> [Registration] {
    entries.withLock { entries in entries.filter { $0.kind == kind } }
  }

  public func find(_ kind: Kind, _ name: String) throws(Failure) -> Registration {
    let found = entries.withLock { entries in
      entries.first { $0.kind == kind && $0.info.name == name }
    }
    if let found { return found }
    throw Failure(.name, unknownName(kind.text, name, known: list(kind).map(\.info.name)))
  }

  /// A configured instance of the component, as the protocol of its kind.
  public func make<T>(_ kind: Kind, _ name: String, _ options: Options, as type: T.Type) throws(Failure) -> T {
    let instance = try find(kind, name).make(options)
    guard let typed = instance as? T else {
      throw Failure(.internalError, "\(kind.text) '\(name)' is not a \(T.self)")
    }
    return typed
  }
}
