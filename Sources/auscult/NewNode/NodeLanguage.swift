import ArgumentParser

/// A language that `auscult new-node` writes a node in.
enum NodeLanguage: String, CaseIterable, ExpressibleByArgument {
  case swift
  case c
  case cxx
  case rust
  case python

  init?(argument: String) {
    let name = argument.lowercased()
    self.init(rawValue: ["c++", "cpp"].contains(name) ? "cxx" : name)
  }

  /// As people write it.
  var name: String {
    switch self {
    case .swift: "Swift"
    case .c: "C"
    case .cxx: "C++"
    case .rust: "Rust"
    case .python: "Python"
    }
  }

  /// The program that builds the node, or runs it, as a name in $PATH.
  var tool: String {
    switch self {
    case .swift: "swift"
    case .c: "cc"
    case .cxx: "c++"
    case .rust: "cargo"
    case .python: "/usr/bin/python3"
    }
  }

  /// How to get the tool.
  var toolAdvice: String {
    switch self {
    case .swift: "install Swift 6.2 or newer: https://www.swift.org/install/linux/"
    case .c: "apt install gcc"
    case .cxx: "apt install g++"
    case .rust: "apt install cargo"
    case .python: "apt install python3"
    }
  }

  /// The file that says what the node computes.
  var source: String {
    switch self {
    case .swift: "Sources/Detector.swift"
    case .c: "detector.c"
    case .cxx: "detector.cpp"
    case .rust: "src/lib.rs"
    case .python: "detector.py"
    }
  }

  /// Whether the node is a plugin; otherwise it is a program for `detector.process`.
  var makesPlugin: Bool { self != .python }

  /// The files of a node. Each file of `templates/` is embedded in the program, and has one line here.
  var files: [NodeTemplate] { own + shared }

  private var own: [NodeTemplate] {
    switch self {
    case .swift:
      [
        NodeTemplate(source, PackageResources.Detector_swift),
        NodeTemplate("Package.swift", PackageResources.package_swift_txt),
        NodeTemplate("exports.map", PackageResources.exports_map_txt),
        NodeTemplate("build", PackageResources.build_swift_sh, isProgram: true),
      ]
    case .c:
      [
        NodeTemplate(source, PackageResources.detector_c),
        NodeTemplate("build", PackageResources.build_c_sh, isProgram: true),
      ]
    case .cxx:
      [
        NodeTemplate(source, PackageResources.detector_cpp),
        NodeTemplate("build", PackageResources.build_cxx_sh, isProgram: true),
      ]
    case .rust:
      [
        NodeTemplate(source, PackageResources.lib_rs),
        NodeTemplate("src/abi.rs", PackageResources.abi_rs),
        NodeTemplate("Cargo.toml", PackageResources.cargo_toml_txt),
        NodeTemplate("build.rs", PackageResources.build_rs_txt),
        NodeTemplate("build", PackageResources.build_rust_sh, isProgram: true),
      ]
    case .python:
      [
        NodeTemplate(source, PackageResources.detector_py),
        NodeTemplate("auscult_program.py", PackageResources.auscult_program_py),
      ]
    }
  }

  private var shared: [NodeTemplate] {
    [
      NodeTemplate("README.md", makesPlugin ? PackageResources.readme_plugin_md : PackageResources.readme_python_md),
      NodeTemplate("check", PackageResources.check_sh, isProgram: true),
      NodeTemplate("check.yaml", PackageResources.check_yaml_txt),
      NodeTemplate("check.expected", PackageResources.check_expected_txt),
      NodeTemplate("watch.yaml", PackageResources.watch_yaml_txt),
      NodeTemplate(".gitignore", PackageResources.gitignore_txt),
    ]
  }
}
