import CSwale
import Glibc
import Swale

/// A solver from a C table, as a `Solver` like any other: the one adapter between the two.
struct PluginSolver: Solver {
  let table: PluginTable
  let options: PluginOptions

  /// Checks the table and adds it to the registry. The table must live as long as the process.
  static func register(_ pointer: UnsafePointer<swale_solver_plugin>) throws(Failure) {
    // Members behind the size that the plugin was compiled with read as zero.
    let size = Int(pointer.pointee.struct_size)
    guard size >= MemoryLayout<swale_solver_plugin>.offset(of: \swale_solver_plugin.save) ?? 0 else {
      throw Failure(.plugin, "a solver table of struct_size \(size) is too short for plugin ABI \(SWALE_PLUGIN_ABI)")
    }
    var table = swale_solver_plugin()
    withUnsafeMutableBytes(of: &table) { bytes in
      bytes.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(size, bytes.count)))
    }
    guard let namePointer = table.name, let name = String(validatingCString: namePointer), !name.isEmpty else {
      throw Failure(.plugin, "a solver table has no name")
    }
    guard table.create != nil, table.step != nil, table.destroy != nil else {
      throw Failure(.plugin, "solver '\(name)' lacks create, step or destroy")
    }
    guard table.option_count >= 0, table.option_count <= 256, table.option_count == 0 || table.options != nil else {
      throw Failure(.plugin, "solver '\(name)' has option_count \(table.option_count), allowed 0 ... 256 with a list")
    }
    var infos: [OptionInfo] = []
    for i in 0..<Int(table.option_count) { infos.append(try optionInfo(table.options[i], name)) }
    let words = { (text: UnsafePointer<CChar>?) in text.flatMap { String(validatingCString: $0) } ?? "" }
    let held = PluginTable(table: table)
    let declared = infos
    try Registry.shared.add(
      Registration(
        kind: .solver, info: Info(name, words(table.summary), reference: words(table.reference)), options: infos,
        needs: Capabilities(rawValue: Int64(table.needs)),
        make: { given throws(Failure) in
          PluginSolver(table: held, options: try PluginOptions(given, declared, name))
        }))
  }

  private static func optionInfo(_ record: swale_option_record, _ owner: String) throws(Failure) -> OptionInfo {
    guard let pointer = record.name, let name = String(validatingCString: pointer), !name.isEmpty else {
      throw Failure(.plugin, "an option of solver '\(owner)' has no name")
    }
    let type: OptionType
    let fallback: OptionValue
    switch record.dtype {
    case swale_dtype(SWALE_F64): (type, fallback) = (.real, .real(record.fallback))
    case swale_dtype(SWALE_I64): (type, fallback) = (.int, .int(Int(exactly: record.fallback.rounded()) ?? 0))
    case swale_dtype(SWALE_BOOL): (type, fallback) = (.bool, .bool(record.fallback != 0))
    case swale_dtype(SWALE_TEXT):
      (type, fallback) = (.text, .text(record.fallback_text.flatMap { String(validatingCString: $0) } ?? ""))
    default:
      throw Failure(.plugin, "option '\(name)' of solver '\(owner)' has dtype \(record.dtype), allowed f64, i64, bool, text")
    }
    let numeric = type == .real || type == .int
    return OptionInfo(
      name: name, type: type, doc: record.doc.flatMap { String(validatingCString: $0) } ?? "", fallback: fallback,
      choices: (record.choices.flatMap { String(validatingCString: $0) } ?? "").split(separator: " ").map(String.init),
      lowest: numeric ? record.lowest : -.infinity, highest: numeric ? record.highest : .infinity)
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
  let texts: [String: PermanentText]

  struct PermanentText: @unchecked Sendable { let pointer: UnsafePointer<CChar> }

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
      if case .text(let text) = value { PermanentText(pointer: permanent(text)) } else { nil }
    }
  }
}
