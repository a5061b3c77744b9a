import Foundation
import Testing

/// The map shows what is there: files, types and functions that it names exist, and its drawing is the package's.
@Suite struct ArchitectureTests {
  @Test func theDrawingIsThePackage() throws {
    let package = PackageGraph(manifest: try Repository.text("Package.swift"))
    #expect(package.arrows["GraphEngine"]?.contains("NodeLife") == true && package.arrows.count > 20)
    let drawn = PackageGraph(drawing: try Repository.text("docs/ARCHITECTURE.md"))
    #expect(package.reduced.lines == drawn.lines, "docs/ARCHITECTURE.md draws other arrows than Package.swift has")
  }

  @Test func noArrowLeadsBack() throws {
    let package = PackageGraph(manifest: try Repository.text("Package.swift"))
    for module in package.arrows.keys { #expect(!package.reach(module).contains(module), "\(module)") }
    for (from, to) in [
      ("GraphText", "Graph"), ("Graph", "GraphCompiler"), ("GraphCompiler", "GraphEngine"),
      ("GraphEngine", "DetectorHost"), ("GraphEngine", "FileDriver"), ("GraphEngine", "JACKDriver"),
      ("FileDriver", "JACKDriver"), ("JACKDriver", "FileDriver"), ("NodeKit", "NodeHost"), ("Learning", "NodeHost"),
      ("Records", "NodeHost"),
    ] {
      #expect(package.arrows[from] != nil && package.arrows[to] != nil, "\(from) or \(to) is no module")
      #expect(!package.reach(from).contains(to), "\(from) imports \(to)")
    }
  }

  /// Plugins outside the repository are built with a package of their own.
  @Test func theKitIsAPartOfThePackage() throws {
    let package = PackageGraph(manifest: try Repository.text("Package.swift"))
    let kit = PackageGraph(manifest: try Repository.text("packaging/NodeKit/Package.swift"))
    #expect(Set(kit.arrows.keys) == package.reach("NodeKit").union(["NodeKit"]))
    for (module, others) in kit.arrows { #expect(others == package.arrows[module], "\(module)") }
    #expect(Repository.exists("packaging/NodeKit/Sources/NodeKit/Node.swift"))
  }

  /// A path in code style, or a file's name, names a file. Two pages also name files that a reader is to write.
  @Test(arguments: Repository.documents.filter { !["README.md", "docs/NODE.md"].contains($0) }) func pathsExist(
    document: String
  ) throws {
    let names = Set(Repository.sources.map { String($0.split(separator: "/").last!) })
    for match in try Repository.text(document).matches(
      of: /`((?:Sources|plugins|Tests|scripts|graphs|docs|Benchmarks)\/[\w.\/+-]+|[\w\/+]+\.(?:swift|h))`/)
    {
      let path = String(match.output.1).trimmingCharacters(in: CharacterSet(charactersIn: "/"))
      let isThere =
        Repository.exists(path) || Repository.sources.contains { $0.hasSuffix("/" + path) } || names.contains(path)
      #expect(isThere, "\(document) names \(path), which does not exist")
    }
  }

  /// A link into the repository leads to a file.
  @Test(arguments: Repository.documents) func linksLeadSomewhere(document: String) throws {
    let folder = document.hasPrefix("docs/") ? "docs/" : ""
    for match in try Repository.text(document).matches(of: /\]\(([^)#:]+)(?:#[^)]*)?\)/) {
      #expect(Repository.exists(folder + String(match.output.1)), "\(document) links to \(match.output.1)")
    }
  }

  /// `Type` of the map is declared somewhere, and `Type.member` inside of that type or an extension of it.
  @Test func namesAreDeclared() throws {
    var declarations = Declarations()
    for file in Repository.sources where file.hasSuffix(".swift") { declarations.add(try Repository.text(file)) }
    let code = try Repository.sources.map { try Repository.text($0) }.joined(separator: "\n")
    let types = Set(
      code.matches(of: /\b(?:struct|class|enum|protocol|typealias|extension|module|@Suite struct) (\w+)/).map {
        String($0.output.1)
      })
    let modules = Set(PackageGraph(manifest: try Repository.text("Package.swift")).arrows.keys)
    var count = 0
    for match in try Repository.text("docs/ARCHITECTURE.md").matches(of: /`([A-Z]\w+)(?:\.(\w+))?(?:\(\S*\))?`/) {
      let (type, member) = (String(match.output.1), match.output.2.map { String($0) })
      guard type.contains(where: \.isLowercase), member != "swift", member != "h" else { continue }
      count += 1
      let isDeclared = types.contains(type) || modules.contains(type) || type.hasSuffix("Tests")
      #expect(isDeclared, "`\(type)` is declared nowhere")
      let isMember = member.map { declarations.members[type]?.contains($0) ?? type.hasSuffix("Tests") } ?? true
      #expect(isMember, "\(type) has no `\(member ?? "")`")
    }
    #expect(count > 50)
  }

  /// Each invariant names the test that guards it.
  @Test func guardsExist() throws {
    var count = 0
    for match in try Repository.text("docs/ARCHITECTURE.md").matches(of: /`(\w+Tests)\.(\w+)\.(\w+)`/) {
      let (target, suite, test) = (match.output.1, match.output.2, match.output.3)
      let code = try Repository.sources.filter { $0.hasPrefix("Tests/\(target)/") }.map { try Repository.text($0) }
        .joined()
      #expect(code.contains("struct \(suite)") || code.contains("extension \(suite)"), "\(target) has no \(suite)")
      #expect(code.contains("func \(test)("), "\(target) has no test \(test)")
      count += 1
    }
    #expect(count > 15)
  }
}
