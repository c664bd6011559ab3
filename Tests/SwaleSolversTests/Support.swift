import Glibc
import Swale
import Synchronization
import XCTest

/// Report and end point of a solve.
struct Solved {
  let report: Report
  let x: [Double]
  var reason: Reason? { report.scalar("reason").flatMap { Reason(rawValue: Int32($0)) } }
  var fun: Double { report.scalar("fun") ?? .nan }
  var gradientNorm: Double { report.scalar("gradient_norm") ?? .nan }
  var steps: Int { Int(report.scalar("steps") ?? -1) }
  var losses: [Double] { report.values("loss") ?? [] }
  /// Points kept by trajectory_every, one per row.
  var trajectory: [[Double]] {
    guard let flat = report.values("trajectory") else { return [] }
    return stride(from: 0, to: flat.count, by: x.count).map { Array(flat[$0..<($0 + x.count)]) }
  }
}

func runSettings(_ options: Options) throws -> RunSettings { try RunSettings.configured(options) }

func solved<T: Solver & Component>(
  _ type: T.Type, _ options: Options = [:], _ objective: any Objective, _ start: [Double], run: Options = [:],
  progress: ((Swale.Progress) -> Bool)? = nil
) throws -> Solved {
  let run = Run(try runSettings(run), progress: progress)
  return try solved(type, options, objective, start, run)
}

func solved<T: Solver & Component>(
  _ type: T.Type, _ options: Options, _ objective: any Objective, _ start: [Double], _ run: Run
) throws -> Solved {
  var x = start
  let solver = try T.configured(options)
  let report = try solve(solver, name: T.info.name, needs: T.needs, objective: objective, x: &x, run: run)
  return Solved(report: report, x: x)
}

/// A landscape given by a closure, without Hessian-vector products.
func landscape(
  _ dimension: Int, _ f: @escaping @Sendable ([Double]) -> (value: Double, gradient: [Double])
) throws -> CallbackObjective {
  try CallbackObjective(
    CallbackTable(
      dimension: dimension,
      value: { x, gradient in
        let (value, slope) = f((0..<dimension).map { x[$0] })
        if let gradient { for i in 0..<dimension { gradient[i] = slope[i] } }
        return value
      }, hasGradient: true))
}

/// f(x) = mean over the samples of |x - c_i|^2 / 2 with c_i = (i, -i): has mini-batches and notes them all.
final class CloudObjective: Objective {
  let name = "cloud"
  let dimension = 2
  let precision: Precision
  let capabilities: Capabilities = [.value, .gradient, .exactGradient, .batches]
  let sampleCount: Int
  private let seen = Mutex<[[Int]]>([])

  init(samples: Int, precision: Precision = .f64) {
    sampleCount = samples
    self.precision = precision
  }

  /// The samples of every mini-batch selected so far.
  var batches: [[Int]] { seen.withLock { $0 } }
  func note(_ batch: [Int]) { seen.withLock { $0.append(batch) } }
  func makeOracle<S: Scalar>(_ type: S.Type) throws(Failure) -> Oracle<S> { CloudOracle<S>(self) }
}

final class CloudOracle<S: Scalar>: Oracle<S> {
  private let objective: CloudObjective
  private var chosen: [Int]

  init(_ objective: CloudObjective) {
    self.objective = objective
    chosen = Array(0..<objective.sampleCount)
    super.init(objective)
  }

  override func select(_ samples: UnsafeBufferPointer<Int64>?) throws(Failure) {
    if let samples {
      chosen = samples.map(Int.init)
      objective.note(chosen)
    } else {
      chosen = Array(0..<objective.sampleCount)
    }
  }

  override func value(_ x: UnsafePointer<S>) throws(Failure) -> Double {
    var sum = 0.0
    for i in chosen {
      let (a, b) = (Double(x[0]) - Double(i), Double(x[1]) + Double(i))
      sum += 0.5 * (a * a + b * b)
    }
    return sum / Double(chosen.count)
  }

  override func gradient(_ x: UnsafePointer<S>, _ g: UnsafeMutablePointer<S>) throws(Failure) -> Double {
    let mean = Double(chosen.reduce(0, +)) / Double(chosen.count)
    g[0] = x[0] - S(mean)
    g[1] = x[1] + S(mean)
    return try value(x)
  }
}

func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

/// The words with which a call refuses; fails the test when it does not.
func refusal(_ body: () throws -> Void, file: StaticString = #filePath, line: UInt = #line) -> Failure? {
  do { try body() } catch {
    if let failure = error as? Failure { return failure }
    XCTFail("refused with \(error), which is not a Failure", file: file, line: line)
    return nil
  }
  XCTFail("not refused", file: file, line: line)
  return nil
}
