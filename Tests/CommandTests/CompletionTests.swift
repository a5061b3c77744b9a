import Foundation
import TestSupport
import Testing

/// What bash offers when Tab is pressed after these words; the last one is being typed.
private func tab(_ command: Command, _ words: String...) throws -> [String] {
  let script = """
    source <("$1" --generate-completion-script bash)
    shift
    COMP_LINE="$*" COMP_CWORD=$(($# - 1)) COMP_WORDS=("$@") COMPREPLY=()
    COMP_POINT=${#COMP_LINE}
    _auscult "$1" "${@: -1}" "${@: -2:1}"
    printf '%s\\n' "${COMPREPLY[@]}"
    """
  let process = try command.prepared([])
  let output = command.folder.scratch()
  process.executableURL = URL(fileURLWithPath: "/bin/bash")
  process.arguments = ["-c", script, "bash", Command.path, Command.path] + words
  process.standardOutput = FileHandle(forWritingAtPath: output)
  try process.runWithin(seconds: 60)
  return try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map(String.init)
}

/// Completions by what there is: classes, graph files, histories.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/bash"), "bash is not installed"))
struct CompletionTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }

  @Test func classesParametersAndMachines() throws {
    try folder.write(
      "fan.yaml",
      """
      graph: fan
      nodes:
        mic: { type: source, channels: 2, machines: [pump-1, fan-2] }
        louder: { type: gain, gain: 3 dB }
      links: mic -> louder
      """)
    let classes = try tab(auscult, "nodes", "detector.k")
    #expect(classes == ["detector.kmeans", "detector.knn"])
    #expect(try tab(auscult, "run", "fan.yaml", "--set", "lou") == ["louder.gain="])
    #expect(try tab(auscult, "train", "fan.yaml", "--node", "") == ["mic", "louder"])
    #expect(try tab(auscult, "record", "fan.yaml", "--machine", "") == ["fan-2", "pump-1"])
  }

  /// Bash would expand such a word.
  @Test func namesFromOutsideRunNothing() throws {
    try folder.write(
      "fan.yaml",
      """
      graph: fan
      nodes:
        mic: { type: source, channels: 4, machines: ["$(touch one)", "`touch two`", "a;touch three", "fan-2"] }
        out: { type: sink.null }
      links: mic -> out
      """)
    #expect(try auscult("check", "fan.yaml").status == 0)
    #expect(try tab(auscult, "record", "fan.yaml", "--machine", "") == ["fan-2"])
    for name in ["one", "two", "three"] { #expect(!FileManager.default.fileExists(atPath: folder.path + "/" + name)) }
  }
}

/// Completions by what runs.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct RunningCompletionTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  @Test func runsNodesParametersPortsAndMachines() throws {
    try folder.write(
      "play.yaml",
      """
      graph: play
      nodes:
        mic: { type: source, machines: [pump-1] }
        louder: { type: gain, gain: 3 dB }
        out: { type: sink.audio, connect: "system:playback_1" }
      links: mic -> louder -> out
      """)
    let live = try LiveCommand(
      auscult, arguments: ["run", "play.yaml", "--start-server", "--server", name, "--name", "player"])
    try live.wait(for: "auscult: connected ")
    #expect(try tab(auscult, "stop", "") == ["player"])
    #expect(try tab(auscult, "set", "l") == ["louder"])
    #expect(try tab(auscult, "set", "louder", "") == ["gain="])
    #expect(try tab(auscult, "swap", "louder", "type=detector.k") == ["type=detector.kmeans", "type=detector.knn"])
    #expect(try tab(auscult, "clips", "--machine", "p") == ["pump-1"])
    #expect(
      try tab(auscult, "record", "--server", name, "--connect", "system:cap").contains("system:capture_1"))
    #expect(try auscult("stop", "player").status == 0 && live.end().status == 0)
  }
}
