import CNodeABI

/// Reads a library's declarations and refuses those that the host can't use. Reports all defects at once, so that an
/// author can fix them together.
struct LibraryChecker {
  let path: String
  private var defects: [String] = []

  init(path: String) { self.path = path }

  /// The descriptions of all classes.
  mutating func check(_ info: UnsafePointer<auscult_library_info>) throws(PluginProblem) -> [ClassDescription] {
    let smallest = MemoryLayout<auscult_library_info>.size
    if info.pointee.size >= 8, info.pointee.abi_major != AUSCULT_ABI_MAJOR {
      throw refused(
        "it was built for ABI \(info.pointee.abi_major).\(info.pointee.abi_minor), this host has "
          + "\(AUSCULT_ABI_MAJOR).\(AUSCULT_ABI_MINOR)")
    }
    guard info.pointee.size >= smallest else {
      throw refused("its auscult_library_info has \(info.pointee.size) bytes, ABI \(AUSCULT_ABI_MAJOR) has \(smallest)")
    }
    let count = Int(info.pointee.class_count)
    guard count <= mostClasses else { throw refused("it claims to have \(count) classes") }
    guard count > 0 else { return [] }
    guard let classes = info.pointee.classes else {
      throw refused("it has \(count) classes, but its class table is a null pointer")
    }
    var descriptions: [ClassDescription] = []
    for index in 0..<count {
      guard let pointer = classes[index] else {
        defects.append("class \(index) is a null pointer")
        continue
      }
      var checker = ClassChecker(pointer, index)
      descriptions.append(checker.check())
      defects += checker.defects
    }
    for name in duplicates(descriptions.map(\.name)) { defects.append("it has two classes '\(name)'") }
    guard defects.isEmpty else { throw PluginProblem(path: path, defects: defects) }
    return descriptions
  }

  private func refused(_ defect: String) -> PluginProblem { PluginProblem(path: path, defects: [defect]) }
}

/// A larger number is not a table but garbage.
let mostClasses = 4096
let mostPorts = 256
let mostParameters = 1024
let mostChoices = 1024

/// The content of a class record in Swift's types.
struct ClassDescription {
  var name = ""
  var version = ""
  var summary = ""
  var inputs: [Port] = []
  var outputs: [Port] = []
  var parameters: [Parameter] = []
  var isHard = false
  var traits: NodeClass.Traits = []
}

/// The names that occur more than once, in the order of their second occurrence.
func duplicates(_ names: [String]) -> [String] {
  var seen: Set<String> = []
  return names.filter { !$0.isEmpty && !seen.insert($0).inserted }
}

/// Text from a plugin; nil for a null pointer, text that is not UTF-8, and text that is too long.
func text(_ pointer: UnsafePointer<CChar>?) -> String? {
  guard let pointer else { return nil }
  var length = 0
  while pointer[length] != 0 {
    length += 1
    if length > 4096 { return nil }
  }
  return String(
    validating: UnsafeBufferPointer(start: pointer, count: length).lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
