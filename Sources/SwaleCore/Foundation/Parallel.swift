import CSwale
import Glibc
import Synchronization

/// Loops over several threads. Results never depend on the number of threads: callers split work into pieces whose
/// arithmetic does not change with the split (rows of a product, ranges of an elementwise kernel).
public enum Parallel {
  private static let count = Atomic<Int>(initialThreads())

  /// Threads that loops may use, the calling one included. From SWALE_THREADS, else the machine's processors.
  public static var threads: Int {
    get { count.load(ordering: .relaxed) }
    set { count.store(max(1, min(newValue, 1024)), ordering: .relaxed) }
  }

  private static func initialThreads() -> Int {
    if let text = getenv("SWALE_THREADS"), let value = Int(String(cString: text)), value > 0 {
      return min(value, 1024)
    }
    return max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }

  /// Work, in floating-point operations, below which a loop stays on the calling thread: about 100 microseconds
  /// for each of two threads, so that waking a worker is repaid many times.
  public static let worthwhile = 12_000_000.0

  /// How many pieces to split `work` operations into.
  public static func pieces(work: Double) -> Int {
    let threads = threads
    if threads == 1 || work < worthwhile { return 1 }
    return min(threads, max(1, Int(saturating: work / (worthwhile / 2))))
  }

  /// Runs `body(piece)` for 0..<pieces, on several threads when pieces > 1. Pieces may only touch disjoint memory.
  public static func run(_ pieces: Int, _ body: (Int) -> Void) {
    if pieces <= 1 {
      body(0)
    } else {
      withoutActuallyEscaping(body) { escaping in
        withUnsafePointer(to: escaping) { shared in
          csw_run_pieces(
            Int64(pieces),
            { user, piece in user?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(Int(piece)) },
            UnsafeMutableRawPointer(mutating: shared))
        }
      }
    }
  }

  /// Splits 0..<count into `pieces` ranges whose ends are multiples of `grain`.
  public static func range(_ piece: Int, of pieces: Int, count: Int, grain: Int = 1) -> Range<Int> {
    let blocks = (count + grain - 1) / grain
    let start = min(count, blocks * piece / pieces * grain)
    let end = min(count, blocks * (piece + 1) / pieces * grain)
    return start..<end
  }
}
