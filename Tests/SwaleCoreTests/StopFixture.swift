import Glibc
import Swale

/// One component on a problem that would keep it busy for many seconds.
struct LongRun {
  var objective: any Objective
  var options: Options = [:]
  var points: [Double] = []
  var count = 0
  /// Whether it is known to take longer than the tests wait before they stop it.
  var isLong = true
}

/// Problems for every solver and metric of the registry; what is not listed by name gets one by its needs.
struct LongRuns {
  /// 60 000 samples: an evaluation takes some hundredths of a second, a block of Hessian products seconds.
  let network: any Objective
  /// Binary perceptrons beyond capacity, which no solver ends by solving them.
  let unsolvable: any Objective
  let large: any Objective
  let spherical: any Objective
  let small: any Objective
  /// 29 weights: 2^29 configurations take seconds on any machine.
  let countable: any Objective
  /// 301 hidden units.
  let crowd: any Objective
  let bowl: any Objective
  /// 1500 hidden units, to be matched.
  let wide: any Objective

  init() throws {
    network = try Self.network(samples: 60_000, hidden: 128)
    wide = try Self.network(samples: 10, hidden: 1500)
    unsolvable = try Self.device("perceptron", 3000, 2001)
    large = try Self.device("perceptron", 3400, 4001)
    small = try Self.device("perceptron", 600, 1001)
    countable = try Self.device("perceptron", 30, 29)
    spherical = try Self.device(
      "perceptron", 3000, 2001, ["weights": .text("spherical"), "loss": .text("cross_entropy")])
    crowd = try Self.device("committee", 100_000, 1001, ["hidden": .int(301), "architecture": .text("full")])
    bowl = try QuadraticObjective(diagonal: (0..<30_000).map { 1 + Double($0) })
  }

  static func network(samples: Int, hidden: Int) throws -> any Objective {
    let inputs = try Buffer<Float>(samples * 64)
    Float.randomNormal(1, 1, 0, samples * 64, 0, 1, inputs.pointer)
    let data = Dataset(
      name: "noise", count: samples, shape: [64], inputs: SampleStorage(inputs),
      targets: .labels(try Buffer((0..<samples).map { Int32($0 % 10) }), classes: 10))
    let builder = try ModelBuilder(inputShape: [64])
    try builder.add(Dense(hidden, "tanh"))
    try builder.add(Dense(10))
    return try NetworkObjective(model: builder.finish(), data: data, loss: CrossEntropy(), precision: .f32)
  }

  static func device(
    _ name: String, _ samples: Int, _ features: Int, _ options: Options = [:]
  ) throws -> any Objective {
    let data = try RandomPatterns.configured(["samples": .int(samples), "features": .int(features)]).load(seed: 1)
    return try Registry.shared.make(.objective, name, options, as: (any Landscape).self)
      .build(LandscapeParts(registry: .shared, data: data))
  }

  static func start(_ objective: any Objective, _ count: Int = 1) -> [Double] {
    (0..<count * objective.dimension).map { 0.3 * sin(1 + Double($0)) }
  }

  func solver(_ entry: Registration) -> LongRun? {
    let endless: Options = ["steps": .int(1_000_000), "learning_rate": .real(1e-3)]
    switch entry.info.name {
    case "sgd", "adam", "entropy_sgd", "replicated_sgd", "langevin":
      return LongRun(objective: network, options: endless)
    case "lbfgs", "newton_cg": return LongRun(objective: network, options: ["gradient_tolerance": .real(0)])
    case "metropolis", "simulated_annealing", "replicated_annealing":
      return LongRun(objective: unsolvable, options: ["sweeps": .int(1_000_000_000)])
    case "sbpi", "least_action", "entropic_least_action":
      return LongRun(objective: unsolvable, options: ["epochs": .int(1_000_000_000)])
    case "belief_propagation":
      return LongRun(objective: large, options: ["tolerance": .real(0), "max_sweeps": .int(1_000_000_000)])
    case "focusing_bp": return LongRun(objective: large, options: ["rate": .real(1e-4)])
    case "max_sum": return LongRun(objective: large, options: ["rate": .real(1e-9)])
    case "amp": return LongRun(objective: unsolvable, options: ["tolerance": .real(0)])
    case "min_over": return LongRun(objective: spherical, options: ["tolerance": .real(1e-12)])
    case "greedy_local_entropy": return LongRun(objective: small)
    default:
      let needs = entry.needs.subtracting(.stochastic)
      let fitting = [network, unsolvable, spherical, bowl].first { $0.capabilities.isSuperset(of: needs) }
      return fitting.map { LongRun(objective: $0, isLong: false) }
    }
  }

  func metric(_ entry: Registration) -> LongRun? {
    func at(_ objective: any Objective, _ options: Options = [:], points: Int = 1, isLong: Bool = true) -> LongRun {
      LongRun(
        objective: objective, options: options, points: Self.start(objective, points), count: points, isLong: isLong)
    }
    let many = OptionValue.int(1_000_000)
    switch entry.info.name {
    case "hessian_top", "gauss_newton_top": return at(network, ["k": .int(10), "tolerance": .real(1e-13)])
    case "hessian_trace", "hessian_spectrum": return at(network, ["probes": many])
    case "hessian_dense", "hessian_index": return at(network)
    case "local_energy": return at(network, ["draws": many])
    case "plane": return at(network, ["resolution": .int(1001)])
    case "linear_path": return at(network, ["points": many], points: 2)
    case "distance": return at(bowl, points: 400)
    case "stabilities": return at(crowd)
    case "overlaps": return at(wide, points: 2)
    case "enumeration": return LongRun(objective: countable)
    case "bethe_entropy": return LongRun(objective: large)
    case "local_entropy": return at(small, ["fields": .reals((1...200).map { 0.01 * Double($0) })])
    case "franz_parisi": return LongRun(objective: small, options: ["references": .int(1000)])
    case "perceptron_replica":
      return LongRun(
        objective: NoLandscape(),
        options: ["quantity": .text("wide_flat"), "alpha": .reals((1...500).map { 1e-3 * Double($0) })])
    case "committee_replica": return LongRun(objective: NoLandscape(), options: ["hidden": .int(31)])
    default:
      if entry.needs.isEmpty { return LongRun(objective: NoLandscape(), isLong: false) }
      let fitting = [network, unsolvable, spherical, bowl].first { $0.capabilities.isSuperset(of: entry.needs) }
      return fitting.map { at($0, points: entry.points.lowerBound, isLong: false) }
    }
  }

  func run(_ entry: Registration, _ work: LongRun, _ run: Run) throws -> Report {
    let name = entry.info.name
    if entry.kind == .solver {
      let solver = try Registry.shared.make(.solver, name, work.options, as: (any Solver).self)
      var x = Self.start(work.objective)
      return try solve(solver, name: name, needs: entry.needs, objective: work.objective, x: &x, run: run)
    }
    let metric = try Registry.shared.make(.metric, name, work.options, as: (any Metric).self)
    return try measure(
      metric, name: name, needs: entry.needs, pointRange: entry.points, objective: work.objective,
      points: work.points, count: work.count, run: run)
  }

  /// Every solver and metric with its problem.
  func all() -> [(entry: Registration, work: LongRun)] {
    Registry.shared.list(.solver).compactMap { entry in solver(entry).map { (entry, $0) } }
      + Registry.shared.list(.metric).compactMap { entry in metric(entry).map { (entry, $0) } }
  }
}
