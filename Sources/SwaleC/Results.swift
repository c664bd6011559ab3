import CSwale
import Swale

/// Destroys a result and the arrays that views were given of; 0 does nothing.
@c(swale_result_destroy)
public func swaleResultDestroy(_ result: swale_result_t) -> swale_status {
  boundary { () throws(Failure) in try destroy(result, .result) }
}

/// Number of named arrays in a result; 0 for a bad handle.
@c(swale_result_count)
public func swaleResultCount(_ result: swale_result_t) -> Int64 {
  do throws(Failure) {
    return Int64(try resolve(result, .result, as: ResultBox.self).report.arrays.count)
  } catch {
    _ = report(error)
    return 0
  }
}

/// Name of array number `index` (from 0); NULL past the end. The text lives as long as the result.
@c(swale_result_name)
public func swaleResultName(_ result: swale_result_t, _ index: Int64) -> UnsafePointer<CChar>? {
  do throws(Failure) {
    let box = try resolve(result, .result, as: ResultBox.self)
    let arrays = box.report.arrays
    return index >= 0 && index < arrays.count ? box.texts.pointer(arrays[Int(index)].name) : nil
  } catch {
    _ = report(error)
    return nil
  }
}

private func item(_ result: swale_result_t, _ name: UnsafePointer<CChar>?) throws(Failure) -> ReportArray {
  let wanted = try text(name, "name")
  let report = try resolve(result, .result, as: ResultBox.self).report
  if let found = report[wanted] { return found }
  throw Failure(.name, unknownName("array of the result", wanted, known: report.arrays.map(\.name)))
}

/// A view of a named array, valid until the result is destroyed. Scalars have ndim 0; texts are UTF-8 bytes with a
/// terminating zero behind their `shape[0]` bytes.
@c(swale_result_array)
public func swaleResultArray(
  _ result: swale_result_t, _ name: UnsafePointer<CChar>?, _ out: UnsafeMutablePointer<swale_array>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let found = try item(result, name)
    out.pointee = HostArrays.make(found.data, found.type, found.shape)
  }
}

/// Writes a scalar of a result (or the first element of an array).
@c(swale_result_scalar)
public func swaleResultScalar(
  _ result: swale_result_t, _ name: UnsafePointer<CChar>?, _ out: UnsafeMutablePointer<Double>?
) -> swale_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let found = try item(result, name)
    guard found.type != .text, !found.shape.contains(0) else {
      throw Failure(.argument, "array '\(found.name)' is not a number; read it with swale_result_array")
    }
    out.pointee = found.type == .i64 ? Double(found.data.load(as: Int64.self)) : found.data.load(as: Double.self)
  }
}
