import Foundation

/// The modules of a package, and which of them import which.
struct PackageGraph: Equatable {
  var arrows: [String: Set<String>] = [:]

  /// Reads Package.swift: the targets of `Sources`, with the dependencies among them. System libraries, products of
  /// other packages and what the tests need stay out.
  init(manifest: String) {
    let parts = manifest.split(separator: /\.(?:target|executableTarget|systemLibrary)\(/).dropFirst()
    for part in parts {
      guard let name = part.prefixMatch(of: /\s*name: "(\w+)"/),
        !part.contains(/pkgConfig|providers|path: "Tests/)
      else { continue }
      let list = part.firstMatch(of: /dependencies: \[([^\]]*)\]/)
      arrows[String(name.output.1)] = Set(
        (list?.output.1 ?? "").matches(of: /"(\w+)"/).map { String($0.output.1) })
    }
    for (module, others) in arrows { arrows[module] = others.filter { arrows[$0] != nil } }
  }

  /// Reads the arrows `A --> B` of a Mermaid drawing.
  init(drawing: String) {
    for match in drawing.matches(of: /(?m)^ +(\w+) --> (\w+)$/) {
      arrows[String(match.output.1), default: []].insert(String(match.output.2))
      if arrows[String(match.output.2)] == nil { arrows[String(match.output.2)] = [] }
    }
  }

  /// Everything that a module reaches.
  func reach(_ module: String) -> Set<String> {
    var found: Set<String> = []
    var waiting = Array(arrows[module] ?? [])
    while let next = waiting.popLast() { if found.insert(next).inserted { waiting += arrows[next] ?? [] } }
    return found
  }

  /// Without the arrows that follow from others.
  var reduced: PackageGraph {
    var result = self
    for (module, others) in arrows {
      let indirect = others.reduce(into: Set<String>()) { $0.formUnion(reach($1)) }
      result.arrows[module] = others.subtracting(indirect)
    }
    return result
  }

  var lines: [String] { arrows.flatMap { module, others in others.map { "\(module) --> \($0)" } }.sorted() }
}
