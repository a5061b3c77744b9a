// swift-tools-version:6.2
// NodeKit as a package of its own: nodes outside this repository are built with it. `auscult new-node` names its folder,
// which is this one in the repository, and share/auscult/NodeKit where Auscult is installed (then `Sources` is a copy).
import PackageDescription

/// As in the repository's package.
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
    .target(name: "CRealtime", dependencies: ["CNodeABI"]),
    .target(name: "CKernels"),
    .target(name: "NodeABI", dependencies: ["CNodeABI"], swiftSettings: realtime),
    .target(name: "NodeKit", dependencies: ["NodeABI", "CNodeABI", "CRealtime", "CKernels"], swiftSettings: realtime),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
