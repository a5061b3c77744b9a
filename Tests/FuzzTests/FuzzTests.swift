import Foundation
import RunControl
import TestSupport
import Testing

/// Each format that comes from outside, changed at random and given to the program as a user would: it ends with one of
/// its statuses and a message, within its memory and its time, and shows no control codes.
@Suite(.serialized) struct FuzzTests {
  private static let fixtures = BuildFolder.package + "/Tests/Fixtures"
  private static let graphs = BuildFolder.package + "/graphs"

  /// A quarter of a second of noise.
  private func noise(_ fuzz: FuzzRun) throws {
    let rate = [8000, 16000, 44100, 96000].randomElement(using: &fuzz.random)!
    let channels = Int.random(in: 1...3, using: &fuzz.random)
    let samples = fuzz.random.noise(channels: 1, frames: rate / 4 * channels)[0].map { Int16($0 * 20_000) }
    try fuzz.write("noise.wav", wavFile(samples, rate: rate, channels: channels))
  }

  @Test func graphFiles() throws {
    let fuzz = try FuzzRun("graphs", share: 2)
    let mutation = try GraphMutation(folder: Self.graphs)
    try FileManager.default.createDirectory(atPath: fuzz.folder + "/g", withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: Self.graphs + "/parts", toPath: fuzz.folder + "/g/parts")
    while fuzz.goesOn(20) {
      try noise(fuzz)
      let files = try (0..<20).map { try fuzz.write("g/\($0).yaml", Array(mutation.graph(&fuzz.random).utf8)) }
      try fuzz.runAll(["check"], files)
      for file in files.shuffled(using: &fuzz.random).prefix(3) {
        let outcome = try fuzz.auscult(["run", file, "--input", "noise.wav", "--quiet"], seconds: 60)
        // Allow a second of work for each sample, but do not wait for it.
        guard outcome.status != 254, let fault = fuzz.fault(outcome) else { continue }
        fuzz.report("run \(file): \(fault)", [file, "noise.wav"])
      }
    }
  }

  @Test func soundFiles() throws {
    let fuzz = try FuzzRun("sounds")
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.fixtures + "/sounds").sorted()
    let sounds = try names.map { [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.fixtures + "/sounds/" + $0))) }
    try fuzz.write("g.yaml", Array(plainGraph.utf8))
    while fuzz.goesOn(60) {
      let files = try (0..<60).map {
        try fuzz.write("s/\($0).wav", Mutation.bytes(sounds.randomElement(using: &fuzz.random)!, &fuzz.random))
      }
      try fuzz.runAll(["info"], files)
      try fuzz.runAll(["run", "g.yaml", "--input"], Array(files.prefix(20)))
    }
  }

  @Test func models() throws {
    let fuzz = try FuzzRun("models")
    let bands = "mic -> stft -> mel -> level -> slices -> judge -> log"
    let graph = """
      graph: watch
      nodes:
        mic: { type: source, channels: 1 }
        stft: { type: stft, length: 256, hop: 128 }
        mel: { type: mel, bands: 8 }
        level: { type: normalize, mode: decibel }
        slices: { type: slicer, length: 4 frames }
        judge: { type: detector.CLASS, model: m.safetensors }
        log: { type: sink.jsonl, path: log.jsonl }
      links: \(bands)
      """
    for index in 0..<4 {
      let samples = fuzz.random.noise(channels: 1, frames: 8000)[0].map { Int16($0 * 20_000) }
      try fuzz.write("normal/\(index).wav", wavFile(samples, rate: 16000, channels: 1))
    }
    var originals: [(graph: String, bytes: [UInt8])] = []
    for name in ["kmeans", "gmm", "pca"] {
      let file = try fuzz.write("\(name).yaml", Array(graph.replacing("CLASS", with: name).utf8))
      let outcome = try fuzz.auscult(
        ["train", file, "--node", "judge", "--normal", "normal", "--output", "m.safetensors", "--quiet"])
      #expect(outcome.status == 0, "\(outcome.err)")
      originals.append((file, [UInt8](try Data(contentsOf: URL(fileURLWithPath: fuzz.folder + "/m.safetensors")))))
    }
    while fuzz.goesOn(20) {
      let original = originals.randomElement(using: &fuzz.random)!
      let files = try (0..<20).map { try fuzz.write("f/\($0).safetensors", model(original.bytes, &fuzz.random)) }
      try fuzz.runAll(["info"], files)
      for file in files.prefix(4) {
        let arguments = ["run", original.graph, "--input", "normal/0.wav", "--set", "judge.model=\(file)"]
        if let fault = fuzz.fault(try fuzz.auscult(arguments)) {
          fuzz.report("\(arguments): \(fault)", [file, original.graph])
        }
      }
    }
  }

  /// Header and tensors separately: a changed header keeps its length correct, so that it is read.
  private func model(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    guard Int.random(in: 0..<3, using: &random) > 0 else { return Mutation.bytes(bytes, &random) }
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    var header = Array(Mutation.text(String(decoding: bytes[8..<(8 + length)], as: UTF8.self), &random).utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    var tensors = Array(bytes[(8 + length)...])
    if Bool.random(using: &random) { tensors = Mutation.bytes(tensors, &random) }
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + tensors
  }

  @Test func manifests() throws {
    let fuzz = try FuzzRun("manifests", share: 0.6)
    try noise(fuzz)
    let plain =
      "file,label,machine,split,begin,end\nnoise.wav,normal,\"fan, one\",train,0,0.1\nnoise.wav,anomalous,b,test,0.1,0.2\n"
    while fuzz.goesOn() {
      var text = plain
      for _ in 0..<Int.random(in: 0...3, using: &fuzz.random) {
        let cell = text.matches(of: /[,\n]([^,\n]*)/).randomElement(using: &fuzz.random)!.output.1
        let name = Mutation.names.randomElement(using: &fuzz.random)!
        text.replaceSubrange(cell.startIndex..<cell.endIndex, with: "\"\(name.replacing("\"", with: "\"\""))\"")
      }
      let bytes = Bool.random(using: &fuzz.random) ? Array(text.utf8) : Mutation.bytes(Array(text.utf8), &fuzz.random)
      let file = try fuzz.write("m.csv", bytes)
      if let fault = fuzz.fault(try fuzz.auscult(["info", "noise.wav", "--manifest", file])) {
        fuzz.report("info --manifest: \(fault)", [file])
      }
    }
  }

  @Test func arrays() throws {
    let fuzz = try FuzzRun("arrays", share: 0.4)
    try noise(fuzz)
    let graph = """
      graph: frozen
      nodes:
        mic: { type: source }
        stft: { type: stft, length: 256, hop: 128 }
        mel: { type: mel, bands: 4 }
        level: { type: normalize, mode: frozen, model: array.npy }
        log: { type: sink.npy, path: out.npy }
      links: mic -> stft -> mel -> level -> log
      """
    try fuzz.write("g.yaml", Array(graph.utf8))
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }"
    let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    let original =
      [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(padded.utf8) + [UInt8](repeating: 0x3F, count: 32)
    while fuzz.goesOn() {
      let file = try fuzz.write("array.npy", Mutation.bytes(original, &fuzz.random))
      if let fault = fuzz.fault(try fuzz.auscult(["run", "g.yaml", "--input", "noise.wav", "--quiet"])) {
        fuzz.report("run with a damaged array: \(fault)", [file, "g.yaml"])
      }
    }
  }

  /// In a process of its own: a crash is reported, and the seed was printed before.
  @Test func controlLines() async {
    await #expect(processExitsWith: .success) {
      let fuzz = try FuzzRun("control lines", share: 0.5)
      let folder = ControlFolder(path: fuzz.folder + "/c")
      let server = try ControlServer(name: "g", folder: folder)
      server.start(["echo": { $0 }, "set": { $0["node"] ?? .null }])
      defer { server.stop() }
      let plain =
        #"{"jsonrpc":"2.0","id":17,"method":"echo","params":{"node":"judge","values":[1,-2.5e3,true,null],"text":"\u00e9\n"}}"#
      while fuzz.goesOn(20) {
        let lines = (0..<20).map { _ -> [UInt8] in
          let text = Mutation.text(plain, &fuzz.random)
          return Bool.random(using: &fuzz.random) ? Array(text.utf8) : Mutation.bytes(Array(text.utf8), &fuzz.random)
        }
        let last = #"{"jsonrpc":"2.0","id":"last","method":"echo"}"#
        let answer = try ask(server.path, lines.joined(separator: [UInt8(ascii: "\n")]) + Array("\n\(last)\n".utf8))
        // The server answers the last request in any case, unless it hung up for a good reason.
        #expect(answer.contains(#""id":"last""#) || answer.contains(#""error""#), "\(answer.suffix(500))")
      }
    }
  }
}
