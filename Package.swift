// swift-tools-version: 6.2
import PackageDescription

// Kernels and the numerical modules are optimised even in debug builds: `swift test` would otherwise
// run 10 to 250 times slower (measured), and tests would shrink to toys.
let fastC: [CSetting] = [
  .unsafeFlags(["-O2"], .when(configuration: .debug)),
  // An exported kernel with CPU variants may be bound by the loader before the list of its variants is relocated.
  .unsafeFlags(["-fvisibility=hidden"]),
]
// Release builds drop the dynamic exclusivity checks (8 % of a training step of a small network); tests keep them.
let fastSwift: [SwiftSetting] = [
  .unsafeFlags(["-O"], .when(configuration: .debug)),
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

// What makes libswale.so self-contained: the Swift runtime inside, only swale_* exported, never unloaded
// (worker threads may outlive a dlclose).
let selfContained: [LinkerSetting] = [
  .unsafeFlags(
    [
      "-static-stdlib", "-use-ld=lld", "-Xlinker", "-s",
      "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/SwaleC/exports.map",
      "-Xlinker", "-soname=libswale.so.0",
      "-Xlinker", "-z", "-Xlinker", "nodelete",
    ], .when(platforms: [.linux], configuration: .release))
]

let package = Package(
  name: "swale",
  products: [
    .library(name: "Swale", targets: ["Swale"]),
    .library(name: "swale", type: .dynamic, targets: ["SwaleC"]),
  ],
  targets: [
    .target(name: "CSwale"),
    .target(
      name: "CSwaleKernels", cSettings: fastC,
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    .target(name: "SwaleCore", dependencies: ["CSwale", "CSwaleKernels"], swiftSettings: fastSwift),
    .target(
      name: "SwaleLandscapes", dependencies: ["SwaleCore", "CSwaleKernels"],
      swiftSettings: fastSwift),
    .target(
      name: "SwaleSolvers", dependencies: ["SwaleCore", "CSwaleKernels"], swiftSettings: fastSwift),
    .target(
      name: "SwaleMetrics", dependencies: ["SwaleCore", "CSwaleKernels"], swiftSettings: fastSwift),
    .target(
      name: "SwaleTheory", dependencies: ["SwaleCore", "CSwaleKernels"], swiftSettings: fastSwift),
    .target(
      name: "Swale", dependencies: ["SwaleCore", "SwaleLandscapes", "SwaleSolvers", "SwaleMetrics", "SwaleTheory"]),
    .target(
      name: "SwaleC", dependencies: ["Swale", "CSwale"], exclude: ["exports.map"],
      linkerSettings: selfContained),
    .target(name: "SwaleTestSupport", dependencies: ["Swale"], path: "Tests/SwaleTestSupport"),
    .testTarget(name: "SwaleCoreTests", dependencies: ["Swale"]),
    .testTarget(name: "SwaleLandscapesTests", dependencies: ["Swale", "SwaleTestSupport"]),
    .testTarget(name: "SwaleSolversTests", dependencies: ["Swale", "SwaleTestSupport"]),
    .testTarget(name: "SwaleMetricsTests", dependencies: ["Swale", "SwaleTestSupport"]),
    .testTarget(name: "SwaleTheoryTests", dependencies: ["Swale"]),
  ]
)
