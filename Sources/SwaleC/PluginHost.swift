import CSwale
import Swale

/// The table of services that plugins receive: one for the process, made once.
struct HostTable: @unchecked Sendable { let pointer: UnsafePointer<swale_host> }

let hostTable: HostTable = {
  let table = UnsafeMutablePointer<swale_host>.allocate(capacity: 1)
  table.initialize(to: makeHostTable())
  return HostTable(pointer: UnsafePointer(table))
}()

private let noJob = Failure(.argument, "a plugin passed NULL as its job")

/// Runs a service of the job; NULL is refused like everywhere.
private func serve(
  _ job: OpaquePointer?, _ body: (PluginServices) throws(Failure) -> Void
) -> swale_status {
  guard let services = PluginServices.of(job) else { return report(noJob) }
  return services.serve { () throws(Failure) in try body(services) }
}

private func option(
  _ services: PluginServices, _ name: UnsafePointer<CChar>?
) throws(Failure) -> OptionValue {
  let key = try text(name, "name")
  guard let value = services.options.values[key] else {
    throw Failure(.option, unknownName("option of the solver", key, known: Array(services.options.values.keys)))
  }
  return value
}

private func makeHostTable() -> swale_host {
  var host = swale_host()
  host.struct_size = UInt32(MemoryLayout<swale_host>.size)
  host.abi = UInt32(SWALE_PLUGIN_ABI)
  host.value = { job, x, value, gradient in
    serve(job) { services throws(Failure) in
      let out = try required(value, "value")
      out.pointee = try services.value(try required(x, "params"), gradient)
    }
  }
  host.hvp = { job, x, v, out in
    serve(job) { services throws(Failure) in
      try services.hvp(try required(x, "params"), try required(v, "vector"), try required(out, "out"))
    }
  }
  host.flip = { job, x, index, change in
    serve(job) { services throws(Failure) in
      let change = try required(change, "change")
      change.pointee = .nan
      change.pointee = try services.flip(try required(x, "params"), try count(index, "index"))
    }
  }
  host.patterns = { job, out in
    serve(job) { services throws(Failure) in
      let out = try required(out, "out")
      let size = try structSize(out.pointee.struct_size, minimum: 96, "swale_patterns")
      var graph = try services.patterns()
      graph.struct_size = out.pointee.struct_size
      fill(out, graph, size: size)
    }
  }
  host.draw_batch = { job, size in
    serve(job) { services throws(Failure) in try services.drawBatch(try count(size, "size")) }
  }
  host.random_uniform = { job, stream, out, n in
    serve(job) { services throws(Failure) in
      services.random(normal: false, stream, try required(out, "out"), try count(n, "count"))
    }
  }
  host.random_normal = { job, stream, out, n in
    serve(job) { services throws(Failure) in
      services.random(normal: true, stream, try required(out, "out"), try count(n, "count"))
    }
  }
  host.option_real = { job, name, out in
    serve(job) { services throws(Failure) in
      let out = try required(out, "out")
      switch try option(services, name) {
      case .real(let value): out.pointee = value
      case .int(let value): out.pointee = Double(value)
      case .bool(let value): out.pointee = value ? 1 : 0
      default: throw Failure(.option, "the option is not a number")
      }
    }
  }
  host.option_int = { job, name, out in
    serve(job) { services throws(Failure) in
      let out = try required(out, "out")
      switch try option(services, name) {
      case .int(let value): out.pointee = Int64(value)
      case .bool(let value): out.pointee = value ? 1 : 0
      default: throw Failure(.option, "the option is not a whole number")
      }
    }
  }
  host.option_text = { job, name, out in
    serve(job) { services throws(Failure) in
      let out = try required(out, "out")
      _ = try option(services, name)
      guard let found = services.options.texts[try text(name, "name")] else {
        throw Failure(.option, "the option is not a text")
      }
      out.pointee = found.pointer
    }
  }
  host.record = { job, name, array in
    serve(job) { services throws(Failure) in
      try services.record(try text(name, "name"), try required(array, "value").pointee)
    }
  }
  host.stopping = { job in
    guard let services = PluginServices.of(job) else { return 1 }
    return services.stopping ? 1 : 0
  }
  host.fail = { job, status, message in
    let code = Status(rawValue: status) ?? .plugin
    let words = message.flatMap { String(validatingCString: $0) } ?? "the plugin failed without a message"
    PluginServices.of(job)?.failure = Failure(code == .ok ? .plugin : code, words)
    csw_set_last_error(words)
    return code == .ok ? Status.plugin.rawValue : code.rawValue
  }
  host.log = { _, level, message in
    guard let message, let words = String(validatingCString: message) else { return }
    Log.write(Log.Level(rawValue: level) ?? .info, words)
  }
  return host
}
