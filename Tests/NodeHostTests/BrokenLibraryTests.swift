import NodeHost
import TestSupport
import Testing

/// Libraries that must be refused, and the exact messages.
struct Defect: Sendable, CustomTestStringConvertible {
  var name: String
  var flags: [String]
  var message: String
  var testDescription: String { name }
}

/// Each defect is compiled into a plugin that is correct without it.
@Suite struct BrokenLibraryTests {
  @Test func withoutDefectItLoads() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let library = try load([], folder)
    #expect(library.classes.map(\.name) == ["broken.node"])
    #expect(library.classes[0].parameter("gain")?.initialValue == .number(1, unit: 0, text: "1"))
  }

  @Test(arguments: defects)
  func isRefused(_ defect: Defect) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let problem = #expect(throws: PluginProblem.self) { _ = try load(defect.flags, folder) }
    #expect(problem?.defects == [defect.message])
  }

  @Test func allDefectsAreNamedAtOnce() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let problem = #expect(throws: PluginProblem.self) {
      _ = try load(["-DVERSION=\"1\"", "-DREALTIME=7", "-DPORT_KINDS=0"], folder)
    }
    #expect(
      problem?.defects == [
        "class 'broken.node': its version '1' is not of the form 1.2.3",
        "class 'broken.node': its realtime class 7 is neither AUSCULT_HARD nor AUSCULT_OFFLOAD",
        "class 'broken.node': input 'in' has the unknown kinds 0x0",
        "class 'broken.node': output 'in' has the unknown kinds 0x0",
      ])
  }

  @Test func laterMinorVersionIsTaken() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    #expect(try load(["-DMINOR=7"], folder).abiVersion == "1.7")
  }

  private func load(_ flags: [String], _ folder: TemporaryFolder) throws -> PluginLibrary {
    let path = folder.path + "/libauscult-broken.so"
    try CompiledPlugin.build("broken/broken.c", flags: flags, into: path)
    return try PluginLibrary(path: path)
  }
}

private func library(_ name: String, _ flag: String..., message: String) -> Defect {
  Defect(name: name, flags: flag.map { "-D" + $0 }, message: message)
}

private func node(_ name: String, _ flag: String..., message: String) -> Defect {
  Defect(name: name, flags: flag.map { "-D" + $0 }, message: "class 'broken.node': " + message)
}

private func parameter(_ name: String, _ flag: String..., message: String) -> Defect {
  Defect(name: name, flags: flag.map { "-D" + $0 }, message: "class 'broken.node': parameter 'gain': " + message)
}

private let libraryDefects = [
  library("wrong-major", "MAJOR=2", message: "it was built for ABI 2.3, this host has 1.3"),
  library("small-info", "INFO_SIZE=16", message: "its auscult_library_info has 16 bytes, ABI 1 has 32"),
  library("null-info", "NULL_INFO", message: "its auscult_library() returns a null pointer"),
  library(
    "missing-symbol", "NO_SYMBOL",
    message: "it exports no symbol auscult_library, so it is not an Auscult plugin"),
  library("null-table", "CLASSES=NULL", message: "it has 1 classes, but its class table is a null pointer"),
  library("absurd-count", "CLASS_COUNT=100000", message: "it claims to have 100000 classes"),
  library("null-class", "CLASS_LIST=NULL", message: "class 0 is a null pointer"),
  library(
    "two-classes", "CLASS_COUNT=2", "CLASS_LIST=&broken,&broken", message: "it has two classes 'broken.node'"),
  library("small-class", "CLASS_SIZE=8", message: "class 0: its auscult_class has 8 bytes, ABI 1 has 152"),
  library("null-name", "NAME=NULL", message: "class 0: its name is a null pointer or not text"),
  library(
    "bad-name", "NAME=\"Broken Node\"",
    message: "class 0: its name 'Broken Node' is not made of lower-case words with dots between"),
]

private let classDefects = [
  node("null-version", "VERSION=NULL", message: "its version is a null pointer or not text"),
  node("bad-version", "VERSION=\"new\"", message: "its version 'new' is not of the form 1.2.3"),
  node("null-summary", "SUMMARY=NULL", message: "its summary is a null pointer or not text"),
  node("not-utf8", "SUMMARY=\"\\xff\"", message: "its summary is a null pointer or not text"),
  node(
    "unknown-realtime", "REALTIME=3",
    message: "its realtime class 3 is neither AUSCULT_HARD nor AUSCULT_OFFLOAD"),
  node("unknown-traits", "TRAITS=0x60", message: "it has unknown traits 0x60"),
  node("null-process", "PROCESS=NULL", message: "its function process is a null pointer"),
  node("null-destroy", "DESTROY=NULL", message: "its function destroy is a null pointer"),
  node("null-inputs", "INPUTS=NULL", message: "it has 1 inputs, but the table of inputs is a null pointer"),
  node("absurd-outputs", "OUTPUT_COUNT=1000", message: "it claims to have 1000 outputs"),
  node("two-inputs", "INPUT_COUNT=2", message: "it has two inputs 'in'"),
  node(
    "mixed-inputs", "INPUT_COUNT=2", "INPUTS=mixed",
    message: "its input 'other' is independent and another is joined: make all independent, or none"),
  node("many-outputs", "PORT_FLAGS=2", message: "output 'in' has flags that only inputs have"),
  node(
    "small-port", "PORT_SIZE=4", "OUTPUT_COUNT=0", message: "its auscult_port has 4 bytes, ABI 1 has 32"),
  node(
    "null-port-name", "PORT_NAME=NULL", "OUTPUT_COUNT=0", message: "the name of input 0 is missing or not a plain word"),
  node(
    "unknown-kinds", "PORT_KINDS=0x41", "OUTPUT_COUNT=0", message: "input 'in' has the unknown kinds 0x41"),
  node(
    "unknown-port-flags", "PORT_FLAGS=0x80", "OUTPUT_COUNT=0", message: "input 'in' has the unknown flags 0x80"),
  node(
    "null-parameters", "PARAMETERS=NULL",
    message: "it has 1 parameters, but the table of parameters is a null pointer"),
  node("two-parameters", "PARAMETER_COUNT=2", message: "it has two parameters 'gain'"),
  node("small-parameter", "PARAMETER_SIZE=40", message: "its auscult_parameter has 40 bytes, ABI 1 has 72"),
  node("null-parameter-name", "PARAMETER_NAME=NULL", message: "the name of parameter 0 is a null pointer or not text"),
]

private let parameterDefects = [
  parameter("unknown-type", "TYPE=99", message: "its type 99 is unknown"),
  parameter("value-type", "TYPE=AUSCULT_LIST", message: "its type 8 is unknown"),
  parameter("unknown-flags", "FLAGS=0x100", message: "it has the unknown flags 0x100"),
  parameter("unknown-units", "UNITS=0x40", message: "it has the unknown units 0x40"),
  parameter("two-units", "UNITS=3", "UNIT=3", message: "a bare number would have several units"),
  parameter("foreign-unit", "UNITS=1", "UNIT=2", message: "the unit of a bare number is not among the units it takes"),
  parameter(
    "text-with-units", "TYPE=AUSCULT_TEXT", "UNITS=1", message: "it has units, but is not a number"),
  parameter("empty-range", "MINIMUM=11", message: "its range from 11.0 to 10.0 is empty"),
  parameter("no-range", "MAXIMUM=NAN", message: "its range from 0.0 to nan is empty"),
  parameter(
    "default-not-a-number", "INITIAL=\"much\"",
    message: "its default 'much' is refused: 'gain' takes a number from 0 to 10, not 'much'"),
  parameter(
    "default-out-of-range", "INITIAL=\"11\"",
    message: "its default '11' is refused: 'gain' takes a number from 0 to 10, not '11'"),
  parameter(
    "default-wrong-unit", "INITIAL=\"1 s\"",
    message: "its default '1 s' is refused: 'gain' takes a number from 0 to 10; '1 s' is a duration"),
  parameter(
    "default-no-choice", "TYPE=AUSCULT_CHOICE", "CHOICES=words", "INITIAL=\"three\"",
    message: "its default 'three' is refused: 'gain' takes one or two, not 'three'"),
  parameter(
    "default-list", "INITIAL=\"[1, 2]\"", message: "its default '[1, 2]' is refused: 'gain' takes no list"),
  parameter(
    "default-brackets", "INITIAL=\"[1, 2\"", "FLAGS=4",
    message: "its default '[1, 2' is refused: the brackets of '[1, 2' don't match"),
  parameter("required-default", "FLAGS=1", message: "it is required, yet has a default"),
  parameter(
    "null-choices", "TYPE=AUSCULT_CHOICE", "INITIAL=NULL", message: "it is a choice, but has no choices"),
  parameter(
    "no-choices", "TYPE=AUSCULT_CHOICE", "CHOICES=no_words", "INITIAL=NULL",
    message: "it is a choice, but has no choices"),
  parameter(
    "same-choices", "TYPE=AUSCULT_CHOICE", "CHOICES=same_words", "INITIAL=NULL",
    message: "it has the choice 'one' twice"),
  parameter(
    "text-with-choices", "TYPE=AUSCULT_TEXT", "CHOICES=words",
    message: "it has choices, but is neither a choice nor a number"),
]

private let nameDefects = ["type", "library", "thread", "isolate"].map { name in
  Defect(
    name: "reserved-\(name)", flags: ["-DPARAMETER_NAME=\"\(name)\""],
    message: "class 'broken.node': parameter '\(name)': the name is a reserved key of every node")
}

private let defects = libraryDefects + classDefects + parameterDefects + nameDefects
