import Swale
import XCTest

final class OptionTests: XCTestCase {
  func testUnknownOptionNamesTheNearest() throws {
    XCTAssertThrowsError(try Dense.configured(["unitz": .int(3)])) { error in
      let failure = error as? Failure
      XCTAssertEqual(failure?.status, .option)
      XCTAssertTrue(failure?.message.contains("did you mean 'units'") ?? false, failure?.message ?? "")
    }
  }

  func testRangeIsCheckedInWords() throws {
    XCTAssertThrowsError(try Dense.configured(["units": .int(0)])) { error in
      XCTAssertTrue("\(error)".contains("option 'units' of layer 'dense' is 0"), "\(error)")
    }
  }

  func testWholeRealsAreIntegers() throws {
    XCTAssertEqual(try Dense.configured(["units": .real(5)]).units, 5)
    XCTAssertThrowsError(try Dense.configured(["units": .real(5.5)]))
    XCTAssertThrowsError(try Dense.configured(["units": .real(.nan)]))
  }

  func testChoicesAreChecked() throws {
    XCTAssertThrowsError(try Dense.configured(["activation": .text("rleu")])) { error in
      XCTAssertTrue("\(error)".contains("allowed linear, relu"), "\(error)")
    }
  }

  /// Every registered option has a default inside its own range, a unique name and a sentence.
  func testEveryDeclaredOptionIsConsistent() throws {
    for kind in Kind.allCases {
      let entries = Registry.shared.list(kind)
      XCTAssertEqual(Set(entries.map(\.info.name)).count, entries.count, "duplicate names of \(kind)")
      for entry in entries {
        XCTAssertTrue(entry.info.summary.hasSuffix("."), "summary of \(entry.info.name)")
        XCTAssertEqual(Set(entry.options.map(\.name)).count, entry.options.count, entry.info.name)
        for option in entry.options {
          XCTAssertTrue(option.doc.hasSuffix("."), "\(entry.info.name).\(option.name)")
          // An empty list stands for none given, and cannot be given.
          if option.fallback == .ints([]) || option.fallback == .reals([]) { continue }
          XCTAssertNoThrow(try option.checked(option.fallback, of: entry.info.name))
        }
      }
    }
  }
}
