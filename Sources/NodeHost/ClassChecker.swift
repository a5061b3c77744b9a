import CNodeABI

/// Reads and checks one class record.
struct ClassChecker {
  private let native: UnsafePointer<auscult_class>
  private let index: Int
  private(set) var defects: [String] = []
  private var result = ClassDescription()

  init(_ native: UnsafePointer<auscult_class>, _ index: Int) {
    self.native = native
    self.index = index
  }

  /// The description of the class. Valid only if `defects` stays empty.
  mutating func check() -> ClassDescription {
    let smallest = MemoryLayout<auscult_class>.size
    guard native.pointee.size >= smallest else {
      defects.append("class \(index): its auscult_class has \(native.pointee.size) bytes, ABI 1 has \(smallest)")
      return result
    }
    checkTexts()
    checkRealtime()
    checkFunctions()
    result.inputs = ports(native.pointee.inputs, native.pointee.input_count, "input")
    result.outputs = ports(native.pointee.outputs, native.pointee.output_count, "output")
    checkInputs()
    checkOutputs()
    checkParameters()
    return result
  }

  private mutating func refuse(_ defect: String) {
    defects.append("class \(result.name.isEmpty ? "\(index)" : "'\(result.name)'"): \(defect)")
  }

  private mutating func checkTexts() {
    switch text(native.pointee.name) {
    case nil: refuse("its name is a null pointer or not text")
    case let name? where !isClassName(name):
      refuse("its name '\(name)' is not made of lower-case words with dots between")
    case let name?: result.name = name
    }
    switch text(native.pointee.version) {
    case nil: refuse("its version is a null pointer or not text")
    case let version? where !isSemanticVersion(version):
      refuse("its version '\(version)' is not of the form 1.2.3")
    case let version?: result.version = version
    }
    guard let summary = text(native.pointee.summary) else { return refuse("its summary is a null pointer or not text") }
    result.summary = summary
  }

  private mutating func checkRealtime() {
    switch native.pointee.realtime {
    case AUSCULT_HARD: result.isHard = true
    case AUSCULT_OFFLOAD: result.isHard = false
    case let other: refuse("its realtime class \(other) is neither AUSCULT_HARD nor AUSCULT_OFFLOAD")
    }
    result.traits = NodeClass.Traits(rawValue: native.pointee.traits)
    let unknown = result.traits.subtracting(.all).rawValue
    if unknown != 0 { refuse("it has unknown traits 0x\(String(unknown, radix: 16))") }
  }

  private mutating func checkInputs() {
    let independent = result.inputs.filter { $0.flags.contains(.independent) }
    if !independent.isEmpty && independent.count < result.inputs.count {
      refuse(
        "its input '\(independent[0].name)' is independent and another is joined: make all independent, or none")
    }
  }

  private mutating func checkFunctions() {
    let functions: [(String, Bool)] = [
      ("create", native.pointee.create != nil), ("configure", native.pointee.configure != nil),
      ("activate", native.pointee.activate != nil), ("process", native.pointee.process != nil),
      ("deactivate", native.pointee.deactivate != nil), ("destroy", native.pointee.destroy != nil),
    ]
    for (name, isThere) in functions where !isThere { refuse("its function \(name) is a null pointer") }
  }

  private mutating func ports(_ table: UnsafePointer<auscult_port>?, _ count: UInt32, _ what: String) -> [Port] {
    guard count > 0 else { return [] }
    guard count <= mostPorts else {
      refuse("it claims to have \(count) \(what)s")
      return []
    }
    guard let table else {
      refuse("it has \(count) \(what)s, but the table of \(what)s is a null pointer")
      return []
    }
    guard let stride = tableStride(table.pointee.size, MemoryLayout<auscult_port>.size, what) else { return [] }
    let ports = (0..<Int(count)).compactMap { index in
      port((UnsafeRawPointer(table) + index * stride).assumingMemoryBound(to: auscult_port.self), what, index)
    }
    for name in duplicates(ports.map(\.name)) { refuse("it has two \(what)s '\(name)'") }
    return ports
  }

  private mutating func port(_ pointer: UnsafePointer<auscult_port>, _ what: String, _ index: Int) -> Port? {
    let native = pointer.pointee
    guard let name = text(native.name), isIdentifier(name) else {
      refuse("the name of \(what) \(index) is missing or not a plain word")
      return nil
    }
    let kinds = Port.Kinds(rawValue: native.kinds)
    let flags = Port.Flags(rawValue: native.flags)
    if kinds.isEmpty || !Port.Kinds.any.isSuperset(of: kinds) {
      refuse("\(what) '\(name)' has the unknown kinds 0x\(String(native.kinds, radix: 16))")
    }
    if !Port.Flags.all.isSuperset(of: flags) {
      refuse("\(what) '\(name)' has the unknown flags 0x\(String(native.flags, radix: 16))")
    }
    guard let summary = text(native.summary) else {
      refuse("the summary of \(what) '\(name)' is a null pointer or not text")
      return nil
    }
    return Port(name: name, kinds: kinds, flags: flags, summary: summary)
  }

  private mutating func checkOutputs() {
    for output in result.outputs where !output.flags.isDisjoint(with: [.many, .independent]) {
      refuse("output '\(output.name)' has flags that only inputs have")
    }
  }

  private mutating func checkParameters() {
    let count = native.pointee.parameter_count
    guard count > 0 else { return }
    guard count <= mostParameters else { return refuse("it claims to have \(count) parameters") }
    guard let table = native.pointee.parameters else {
      return refuse("it has \(count) parameters, but the table of parameters is a null pointer")
    }
    guard let stride = tableStride(table.pointee.size, MemoryLayout<auscult_parameter>.size, "parameter") else {
      return
    }
    for index in 0..<Int(count) {
      let pointer = (UnsafeRawPointer(table) + index * stride).assumingMemoryBound(to: auscult_parameter.self)
      var checker = ParameterChecker(pointer.pointee, index)
      if let parameter = checker.check() { result.parameters.append(parameter) }
      for defect in checker.defects { refuse(defect) }
    }
    for name in duplicates(result.parameters.map(\.name)) { refuse("it has two parameters '\(name)'") }
  }

  /// Bytes from one element of a table to the next. A later minor version may have larger elements.
  private mutating func tableStride(_ size: UInt32, _ smallest: Int, _ what: String) -> Int? {
    guard size >= smallest, size <= 4096 else {
      refuse("its auscult_\(what == "parameter" ? what : "port") has \(size) bytes, ABI 1 has \(smallest)")
      return nil
    }
    return Int(size)
  }
}

/// Lower-case words of letters, digits, `-` and `_`, separated by dots.
func isClassName(_ name: String) -> Bool {
  name.utf8.count <= 64
    && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { word in
      guard let first = word.utf8.first, isLowercase(first) else { return false }
      return word.utf8.allSatisfy {
        isLowercase($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
      }
    }
}

/// A letter or `_`, then letters, digits, `-` and `_`.
func isIdentifier(_ name: String) -> Bool {
  guard let first = name.utf8.first, isLetter(first) || first == UInt8(ascii: "_"), name.utf8.count <= 63 else {
    return false
  }
  return name.utf8.allSatisfy {
    isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
  }
}

/// Three numbers, optionally with `-pre-release` or `+build` (https://semver.org).
func isSemanticVersion(_ version: String) -> Bool {
  let core = version.prefix { $0 != "-" && $0 != "+" }
  let numbers = core.split(separator: ".", omittingEmptySubsequences: false)
  return version.utf8.count <= 64 && numbers.count == 3
    && numbers.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }
}

func isLowercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
func isLetter(_ byte: UInt8) -> Bool { isLowercase(byte | 0x20) }
func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
