// swift-tools-version:6.2
import PackageDescription

/// NodeKit, from which plugins are made in Swift. A plugin is a dynamic library with a name that begins with `auscult-`
/// in a package that depends on this folder:
///
///     .package(path: "/usr/share/auscult/NodeKit")
///
/// It comes as source, because modules that one version of the compiler has made are of no use to another.
let realtime: [SwiftSetting] = [
  .unsafeFlags(["-enforce-exclusivity=unchecked"]),
  .unsafeFlags(["-whole-module-optimization", "-num-threads", "2"], .when(configuration: .debug)),
]

let package = Package(
  name: "NodeKit",
  products: [
    .library(name: "NodeKit", targets: ["NodeKit"]),
    .library(name: "CNodeABI", targets: ["CNodeABI"]),
  ],
  targets: [
    .target(name: "CNodeABI"),
    .target(name: "CKernels"),
    .target(name: "CRealtime", dependencies: ["CNodeABI"]),
    .target(name: "NodeABI", dependencies: ["CNodeABI"], swiftSettings: realtime),
    .target(name: "NodeKit", dependencies: ["NodeABI", "CNodeABI", "CRealtime", "CKernels"], swiftSettings: realtime),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
