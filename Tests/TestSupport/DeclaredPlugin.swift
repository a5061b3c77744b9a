import Foundation
import NodeHost

/// Plugins with the section `.auscult`, made by the system's compiler and binutils.
public enum DeclaredPlugin {
  /// Builds a plugin of Tests/Fixtures/plugins and adds what it declares.
  public static func build(_ source: String, flags: [String] = [], into path: String) throws {
    try CompiledPlugin.build(source, flags: flags, into: path)
    try declare(path)
  }

  /// `auscult declare`.
  public static func declare(_ paths: String...) throws {
    try CompiledPlugin.run(BuildFolder.path + "/auscult", ["declare"] + paths)
  }

  /// The bytes of the section.
  public static func section(_ path: String) throws -> [UInt8] {
    let copy = path + ".section"
    defer { try? FileManager.default.removeItem(atPath: copy) }
    try CompiledPlugin.run("objcopy", ["--dump-section", ".auscult=\(copy)", path, "/dev/null"])
    return Array(try Data(contentsOf: URL(fileURLWithPath: copy)))
  }

  /// Replaces or adds the section.
  public static func put(_ section: [UInt8], into path: String) throws {
    let copy = path + ".section"
    defer { try? FileManager.default.removeItem(atPath: copy) }
    try Data(section).write(to: URL(fileURLWithPath: copy))
    try CompiledPlugin.run("objcopy", ["--remove-section", ".auscult", path])
    try CompiledPlugin.run("objcopy", ["--add-section", ".auscult=\(copy)", path])
  }

  /// A section with a text, whose length and checksum are right.
  public static func section(of text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    let hash = bytes.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    return Array("auscult\0".utf8) + little(UInt32(1)) + little(UInt32(bytes.count)) + little(hash) + bytes
  }

  /// The text of a section.
  public static func text(_ section: [UInt8]) -> String { String(decoding: section.dropFirst(24), as: UTF8.self) }

  private static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
