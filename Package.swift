// swift-tools-version:6.2
import PackageDescription

/// `AUSCULT_RTSAN=1` builds the executables with RealtimeSanitizer (with a scratch path of its own).
let isSanitized = Context.environment["AUSCULT_RTSAN"] == "1"
let sanitizer: [LinkerSetting] = isSanitized ? [.unsafeFlags(["-Xclang-linker", "-fsanitize=realtime"])] : []

/// Each plugin exports one symbol, and carries a build id by which a rebuilt one is told from the last.
let pluginLinker: [LinkerSetting] = [
  .unsafeFlags([
    "-Xlinker", "--version-script=\(Context.packageDirectory)/plugins/exports.map", "-Xlinker", "--build-id=sha1",
  ])
]

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// For what runs on the realtime thread: no run-time checks of exclusive access. State there is touched by one thread
/// through pointers; each check would cost as much as a small node.
///
/// Debug builds compile such a module as a whole, as release builds do: the proof has to see the bodies of a module's
/// other files.
let realtime: [SwiftSetting] =
  strict + [
    .unsafeFlags(["-enforce-exclusivity=unchecked"]),
    .unsafeFlags(["-whole-module-optimization", "-num-threads", "2"], .when(configuration: .debug)),
  ]

/// A plugin: `libauscult-<name>.so` from `plugins/<name>/`.
struct Plugin {
  var name: String
  var libraries: [Target.Dependency] = []
  var target: String { "Plugin_" + name }
}

let plugins: [Plugin] = [
  Plugin(name: "source"),
  Plugin(name: "synth"),
  Plugin(name: "mixing", libraries: ["CKernels"]),
  Plugin(name: "resample", libraries: ["CSoxr", "CKernels", "NumberText"]),
  Plugin(name: "stft", libraries: ["CFFTW", "CKernels"]),
  Plugin(name: "mel", libraries: ["CKernels"]),
  Plugin(name: "normalize", libraries: ["CKernels"]),
  Plugin(name: "slicer", libraries: ["CKernels"]),
  Plugin(name: "bands", libraries: ["NumberText"]),
  Plugin(name: "kmeans", libraries: ["Learning", "CKernels"]),
  Plugin(name: "mahalanobis", libraries: ["Learning", "CKernels"]),
  Plugin(name: "ocsvm", libraries: ["Learning", "CKernels", "CLibSVM"]),
  Plugin(name: "knn", libraries: ["Learning", "CKernels"]),
  Plugin(name: "gmm", libraries: ["Learning", "CKernels"]),
  Plugin(name: "pca", libraries: ["Learning", "CKernels"]),
  Plugin(name: "bayes", libraries: ["Learning", "CKernels"]),
  Plugin(name: "logistic", libraries: ["Learning", "CKernels"]),
  Plugin(name: "autoencoder", libraries: ["Learning"]),
  Plugin(name: "convae", libraries: ["Learning"]),
  Plugin(name: "lstmae", libraries: ["Learning"]),
  Plugin(name: "embedding", libraries: ["Learning", "CKernels"]),
  Plugin(name: "cnn", libraries: ["Learning"]),
  Plugin(name: "mlp", libraries: ["Learning"]),
  Plugin(name: "vote"),
  Plugin(name: "alarm"),
  Plugin(name: "damage"),
  Plugin(name: "records", libraries: ["Records", "OutputFiles"]),
  Plugin(name: "sqlite", libraries: ["History", "Records", "OutputFiles", "SystemCalls"]),
  Plugin(name: "command", libraries: ["Records", "SystemCalls"]),
  Plugin(name: "arrays", libraries: ["Records", "OutputFiles", "TextEscapes"]),
  Plugin(name: "process"),
  Plugin(name: "playback", libraries: ["NumberText"]),
  Plugin(name: "clip", libraries: ["Records", "SoundFiles", "OutputFiles", "JSONText", "SystemCalls", "TextEscapes"]),
  Plugin(name: "wav", libraries: ["Records", "OutputFiles", "CKernels"]),
  Plugin(
    name: "mqtt",
    libraries: ["Records", "OutputFiles", "JSONText", "SystemCalls", "TextEscapes", "Database", "CPaho"]),
]

/// Plugins without Swift, for the tests; not named `auscult-*`, so that no search finds them.
let foreignPlugins = [
  (name: "testplugin-c", target: "TestPluginC", folder: "c-invert"),
  (name: "testplugin-cxx", target: "TestPluginCxx", folder: "cxx-smooth"),
  (name: "testplugin-faulty", target: "TestPluginFaulty", folder: "c-faulty"),
  (name: "testplugin-detector", target: "TestPluginDetector", folder: "c-detector"),
  (name: "testplugin-judge", target: "TestPluginJudge", folder: "c-judge"),
  (name: "testplugin-misbehaving", target: "TestPluginMisbehaving", folder: "c-misbehaving"),
]

/// The only tests that a build with a sanitizer has, because each build takes minutes: with RealtimeSanitizer those that
/// run cycles, with AddressSanitizer (`AUSCULT_ASAN=1`) those of what reads files and lines from outside. Nil: all.
let sanitizerTests: Set<String>? =
  isSanitized
  ? ["RealtimeTests", "GraphFileTests", "GraphEngineTests", "TrainingTests"]
  : Context.environment["AUSCULT_ASAN"] == "1"
    ? ["GraphTextTests", "ArrayTests", "ModelTests", "RunControlTests", "RecordsTests", "FileDriverTests", "FuzzTests"]
    : nil

/// Tests; all of them find the plugins in the folder of the built products.
let tests: [(name: String, dependencies: [Target.Dependency])] = [
  ("DocumentTests", ["SystemCalls"]),
  ("GraphTextTests", []),
  ("NodeHostTests", ["NodeABI", "CNodeABI", "OutputFiles", "SystemCalls"]),
  ("SystemCallsTests", ["SystemCalls", "NumberText", "TextEscapes"]),
  ("RealtimeCoreTests", ["RealtimeCore", "CRealtime"]),
  ("SignalTests", ["CKernels"]),
  ("NodeTests", ["CNodeABI", "CSoxr"]),
  ("GraphCompilerTests", ["GraphCompiler", "NodeLife"]),
  ("GraphEngineTests", []),
  ("IsolationTests", ["Isolation", "SystemCalls", "TextEscapes"]),
  ("HistoryTests", ["History", "Database", "Records", "OutputFiles", "JSONText", "SystemCalls", "CNodeABI"]),
  ("RecordsTests", ["Records", "OutputFiles", "JSONText", "CNodeABI", "CSndFile"]),
  ("FileDriverTests", ["FileDriver", "CSndFile"]),
  ("RunControlTests", ["RunControl"]),
  ("RealtimeTests", ["CRealtime", "SystemCalls"]),
  ("GraphFileTests", ["FileDriver"]),
  ("JACKTests", ["JACKDriver", "CJACK", "CRealtime"]),
  ("LiveControlTests", ["LiveControl", "Training", "RunControl"]),
  ("CommandTests", ["RunControl", "OutputFiles", "SystemCalls", "Database", "CSndFile"]),
  ("ArrayTests", ["Arrays"]),
  ("ModelTests", ["Models", "JSONText", "CDigest"]),
  ("LearningTests", ["Learning", "Models", "NodeKit", "CNetwork", "CKernels"]),
  ("FuzzTests", ["RunControl"]),
  ("TrainingTests", ["Training", "DetectorHost", "TextEscapes", "Models", "JSONText", "FileDriver", "NodeKit"]),
]

let package = Package(
  name: "auscult",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "auscult", targets: ["auscult"]),
    .executable(name: "auscult-serve", targets: ["auscult-serve"]),
    .executable(name: "auscult-node", targets: ["auscult-node"]),
  ]
    + plugins.map { .library(name: "auscult-\($0.name)", type: .dynamic, targets: [$0.target]) }
    + foreignPlugins.map { .library(name: $0.name, type: .dynamic, targets: [$0.target]) }
    + (isSanitized ? [.library(name: "fixture-bad-realtime", type: .dynamic, targets: ["Fixture_BadRealtime"])] : []),
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    .target(name: "CNodeABI"),
    .target(name: "CSystemCalls"),
    .target(name: "CIsolation"),
    .target(name: "SystemCalls", dependencies: ["CSystemCalls", "TextEscapes"], swiftSettings: strict),
    .target(name: "NumberText", swiftSettings: strict),
    .target(name: "NodeABI", dependencies: ["CNodeABI"], swiftSettings: realtime),
    .target(name: "CRealtime", dependencies: ["CNodeABI"]),
    .target(name: "CKernels"),
    .target(name: "CNetwork"),
    .target(name: "CProcessors"),
    .target(name: "CStreams"),
    .target(name: "CDigest"),
    .target(name: "CConformance", dependencies: ["CNodeABI"]),
    .systemLibrary(name: "CFFTW", pkgConfig: "fftw3", providers: [.apt(["libfftw3-dev"])]),
    .systemLibrary(name: "CSoxr", pkgConfig: "soxr", providers: [.apt(["libsoxr-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CSndFile", pkgConfig: "sndfile", providers: [.apt(["libsndfile1-dev"])]),
    .systemLibrary(name: "CJACK", pkgConfig: "jack", providers: [.apt(["libjack-jackd2-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "LibSoundTouch", pkgConfig: "soundtouch", providers: [.apt(["libsoundtouch-dev"])]),
    .target(name: "CSoundTouch", dependencies: ["LibSoundTouch"]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CLibSVM", providers: [.apt(["libsvm-dev"])]),
    .systemLibrary(name: "CPaho", providers: [.apt(["libpaho-mqtt-dev"])]),

    .target(name: "NodeKit", dependencies: ["NodeABI", "CNodeABI", "CRealtime", "CKernels"], swiftSettings: realtime),
    .target(
      name: "Learning",
      dependencies: [
        "NodeKit", "CNodeABI", "CRealtime", "CKernels", "CNetwork", "CProcessors", "COpenBLAS", "TextEscapes",
      ],
      swiftSettings: realtime),
    .target(name: "OutputFiles", dependencies: ["CSystemCalls", "SystemCalls", "TextEscapes"], swiftSettings: strict),
    .target(
      name: "Records",
      dependencies: ["NodeKit", "NodeABI", "CNodeABI", "OutputFiles", "JSONText", "SystemCalls", "TextEscapes"],
      swiftSettings: strict),
    .target(
      name: "Database", dependencies: ["CSQLite", "OutputFiles", "SystemCalls", "TextEscapes"], swiftSettings: strict),
    .target(
      name: "History",
      dependencies: ["Database", "Records", "OutputFiles", "JSONText", "SystemCalls", "TextEscapes"],
      swiftSettings: strict),
    .target(name: "SoundFiles", dependencies: ["Records", "OutputFiles", "CSndFile"], swiftSettings: strict),
    .target(
      name: "NodeHost",
      dependencies: ["NodeABI", "CNodeABI", "JSONText", "OutputFiles", "SystemCalls", "NumberText"],
      swiftSettings: strict),
    .target(name: "JSONText", swiftSettings: strict),
    .target(name: "TextEscapes", swiftSettings: strict),
    .target(
      name: "Models", dependencies: ["CDigest", "JSONText", "OutputFiles", "SystemCalls", "TextEscapes"],
      swiftSettings: strict),
    .target(name: "Arrays", dependencies: ["TextEscapes"], swiftSettings: strict),
    .target(name: "GraphText", dependencies: ["TextEscapes", "CYAML"], swiftSettings: strict),
    .target(
      name: "Figures", dependencies: ["GraphText", "OutputFiles", "SystemCalls", "TextEscapes"], swiftSettings: strict),
    .target(name: "RealtimeCore", dependencies: ["CRealtime"], swiftSettings: realtime),
    .target(
      name: "IsolationMessages", dependencies: ["CIsolation", "CNodeABI", "NodeABI", "RealtimeCore"],
      swiftSettings: strict),
    .target(
      name: "Isolation",
      dependencies: [
        "IsolationMessages", "NodeHost", "NodeABI", "RealtimeCore", "NumberText", "SystemCalls", "CIsolation",
        "CNodeABI", "CRealtime",
      ],
      swiftSettings: strict),
    .target(
      name: "Graph", dependencies: ["GraphText", "NodeHost", "Isolation", "OutputFiles", "JSONText", "TextEscapes"],
      swiftSettings: strict),
    .target(
      name: "NodeLife",
      dependencies: [
        "Graph", "GraphText", "NodeHost", "NodeABI", "RealtimeCore", "Models", "SystemCalls", "NumberText", "CNodeABI",
        "CRealtime",
      ],
      swiftSettings: realtime),
    .target(
      name: "GraphCompiler",
      dependencies: [
        "Graph", "NodeLife", "GraphText", "NodeHost", "NodeABI", "RealtimeCore", "Models", "JSONText", "NumberText",
        "CNodeABI",
      ],
      swiftSettings: strict),
    .target(
      name: "GraphEngine",
      dependencies: [
        "Graph", "GraphCompiler", "NodeLife", "GraphText", "NodeHost", "NodeABI", "RealtimeCore", "OutputFiles",
        "SystemCalls", "NumberText", "CNodeABI", "CRealtime", "CKernels",
      ],
      swiftSettings: realtime),
    .target(
      name: "DetectorHost",
      dependencies: [
        "GraphEngine", "GraphCompiler", "GraphText", "NodeHost", "NodeABI", "Models", "JSONText", "CNodeABI",
        "CRealtime",
      ],
      swiftSettings: strict),
    .target(
      name: "FileDriver",
      dependencies: [
        "GraphEngine", "GraphText", "OutputFiles", "SystemCalls", "TextEscapes", "CSndFile", "CStreams", "CKernels",
      ],
      swiftSettings: strict),
    .target(
      name: "JACKDriver",
      dependencies: ["GraphEngine", "GraphText", "SystemCalls", "NumberText", "CJACK", "CNodeABI", "CRealtime"],
      swiftSettings: strict),
    .target(
      name: "Training",
      dependencies: [
        "DetectorHost", "GraphEngine", "FileDriver", "Figures", "GraphText", "NodeKit", "NodeHost", "NodeABI",
        "Models", "OutputFiles", "JSONText", "TextEscapes", "SystemCalls", "NumberText", "CNodeABI", "CSndFile",
        "CSoundTouch",
      ],
      swiftSettings: strict),
    .target(
      name: "NodeRigs", dependencies: ["NodeLife", "NodeHost", "NodeABI", "CNodeABI", "CRealtime"],
      swiftSettings: strict),
    .target(
      name: "Conformance",
      dependencies: [
        "NodeRigs", "DetectorHost", "Models", "NodeHost", "NodeABI", "NodeKit", "OutputFiles", "SystemCalls",
        "NumberText", "CConformance", "CNodeABI",
      ],
      swiftSettings: strict),
    .target(name: "RunControl", dependencies: ["JSONText", "SystemCalls"], swiftSettings: strict),
    .target(
      name: "LiveControl",
      dependencies: [
        "GraphText", "NodeHost", "Isolation", "GraphEngine", "JACKDriver", "RunControl", "Records", "Training",
        "Models", "OutputFiles", "JSONText", "SystemCalls", "NumberText", "NodeKit", "NodeABI", "CNodeABI",
      ],
      swiftSettings: strict),
    .target(
      name: "Tapes",
      dependencies: ["FileDriver", "SoundFiles", "Records", "OutputFiles", "TextEscapes"],
      swiftSettings: strict),
    .executableTarget(
      name: "auscult",
      dependencies: [
        "GraphText", "NodeHost", "GraphEngine", "FileDriver", "JACKDriver", "RunControl", "LiveControl", "Training",
        "Conformance", "Models", "History", "Database", "Records", "SoundFiles", "Tapes", "Figures", "JSONText",
        "TextEscapes",
        "OutputFiles", "SystemCalls", "CSystemCalls", "CStreams",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      resources: [.embedInCode("NewNode/templates")], swiftSettings: strict, linkerSettings: sanitizer),
    .executableTarget(
      name: "auscult-node",
      dependencies: [
        "IsolationMessages", "NodeHost", "NodeABI", "RealtimeCore", "SystemCalls", "CIsolation", "CNodeABI",
        "CRealtime",
      ],
      swiftSettings: strict, linkerSettings: sanitizer),
    // The only target that links HTTP: see docs/ARCHITECTURE.md.
    .executableTarget(
      name: "auscult-serve",
      dependencies: [
        "RunControl", "Records", "OutputFiles", "JSONText", "TextEscapes", "SystemCalls",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      resources: [.embedInCode("openapi.json"), .embedInCode("page")], swiftSettings: strict),
  ]
    + plugins.map {
      .target(
        name: $0.target, dependencies: ["NodeKit"] + $0.libraries, path: "plugins/\($0.name)", swiftSettings: realtime,
        linkerSettings: pluginLinker)
    }
    + [
      .target(
        name: "TestSupport",
        dependencies: ["NodeRigs", "GraphText", "NodeHost", "GraphEngine", "SystemCalls", "CNodeABI", "CRealtime"],
        path: "Tests/TestSupport",
        swiftSettings: strict)
    ]
    + foreignPlugins.map {
      .target(
        name: $0.target, dependencies: ["CNodeABI"], path: "Tests/Fixtures/plugins/\($0.folder)",
        publicHeadersPath: ".", linkerSettings: pluginLinker)
    }
    + (isSanitized
      ? [
        // Not strict: that it compiles although it must not run is what it is for.
        .target(
          name: "Fixture_BadRealtime", dependencies: ["NodeKit"], path: "Tests/Fixtures/plugins/bad-realtime/unmarked",
          linkerSettings: pluginLinker)
      ] : [])
    + tests.filter { sanitizerTests?.contains($0.name) ?? true }.map {
      .testTarget(
        name: $0.name, dependencies: ["TestSupport", "GraphText", "NodeHost", "GraphEngine"] + $0.dependencies,
        exclude: $0.name == "NodeTests" ? ["Fixtures"] : [], swiftSettings: strict, linkerSettings: sanitizer)
    },
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11,
  cxxLanguageStandard: .cxx17
)

// No test with a sanitizer uses the server, whose packages take longest to build.
if sanitizerTests != nil {
  package.targets.removeAll { $0.name == "auscult-serve" }
  package.products.removeAll { $0.name == "auscult-serve" }
}
