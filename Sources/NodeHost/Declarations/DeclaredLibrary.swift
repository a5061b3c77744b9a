import CNodeABI
import JSONText

/// The records of the ABI, made from the text of a declaration. So the checks of a loaded library are those of a
/// declared one. The functions of its classes only fail: the library's code is not here.
final class DeclaredLibrary {
  private(set) var info: UnsafePointer<auscult_library_info>!
  /// The build of the file that the text belongs to.
  let file: String
  private var blocks: [UnsafeMutableRawPointer] = []

  /// - Throws: why the text is no declaration.
  init(_ text: [UInt8]) throws(DeclarationProblem) {
    let json: JSONValue
    do {
      json = try JSONValue(parsing: text)
    } catch {
      throw DeclarationProblem("it is no JSON: \(error)")
    }
    // A C text ends at its first NUL.
    guard !json.hasNUL, let abi = json["abi"]?.array, abi.count == 2, let major = Self.number(abi[0]),
      let minor = Self.number(abi[1]), let build = json["build"]?.text, let file = json["file"]?.text,
      let classes = json["classes"]?.array
    else { throw DeclarationProblem("it lacks a member") }
    self.file = file
    let records = try classes.map { json throws(DeclarationProblem) in Optional(table([try nodeClass(json)])) }
    info = table([
      auscult_library_info(
        size: UInt32(MemoryLayout<auscult_library_info>.size), abi_major: major, abi_minor: minor,
        class_count: UInt32(records.count), build_id: self.text(build), classes: table(records))
    ])
  }

  /// Frees the records. Without this call they live as long as the process, like those of a loaded library.
  func free() {
    for block in blocks { block.deallocate() }
    blocks = []
  }

  // MARK: Records

  private func nodeClass(_ json: JSONValue) throws(DeclarationProblem) -> auscult_class {
    let inputs = try ports(json["inputs"])
    let outputs = try ports(json["outputs"])
    guard let isHard = json["hard"]?.boolean, let list = json["parameters"]?.array,
      let abilities = json["abilities"]?.array
    else { throw DeclarationProblem("a class lacks a member") }
    let parameters = try list.map { json throws(DeclarationProblem) in try parameter(json) }
    let bits = LibraryDeclaration.abilities.enumerated().reduce(UInt32(0)) {
      abilities.contains(.text($1.element)) ? $0 | 1 << UInt32($1.offset) : $0
    }
    return auscult_class(
      size: UInt32(MemoryLayout<auscult_class>.size), name: text(try word(json, "name")),
      version: text(try word(json, "version")), summary: text(try word(json, "summary")),
      realtime: isHard ? AUSCULT_HARD : AUSCULT_OFFLOAD, traits: try number(json, "traits"),
      input_count: UInt32(inputs.count), output_count: UInt32(outputs.count), parameter_count: UInt32(parameters.count),
      reserved: 0, inputs: table(inputs), outputs: table(outputs), parameters: table(parameters),
      record: UnsafeRawPointer(table([bits])), create: { _, _, _, _, _, _ in AUSCULT_FAILED },
      configure: { _, _, _, _ in AUSCULT_FAILED }, activate: { _, _ in AUSCULT_FAILED }, reset: nil,
      process: { _, _ in AUSCULT_FAILED }, deactivate: { _ in }, destroy: { _ in }, extension: declaredAbility)
  }

  private func ports(_ json: JSONValue?) throws(DeclarationProblem) -> [auscult_port] {
    guard let list = json?.array else { throw DeclarationProblem("a class lacks its ports") }
    return try list.map { port throws(DeclarationProblem) in
      auscult_port(
        size: UInt32(MemoryLayout<auscult_port>.size), name: text(try word(port, "name")),
        kinds: try number(port, "kinds"), flags: try number(port, "flags"), summary: text(try word(port, "summary")))
    }
  }

  private func parameter(_ json: JSONValue) throws(DeclarationProblem) -> auscult_parameter {
    let words = (json["choices"]?.array ?? []).compactMap(\.text)
    return auscult_parameter(
      size: UInt32(MemoryLayout<auscult_parameter>.size), name: text(try word(json, "name")),
      type: try number(json, "type"), units: try number(json, "units"), unit: try number(json, "unit"),
      flags: try number(json, "flags"), minimum: json["minimum"]?.number ?? -.infinity,
      maximum: json["maximum"]?.number ?? .infinity, initial: json["default"]?.text.map { text($0) },
      choices: words.isEmpty ? nil : table(words.map { Optional(text($0)) } + [nil]),
      summary: text(try word(json, "summary")))
  }

  // MARK: Values

  private func word(_ json: JSONValue, _ name: String) throws(DeclarationProblem) -> String {
    guard let word = json[name]?.text else { throw DeclarationProblem("'\(name)' is no text") }
    return word
  }

  private func number(_ json: JSONValue, _ name: String) throws(DeclarationProblem) -> UInt32 {
    guard let number = json[name].flatMap(Self.number) else { throw DeclarationProblem("'\(name)' is no whole number") }
    return number
  }

  private static func number(_ json: JSONValue) -> UInt32? { json.integer.flatMap { UInt32(exactly: $0) } }

  private func text(_ text: String) -> UnsafePointer<CChar> { table(Array(text.utf8CString)) }

  private func table<T>(_ values: [T]) -> UnsafePointer<T> {
    let memory = UnsafeMutablePointer<T>.allocate(capacity: max(1, values.count))
    memory.initialize(from: values, count: values.count)
    blocks.append(UnsafeMutableRawPointer(memory))
    return UnsafePointer(memory)
  }
}

/// `auscult_class.extension`: an ability without functions is a pointer that nobody follows.
private let declaredAbility:
  @convention(c) (UnsafePointer<auscult_class>?, UnsafePointer<CChar>?) -> UnsafeRawPointer? = { nodeClass, name in
    guard let record = nodeClass?.pointee.record, let name,
      let bit = LibraryDeclaration.abilities.firstIndex(of: String(cString: name))
    else { return nil }
    return record.load(as: UInt32.self) & (1 << UInt32(bit)) != 0 ? record : nil
  }
