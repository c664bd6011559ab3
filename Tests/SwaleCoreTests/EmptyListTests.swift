import Swale
import XCTest

/// Empty is not "none given": an empty list is refused by every option of every component that takes a list.
final class EmptyListTests: XCTestCase {
  func testEveryListOptionRefusesAnEmptyList() throws {
    var tried = 0
    for kind in Kind.allCases {
      for entry in Registry.shared.list(kind) {
        for option in entry.options where option.type == .ints || option.type == .reals {
          for value in [OptionValue.ints([]), .reals([])] {
            tried += 1
            XCTAssertThrowsError(try entry.make([option.name: value]), "\(entry.info.name).\(option.name)") {
              for word in ["'\(option.name)'", "'\(entry.info.name)'", "empty list", "leave it out"] {
                XCTAssertTrue("\($0)".contains(word), "\($0)")
              }
            }
          }
        }
      }
    }
    XCTAssertGreaterThan(tried, 20, "the sweep found list options")
  }

  func testALayerThatReadsNothing() throws {
    let builder = try ModelBuilder(inputShape: [3])
    try builder.add(Dense(2))
    for from in ["", ",", " , "] {
      XCTAssertThrowsError(try builder.add(Dense(2), from: from)) {
        XCTAssertTrue("\($0)".contains("read no layer"), "\($0)")
      }
    }
    XCTAssertNoThrow(try builder.add(Dense(2), from: nil))
  }
}
