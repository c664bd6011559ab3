import CSwale
import Glibc
import Swale

/// A solver from a C table, as a `Solver` like any other: the one adapter between the two.
struct PluginSolver: Solver {
  let table: PluginTable
  let options: PluginOptions

  /// Checks a table, which must live as long as the process.
  static func registration(_ pointer: UnsafePointer<swale_solver_plugin>) throws(Failure) -> Registration {
    // Members behind the size that the plugin was compiled with read as zero.
    let size = Int(pointer.pointee.struct_size)
    let least = MemoryLayout<swale_solver_plugin>.offset(of: \swale_solver_plugin.save) ?? 0
    guard size >= least, size <= 65_536, size % 8 == 0 else {
      throw Failure(
        .plugin, "a solver table has struct_size \(size), which is too short or no size for plugin ABI "
          + "\(SWALE_PLUGIN_ABI); set it to sizeof(swale_solver_plugin), here \(least) or more")
    }
    var table = swale_solver_plugin()
    withUnsafeMutableBytes(of: &table) { bytes in
      bytes.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(size, bytes.count)))
    }
    let name = try PluginRecords(owner: "a solver table").name(table.name, "its name")
    let records = PluginRecords(owner: "solver '\(name)'")
    guard table.create != nil, table.step != nil, table.destroy != nil else {
      throw Failure(.plugin, "solver '\(name)' lacks create, step or destroy")
    }
    let needs = Capabilities(rawValue: Int64(table.needs))
    guard Capabilities.all.isSuperset(of: needs) else {
      throw Failure(.plugin, "solver '\(name)' needs bits \(table.needs) of SWALE_CAN_, some of which have no meaning")
    }
    let infos = try records.options(table.options, table.option_count)
    let info = Info(
      name, try records.text(table.summary, "the summary"),
      reference: try records.text(table.reference, "the reference"))
    let held = PluginTable(table: table)
    return Registration(
      kind: .solver, info: info, options: infos, needs: needs,
      make: { given throws(Failure) in PluginSolver(table: held, options: try PluginOptions(given, infos, name)) })
  }

  func start<S: Scalar>(_ job: Job<S>, _ x: UnsafePointer<S>) throws(Failure) -> Stepper<S> {
    try PluginStepper(job, self, x)
  }
}

/// The C table, copied once; plugins promise that what it points to lives as long as the process.
struct PluginTable: @unchecked Sendable { let table: swale_solver_plugin }

/// Checked values of a plugin solver's options.
struct PluginOptions: Sendable {
  let values: [String: OptionValue]
  /// Texts in C's form: they live as long as the solver that was made with these options.
  let texts: [String: CText]

  init(_ given: Options, _ declared: [OptionInfo], _ solver: String) throws(Failure) {
    var values: [String: OptionValue] = [:]
    for info in declared { values[info.name] = info.fallback }
    for (name, value) in given.values {
      guard let info = declared.first(where: { $0.name == name }) else {
        throw Failure(.option, unknownName("option of solver '\(solver)'", name, known: declared.map(\.name)))
      }
      values[name] = try info.checked(value, of: "solver '\(solver)'")
    }
    self.values = values
    texts = values.compactMapValues { value in
      if case .text(let text) = value { CText(text) } else { nil }
    }
  }
}
