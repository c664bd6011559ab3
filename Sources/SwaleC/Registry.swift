import CSwale
import Swale

/// Number of registered components of a kind; 0 for an unknown kind.
@c(swale_component_count)
public func swaleComponentCount(_ kind: swale_kind) -> Int64 {
  Int64(Kind(rawValue: kind).map { Registry.shared.list($0).count } ?? 0)
}

/// Describes component number `index` (from 0) of a kind. Set out->struct_size first.
@c(swale_component)
public func swaleComponent(
  _ kind: swale_kind, _ index: Int64, _ out: UnsafeMutablePointer<swale_component_info>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let size = try structSize(out.pointee.struct_size, minimum: 48, "swale_component_info")
    guard let known = Kind(rawValue: kind) else { throw Failure(.argument, "argument 'kind' is \(kind), allowed 1 ... 9") }
    let entries = Registry.shared.list(known)
    guard index >= 0, index < entries.count else {
      throw Failure(.argument, "argument 'index' is \(index), there are \(entries.count) components of kind \(known.text)")
    }
    let entry = entries[Int(index)]
    var info = swale_component_info()
    info.struct_size = out.pointee.struct_size
    info.kind = kind
    info.name = permanent(entry.info.name)
    info.summary = permanent(entry.info.summary)
    info.reference = permanent(entry.info.reference)
    info.option_count = Int64(entry.options.count)
    info.needs = entry.needs.rawValue
    info.points_min = Int64(entry.points.lowerBound)
    info.points_max = Int64(entry.points.upperBound)
    fill(out, info, size: size)
  }
}

/// Describes option number `index` (from 0) of a named component. Set out->struct_size first.
@c(swale_component_option)
public func swaleComponentOption(
  _ kind: swale_kind, _ name: UnsafePointer<CChar>?, _ index: Int64, _ out: UnsafeMutablePointer<swale_option_info>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let size = try structSize(out.pointee.struct_size, minimum: 64, "swale_option_info")
    guard let known = Kind(rawValue: kind) else { throw Failure(.argument, "argument 'kind' is \(kind), allowed 1 ... 9") }
    let entry = try Registry.shared.find(known, try text(name, "name"))
    guard index >= 0, index < entry.options.count else {
      throw Failure(.argument, "argument 'index' is \(index), '\(entry.info.name)' has \(entry.options.count) options")
    }
    let option = entry.options[Int(index)]
    var info = swale_option_info()
    info.struct_size = out.pointee.struct_size
    switch option.type {
    case .bool: info.dtype = swale_dtype(SWALE_BOOL)
    case .int, .ints: info.dtype = swale_dtype(SWALE_I64)
    case .real, .reals: info.dtype = swale_dtype(SWALE_F64)
    case .text: info.dtype = swale_dtype(SWALE_TEXT)
    }
    info.is_list = option.type == .ints || option.type == .reals ? 1 : 0
    info.name = permanent(option.name)
    info.doc = permanent(option.doc)
    info.fallback = permanent(option.fallback.description)
    info.choices = permanent(option.choices.joined(separator: " "))
    info.lowest = option.lowest
    info.highest = option.highest
    fill(out, info, size: size)
  }
}
