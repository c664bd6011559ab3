import SwaleCore
import Synchronization

/// One planned layer of a graph.
public struct ModelNode: Sendable {
  public let name: String
  public let layer: any Layer
  /// Indices of the nodes it reads; -1 is the input of the model.
  public let inputs: [Int]
  public let inputShapes: [[Int]]
  public let plan: LayerPlan
  /// Start of its parameters in the parameter vector.
  public let offset: Int
  public let parameterCount: Int
}

/// An immutable graph of layers with its parameter layout. The last node is the output.
public final class Model: Sendable {
  public let inputShape: [Int]
  public let nodes: [ModelNode]
  public let layout: ParameterLayout

  fileprivate init(inputShape: [Int], nodes: [ModelNode]) {
    self.inputShape = inputShape
    self.nodes = nodes
    layout = Model.makeLayout(nodes)
  }

  public var outputShape: [Int] { nodes.last?.plan.output ?? inputShape }
  public var outputWidth: Int { outputShape.reduce(1, *) }
  public var parameterCount: Int { layout.count }
  public var differentiable: Bool { nodes.allSatisfy(\.plan.differentiable) }

  /// Tensor records, with the permutation groups found by following units through the graph: every group of hidden
  /// units gets one number, shared by the weights that make them and the weights that read them.
  private static func makeLayout(_ nodes: [ModelNode]) -> ParameterLayout {
    var parent = Array(nodes.indices)
    func root(_ i: Int) -> Int {
      var i = i
      while parent[i] != i { i = parent[i] }
      return i
    }
    var fixed = Set<Int>()
    for (i, node) in nodes.enumerated() {
      switch node.plan.units {
      case .fresh: break
      case .fixed: fixed.insert(i)
      case .inherited:
        for input in node.inputs { if input >= 0 { parent[root(input)] = root(i) } else { fixed.insert(i) } }
      }
    }
    if let last = nodes.indices.last { fixed.insert(last) }
    let fixedRoots = Set(fixed.map(root))
    func group(_ i: Int) -> Int? { i < 0 || fixedRoots.contains(root(i)) ? nil : root(i) }

    var tensors: [Tensor] = []
    for (i, node) in nodes.enumerated() {
      var offset = node.offset
      // A reshaping layer mixes units and positions, so its consumer cannot be permuted by unit.
      let source = node.inputs.first ?? -1
      let reads = source >= 0 && nodes[source].plan.output.count == 1 ? group(source) : nil
      for spec in node.plan.parameters {
        tensors.append(
          Tensor(
            name: "\(node.name).\(spec.name)", shape: spec.shape, offset: offset, role: spec.role,
            filterAxis: spec.filterAxis, fanIn: spec.fanIn, fanOut: spec.fanOut, outputGroup: group(i),
            inputGroup: spec.role == .weight ? reads : nil))
        offset += spec.shape.reduce(1, *)
      }
    }
    return ParameterLayout(tensors)
  }
}

/// Collects layers until the model is first used; from then on it cannot change.
public final class ModelBuilder: Sendable {
  private struct State {
    var nodes: [ModelNode] = []
    var finished: Model?
  }
  private let inputShape: [Int]
  private let state = Mutex(State())

  public init(inputShape: [Int]) throws(Failure) {
    guard !inputShape.isEmpty, inputShape.allSatisfy({ $0 > 0 }) else {
      throw Failure(.shape, "the input shape of a model is \(inputShape); allowed are positive sizes")
    }
    guard inputShape.count <= 8 else {
      throw Failure(.shape, "the input shape has \(inputShape.count) dimensions, allowed 1 to 8")
    }
    _ = try checkedProduct(inputShape, "the input shape")
    self.inputShape = inputShape
  }

  /// Adds a layer that reads the last one, or the layers named in `from` (comma-separated; "input" is the model's
  /// input). Returns its name.
  @discardableResult
  public func add(_ layer: any Layer, name: String? = nil, from: String? = nil) throws(Failure) -> String {
    var failure: Failure?
    let added = state.withLock { state -> String in
      do throws(Failure) { return try append(layer, name, from, &state) } catch {
        failure = error
        return ""
      }
    }
    if let failure { throw failure }
    return added
  }

  private func append(
    _ layer: any Layer, _ wanted: String?, _ from: String?, _ state: inout State
  ) throws(Failure) -> String {
    guard state.finished == nil else {
      throw Failure(.state, "the model is in use by an objective and cannot change; build a new one")
    }
    let type = Swift.type(of: layer)
    let kind = type.info.name
    let ordinal = state.nodes.count { Swift.type(of: $0.layer).info.name == kind }
    let name = wanted ?? "\(kind)\(ordinal)"
    guard !name.isEmpty, name != "input", !name.contains(where: { $0 == "," || $0 == "." || $0 == " " }) else {
      throw Failure(.name, "layer name '\(name)' is not allowed: use letters, digits and underscores, not 'input'")
    }
    guard !state.nodes.contains(where: { $0.name == name }) else {
      throw Failure(.name, "a layer named '\(name)' exists already")
    }
    var inputs: [Int] = [state.nodes.count - 1]
    if let from {
      guard from.contains(where: { $0 != "," && $0 != " " }) else {
        throw Failure(
          .name, "layer '\(name)' is to read no layer; name at least one, or give none for the layer before")
      }
      inputs = []
      for part in from.split(separator: ",").map({ String($0.filter { $0 != " " }) }) {
        if part == "input" {
          inputs.append(-1)
        } else if let index = state.nodes.firstIndex(where: { $0.name == part }) {
          inputs.append(index)
        } else {
          throw Failure(.name, unknownName("layer", part, known: ["input"] + state.nodes.map(\.name)))
        }
      }
    }
    guard type.inputCount.contains(inputs.count) else {
      let range = type.inputCount
      throw Failure(
        .shape, "layer '\(name)' (\(kind)) takes \(range.lowerBound) to \(range.upperBound) inputs, got \(inputs.count)")
    }
    let nodes = state.nodes
    let shapes = inputs.map { $0 < 0 ? inputShape : nodes[$0].plan.output }
    let plan: LayerPlan
    do throws(Failure) { plan = try layer.plan(shapes) } catch {
      throw Failure(error.status, "layer '\(name)': \(error.message)")
    }
    var count = 0
    for spec in plan.parameters {
      let size = try checkedProduct(spec.shape, "parameter '\(name).\(spec.name)'")
      let (sum, overflow) = count.addingReportingOverflow(size)
      guard !overflow else { throw Failure(.shape, "layer '\(name)' has too many parameters") }
      count = sum
    }
    let offset = nodes.last.map { $0.offset + $0.parameterCount } ?? 0
    guard !offset.addingReportingOverflow(count).overflow else {
      throw Failure(.shape, "the model has too many parameters")
    }
    state.nodes.append(
      ModelNode(
        name: name, layer: layer, inputs: inputs, inputShapes: shapes, plan: plan, offset: offset,
        parameterCount: count))
    return name
  }

  /// The immutable model; the same one every time.
  public func finish() throws(Failure) -> Model {
    let model = state.withLock { state -> Model? in
      if let finished = state.finished { return finished }
      if state.nodes.isEmpty { return nil }
      let model = Model(inputShape: inputShape, nodes: state.nodes)
      state.finished = model
      return model
    }
    guard let model else { throw Failure(.state, "the model has no layers; add at least one") }
    return model
  }

  /// Names and output shapes so far, for listings.
  public var summary: [(name: String, output: [Int])] {
    state.withLock { $0.nodes.map { ($0.name, $0.plan.output) } }
  }
}
