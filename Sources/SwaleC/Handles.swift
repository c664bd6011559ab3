import Swale
import Synchronization

/// What a handle may stand for, with the number in its top byte and the word for error sentences.
enum HandleKind: UInt64 {
  case options = 1
  case dataset, model, objective, run, result

  var word: String { "\(self)" }
}

/// The table behind all handles: kind (8 bits), generation (24 bits) and index (32 bits) in one value, so that stale,
/// foreign and twice destroyed handles are recognised. A lookup returns a strong reference: destroying a handle
/// during a call is safe.
struct HandleTable {
  private struct Slot {
    var object: AnyObject?
    var kind: UInt64 = 0
    var generation: UInt64 = 1
  }
  private var slots: [Slot] = [Slot()]  // index 0 is never used: handle 0 is no handle
  private var free: [Int] = []

  mutating func insert(_ object: AnyObject, _ kind: HandleKind) -> UInt64 {
    let index: Int
    if let reused = free.popLast() {
      index = reused
    } else {
      index = slots.count
      slots.append(Slot())
    }
    slots[index].object = object
    slots[index].kind = kind.rawValue
    return kind.rawValue << 56 | slots[index].generation << 32 | UInt64(index)
  }

  @inline(__always)
  func find(_ handle: UInt64) -> AnyObject? {
    let index = Int(handle & 0xffff_ffff)
    guard index < slots.count else { return nil }
    let slot = slots[index]
    guard slot.generation == (handle >> 32) & 0xff_ffff, slot.kind == handle >> 56 else { return nil }
    return slot.object
  }

  /// Takes the object out; it is freed by the caller, outside the lock.
  mutating func remove(_ handle: UInt64) -> AnyObject? {
    guard let object = find(handle) else { return nil }
    let index = Int(handle & 0xffff_ffff)
    slots[index].object = nil
    slots[index].generation = (slots[index].generation + 1) & 0xff_ffff
    // A slot whose generations are used up is retired rather than ever mistaken for an old handle.
    if slots[index].generation != 0 { free.append(index) }
    return object
  }
}

private let table = Mutex(HandleTable())

/// Puts an object into the table and its handle into `out`.
func publish(_ object: AnyObject & Sendable, _ kind: HandleKind, _ out: UnsafeMutablePointer<UInt64>) {
  let boxed = SendableBox(object)
  out.pointee = table.withLock { $0.insert(boxed.object, kind) }
}

private struct SendableBox: @unchecked Sendable {
  let object: AnyObject
  init(_ object: AnyObject) { self.object = object }
}

/// The object of a handle.
func resolve<T: AnyObject>(_ handle: UInt64, _ kind: HandleKind, as type: T.Type) throws(Failure) -> T {
  let found = table.withLock { table in table.find(handle).map(SendableBox.init) }
  if let found, handle >> 56 == kind.rawValue { return unsafeDowncast(found.object, to: T.self) }
  throw badHandle(handle, kind)
}

private func badHandle(_ handle: UInt64, _ kind: HandleKind) -> Failure {
  if handle == 0 { return Failure(.handle, "the \(kind.word) handle is 0, which is no handle") }
  if let other = HandleKind(rawValue: handle >> 56), other != kind {
    return Failure(.handle, "expected a handle of kind \(kind.word), got one of kind \(other.word)")
  }
  return Failure(.handle, "the \(kind.word) handle \(handle) is stale or foreign: it was destroyed or never made here")
}

/// Destroys a handle; 0 is allowed and does nothing.
func destroy(_ handle: UInt64, _ kind: HandleKind) throws(Failure) {
  if handle == 0 { return }
  guard handle >> 56 == kind.rawValue else { throw badHandle(handle, kind) }
  // The reference dies after the lock is gone: a release callback of the host may call the library again.
  let removed = table.withLock { table in table.remove(handle).map(SendableBox.init) }
  if removed == nil { throw badHandle(handle, kind) }
}

// MARK: What handles stand for

/// Options are the one mutable thing; they belong to one thread at a time, the lock only keeps misuse from crashing.
final class OptionsBox: Sendable {
  let options = Mutex(Options())
}

/// An objective with a pool of evaluators, so that repeated calls of one thread find their memory, and the primal
/// pass of the last point, where they left it.
final class ObjectiveBox: Sendable {
  let objective: any Objective
  /// Names that were given out: they live as long as the objective.
  let texts = TextPool()
  private let idle = Mutex<[EvaluatorBox]>([])

  private struct EvaluatorBox: @unchecked Sendable { let evaluator: any Evaluator }

  init(_ objective: any Objective) { self.objective = objective }

  /// Runs `body` with an evaluator that nobody else uses meanwhile.
  func evaluate(_ body: (any Evaluator) throws(Failure) -> Void) throws(Failure) {
    let pooled = idle.withLock { $0.popLast() }
    try interruptibly { () throws(Failure) in
      let box: EvaluatorBox
      if let pooled { box = pooled } else { box = EvaluatorBox(evaluator: try objective.makeEvaluator()) }
      defer { idle.withLock { $0.append(box) } }
      try body(box.evaluator)
    }
  }
}

/// A result with the names of its arrays that were given out.
final class ResultBox: Sendable {
  let report: Report
  let texts = TextPool()

  init(_ report: Report) { self.report = report }
}
