import Glibc
import OutputFiles
import TextEscapes

/// The folder that `auscult new-node` writes.
struct NodeFolder {
  let name: String
  let language: NodeLanguage
  let path: String

  /// What a name must be, in words.
  static let nameRule = "1 to 40 lower-case letters, digits and '-', beginning with a letter, such as pump-watch"

  static func isValid(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    return (1...40).contains(bytes.count) && isLetter(bytes[0]) && bytes.last != UInt8(ascii: "-")
      && bytes.allSatisfy {
        isLetter($0) || $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
      }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

  /// Writes all files into a folder that does not exist yet. After an error, nothing remains.
  func write(_ kit: AuthorKit) throws {
    guard mkdir(PathText.bytes(path), 0o777) == 0 else {
      let code = errno
      if code == EEXIST {
        throw Failure("\(path.shown) exists already", advice: "choose another name, or another folder with --into")
      }
      throw Failure(FileProblem("make the folder", path.shown, code).description)
    }
    var made = [path]
    do {
      for file in language.files { try write(file, words(kit), &made) }
    } catch {
      for path in made.reversed() where remove(PathText.bytes(path)) != 0 && errno != ENOENT {
        Console.plain.warning("\(path.shown) remains")
      }
      throw Failure("\(error)")
    }
  }

  private func write(_ file: NodeTemplate, _ words: [String: String], _ made: inout [String]) throws(FileProblem) {
    let parts = file.path.split(separator: "/")
    if parts.count == 2, !made.contains("\(path)/\(parts[0])") {
      made.append("\(path)/\(parts[0])")
      try OutputFolder.makeAll("\(path)/\(parts[0])")
    }
    made.append("\(path)/\(file.path)")
    try WholeFile.write(file.filled(words), to: "\(path)/\(file.path)", mode: file.isProgram ? 0o777 & ~mask : nil)
  }

  /// The rights that new files of this process lack.
  private var mask: mode_t {
    let mask = umask(0o022)
    umask(mask)
    return mask
  }

  private func words(_ kit: AuthorKit) -> [String: String] {
    let program = "detector.process, command: [/usr/bin/python3, detector.py], threshold: 6"
    let plugin = "detector.\(name)"
    return [
      "NAME": name,
      // As cargo changes a package's name into a library's.
      "CRATE": String(name.map { $0 == "-" ? "_" : $0 }),
      "LANGUAGE": language.name,
      "SOURCE": language.source,
      "TOOL": language.tool,
      "AUSCULT": ShellText.word(kit.program),
      "INCLUDE": ShellText.word(kit.headers),
      "KIT": swiftLiteral(kit.nodeKit),
      "CHECKED": language.makesPlugin ? "\(plugin), usual: -22, threshold: 6" : program,
      "WATCHING": language.makesPlugin ? "\(plugin), model: \(name).safetensors" : program,
    ]
  }
}

/// A text as Swift source writes it.
private func swiftLiteral(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": result += "\\\(scalar)"
    case _ where scalar.value < 0x20 || scalar.value == 0x7f: result += "\\u{\(String(scalar.value, radix: 16))}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
