/// What a tensor is to its layer: decides initialisation, filter normalisation and permutation symmetry.
public enum TensorRole: Sendable { case weight, bias, normScale, normShift, free }

/// One tensor of a parameter vector, stored row-major at `offset`.
public struct Tensor: Sendable {
  public let name: String
  public let shape: [Int]
  public let offset: Int
  public let role: TensorRole
  /// Axis whose slices are filters: all weights that feed one output unit. Nil for biases and free vectors.
  public let filterAxis: Int?
  /// Inputs summed into one output unit, and output units fed by one input: what initialisers scale by.
  public let fanIn: Int
  public let fanOut: Int
  /// Permutation groups of the output and input axes: tensors that share a group permute together.
  public let outputGroup: Int?
  public let inputGroup: Int?

  public init(
    name: String, shape: [Int], offset: Int, role: TensorRole, filterAxis: Int? = nil, fanIn: Int = 1,
    fanOut: Int = 1, outputGroup: Int? = nil, inputGroup: Int? = nil
  ) {
    self.name = name
    self.shape = shape
    self.offset = offset
    self.role = role
    self.filterAxis = filterAxis
    self.fanIn = fanIn
    self.fanOut = fanOut
    self.outputGroup = outputGroup
    self.inputGroup = inputGroup
  }

  public var count: Int { shape.reduce(1, *) }
  public var range: Range<Int> { offset..<(offset + count) }

  /// The same tensor at another place of a vector.
  public func moved(to offset: Int) -> Tensor {
    Tensor(
      name: name, shape: shape, offset: offset, role: role, filterAxis: filterAxis, fanIn: fanIn, fanOut: fanOut,
      outputGroup: outputGroup, inputGroup: inputGroup)
  }
}

/// The named tensors of a parameter vector, in order and without gaps.
public struct ParameterLayout: Sendable {
  public let tensors: [Tensor]

  public init(_ tensors: [Tensor]) { self.tensors = tensors }

  /// A vector without inner structure.
  public static func vector(_ count: Int) -> ParameterLayout {
    ParameterLayout([Tensor(name: "x", shape: [count], offset: 0, role: .free, fanIn: count)])
  }

  public var count: Int { tensors.last.map { $0.offset + $0.count } ?? 0 }

  public func tensor(_ name: String) throws(Failure) -> Tensor {
    if let found = tensors.first(where: { $0.name == name }) { return found }
    throw Failure(.name, unknownName("parameter tensor", name, known: tensors.map(\.name)))
  }

  /// The tensors selected by a comma-separated list of names or prefixes ("dense0" selects "dense0.weight" and
  /// "dense0.bias"). A list that names none is refused.
  public func select(_ names: String) throws(Failure) -> [Tensor] {
    var chosen: [Tensor] = []
    for name in names.split(separator: ",").map({ $0.filter { $0 != " " } }) {
      let found = tensors.filter { $0.name == name || $0.name.hasPrefix(name + ".") }
      if found.isEmpty {
        let prefixes = Set(tensors.compactMap { $0.name.split(separator: ".").first.map(String.init) })
        throw Failure(.name, unknownName("parameter tensor", name, known: tensors.map(\.name) + prefixes.sorted()))
      }
      for tensor in found where !chosen.contains(where: { $0.name == tensor.name }) { chosen.append(tensor) }
    }
    guard !chosen.isEmpty else {
      throw Failure(
        .name, "the list '\(names.prefix(80))' names no parameter tensor; known: "
          + tensors.map(\.name).joined(separator: ", "))
    }
    return chosen.sorted { $0.offset < $1.offset }
  }
}
