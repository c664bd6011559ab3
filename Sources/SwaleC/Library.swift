import CSwale
import Swale

/// Version of the loaded library: major * 10000 + minor * 100 + patch. Compare with SWALE_VERSION_NUMBER of the header.
@c(swale_version)
public func swaleVersion() -> Int32 { Int32(SWALE_VERSION_NUMBER) }

/// A fixed sentence for a status code; never NULL. The text lives as long as the process.
@c(swale_status_text)
public func swaleStatusText(_ status: swale_status) -> UnsafePointer<CChar> {
  permanent(Status(rawValue: status).map { "\($0.text)" } ?? "unknown status")
}

/// Words for why a run ended; never NULL. The text lives as long as the process.
@c(swale_reason_text)
public func swaleReasonText(_ reason: swale_reason) -> UnsafePointer<CChar> {
  permanent(Reason(rawValue: reason)?.text ?? "unknown reason")
}

/// The sentence of the last failure on this thread: what was wrong and what is allowed. Empty before any failure;
/// valid until the next failing call on this thread.
@c(swale_last_error)
public func swaleLastError() -> UnsafePointer<CChar> { csw_last_error() }

/// Threads that one call may use, the calling one included; 1 ... 1024. Results do not depend on it. Starts from
/// SWALE_THREADS, else the number of processors.
@c(swale_set_threads)
public func swaleSetThreads(_ threads: Int32) -> swale_status {
  boundary { () throws(Failure) in
    guard (1...1024).contains(threads) else {
      throw Failure(.argument, "argument 'threads' is \(threads), allowed 1 ... 1024")
    }
    Parallel.threads = Int(threads)
  }
}

/// The number of threads in force.
@c(swale_threads)
public func swaleThreads() -> Int32 { Int32(Parallel.threads) }

/// Upper bound, in bytes, on the memory for data, parameters, activations and results together; 0: no limit. Calls
/// that would pass it fail with SWALE_E_MEMORY.
@c(swale_set_memory_limit)
public func swaleSetMemoryLimit(_ bytes: Int64) -> swale_status {
  boundary { () throws(Failure) in
    guard bytes >= 0 else { throw Failure(.argument, "argument 'bytes' is \(bytes), allowed 0 or more") }
    Memory.limit = bytes == 0 ? Int.max : Int(bytes)
  }
}

/// Bytes in use and the largest use so far; either pointer may be NULL.
@c(swale_memory_used)
public func swaleMemoryUsed(_ bytes: UnsafeMutablePointer<Int64>?, _ peak: UnsafeMutablePointer<Int64>?) {
  bytes?.pointee = Int64(Memory.used)
  peak?.pointee = Int64(Memory.peak)
}

/// Which arithmetic does the large products of a precision (SWALE_F32 or SWALE_F64): "builtin", "openblas" or
/// "onednn". The text lives as long as the process.
@c(swale_backend_name)
public func swaleBackendName(_ precision: swale_dtype) -> UnsafePointer<CChar> {
  permanent("\(Backend.name(precision == SWALE_F32 ? .f32 : .f64))")
}

/// Instruction set that the built-in kernels use: "x86-64-v4", "x86-64-v3", "x86-64" or "generic". The text lives as
/// long as the process.
@c(swale_instruction_set)
public func swaleInstructionSet() -> UnsafePointer<CChar> { permanent(Backend.instructionSet) }

/// Sends the library's messages to `function`; NULL turns them off. Nothing is ever printed otherwise. May be called
/// from any thread that calls the library.
@c(swale_set_log)
public func swaleSetLog(_ function: swale_log_fn?, _ user: UnsafeMutableRawPointer?) {
  guard let function else { return Log.setSink(nil) }
  let sink = LogSink(function: function, user: user)
  Log.setSink { level, message in sink.function(level.rawValue, message, sink.user) }
}

private struct LogSink: @unchecked Sendable {
  let function: @convention(c) (Int32, UnsafePointer<CChar>?, UnsafeMutableRawPointer?) -> Void
  let user: UnsafeMutableRawPointer?
}
