import CSwale
import Glibc
import Swale

/// Loads a plugin: a shared object that exports swale_plugin_init_v1. Loading runs its code, so it is never done
/// unasked. What it registers is listed like everything else; a plugin is never unloaded.
@c(swale_plugin_load)
public func swalePluginLoad(_ path: UnsafePointer<CChar>?) -> swale_status {
  boundary { () throws(Failure) in
    let path = try text(path, "path")
    // The empty path is the program itself; the loader copies a path to the stack, which may be small.
    guard !path.isEmpty, path.utf8.count < PATH_MAX else {
      throw Failure(.argument, "argument 'path' has \(path.utf8.count) bytes, allowed 1 ... \(PATH_MAX - 1)")
    }
    guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw Failure(.plugin, "cannot load plugin '\(path)': \(dlerror().map { String(cString: $0) } ?? "unknown error")")
    }
    guard let symbol = dlsym(library, "swale_plugin_init_v1") else {
      throw Failure(.plugin, "plugin '\(path)' does not export swale_plugin_init_v1")
    }
    try initialize(unsafeBitCast(symbol, to: PluginInit.self), name: "plugin '\(path)'")
  }
}

/// Registers a plugin that is linked into the host program: the same as loading, without a file.
@c(swale_plugin_register)
public func swalePluginRegister(_ initialize_: swale_plugin_init_fn?) -> swale_status {
  boundary { () throws(Failure) in try initialize(try required(initialize_, "initialize"), name: "the plugin") }
}

typealias PluginInit = @convention(c) (UnsafePointer<swale_registrar>?) -> swale_status

private func initialize(_ function: PluginInit, name: String) throws(Failure) {
  csw_set_last_error("")
  var registrar = swale_registrar()
  registrar.struct_size = UInt32(MemoryLayout<swale_registrar>.size)
  registrar.abi = UInt32(SWALE_PLUGIN_ABI)
  registrar.solver = { registry, table in
    boundary { () throws(Failure) in
      try PluginRegistrations.add(try PluginSolver.registration(try required(table, "plugin")), registry)
    }
  }
  let status = try PluginRegistrations.collect(name) { token in
    registrar.registry = token
    return function(&registrar)
  }
  if status != SWALE_OK {
    let words = String(cString: csw_last_error())
    throw Failure(
      Status(rawValue: status) ?? .plugin,
      words.isEmpty ? "\(name) refused to initialise with status \(status)" : "\(name): \(words)")
  }
}
