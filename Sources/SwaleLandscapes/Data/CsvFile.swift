import SwaleCore

/// A table of numbers in a text file, one sample per line, plain or gzip. All columns but the target's are inputs.
public struct CsvFile: DataSource {
  public static let info = Info("csv", "One sample per line of a text file; one column may be the target.")
  public static var options: [Option<Self>] {
    [
      option("path", \.path, "Path of the file."),
      option(
        "header", \.header, choices: CsvTable.Header.allCases.map(\.rawValue),
        "Whether the first line holds names; auto: it does when none of its fields is a number."),
      option("delimiter", \.delimiter, "One character between fields, or tab, or space (any run of blanks)."),
      option("label", \.label, "Column of the target: last, none, a name of the header, or a number from 0."),
      option(
        "target", \.target, choices: ["labels", "real", "none"],
        "What the label column holds: class labels, real targets, or nothing that is kept."),
      option("classes", \.classes, in: 0...Double(ClassLabels.most), "Number of classes; 0: the largest label + 1."),
      option("scale", \.scale, in: -1e30...1e30, "Inputs are multiplied by this."),
      option("precision", \.precision, choices: ["f32", "f64"], "Type in which numbers are kept."),
    ]
  }

  public var path = ""
  public var header = "auto"
  public var delimiter = ","
  public var label = "last"
  public var target = "labels"
  public var classes = 0
  public var scale = 1.0
  public var precision = "f64"
  public init() {}

  public func load(seed: UInt64) throws(Failure) -> Dataset {
    guard !path.isEmpty else { throw Failure(.option, "dataset 'csv' needs option 'path', the path of a file") }
    let table = try CsvTable(
      path, delimiter: try separator(), header: CsvTable.Header(rawValue: header) ?? .auto, target: label)
    let width = table.columns - (table.target == nil ? 0 : 1)
    let n = table.rows * width
    if scale != 1 {
      try Interruption.inBlocks(n) { range throws(Failure) in
        let values = table.inputs.pointer + range.lowerBound
        Double.scale(range.count, scale, values)
        guard Double.firstNonfinite(range.count, values) < 0 else {
          throw Failure(.nonfinite, "file '\(path)': inputs times scale \(scale) overflow")
        }
      }
    }
    return Dataset(
      name: path, count: table.rows, shape: [width], inputs: try stored(table.inputs, n),
      targets: try targets(table))
  }

  private func separator() throws(Failure) -> UInt8 {
    switch delimiter {
    case "tab", "\\t": return 0x09
    case "space": return 0x20
    default:
      let bytes = Array(delimiter.utf8)
      guard bytes.count == 1, !"\"\n\r+-.eE0123456789\0".utf8.contains(bytes[0]) else {
        throw Failure(
          .option, "option 'delimiter' of dataset 'csv' is '\(delimiter)', allowed one character that is not part of "
            + "a number, tab, or space")
      }
      return bytes[0]
    }
  }

  private func stored(_ values: Buffer<Double>, _ n: Int) throws(Failure) -> SampleStorage {
    guard precision == "f32" else { return SampleStorage(values) }
    let out = try Buffer<Float>(n, zeroed: false)
    try Interruption.inBlocks(n) { range throws(Failure) in
      let first = range.lowerBound
      Float.fromDouble(range.count, values.constant + first, out.pointer + first)
      let bad = Float.firstNonfinite(range.count, out.constant + first)
      guard bad < 0 else {
        throw Failure(
          .nonfinite,
          "file '\(path)': the number \(values.pointer[first + bad]) overflows in f32; use option precision f64")
      }
    }
    return SampleStorage(out)
  }

  private func targets(_ table: CsvTable) throws(Failure) -> Targets {
    guard let values = table.target, let column = table.targetColumn, target != "none" else { return .none }
    if target == "real" { return .real(SampleStorage(values), width: 1) }
    let labels = try Buffer<Int32>(table.rows, zeroed: false)
    var largest = 0
    for i in 0..<table.rows {
      try Interruption.check(work: 10)
      let value = values.pointer[i]
      let label = Int(exactly: value)
      let problem =
        label.map { ClassLabels.problem($0, classes: classes) }
        ?? "label \(value) is not a whole number in 0 ... \((classes > 0 ? classes : ClassLabels.most) - 1); for real "
          + "targets set option 'target' to real"
      guard let label, problem == nil else {
        throw table.file.refuse(table.place(row: i, column: column), problem ?? "not a label")
      }
      labels.pointer[i] = Int32(truncatingIfNeeded: label)
      largest = max(largest, label)
    }
    return .labels(labels, classes: classes > 0 ? classes : largest + 1)
  }
}
