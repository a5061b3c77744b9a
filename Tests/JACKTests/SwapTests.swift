import Foundation
import Glibc
import GraphEngine
import GraphText
import JACKDriver
import NodeHost
import TestSupport
import Testing

extension JACKTests {
  /// Swaps during live sound: a few in the gate, AUSCULT_SWAPS of them by hand.
  @Suite struct SwapTests {
    private static let library = "\(BuildFolder.path)/libtestplugin-judge.so"

    /// The same detectors from another plugin.
    private static let otherLibrary: String = {
      let path = FileManager.default.temporaryDirectory.path + "/auscult-\(getpid())-other-judge.so"
      do {
        try CompiledPlugin.build("c-judge/judge.c", flags: ["-DBUILD=\"test-judge-other\""], into: path)
      } catch {
        fatalError("\(error)")
      }
      return path
    }()

    /// Two detectors of different plugins, and two front ends.
    private static func graph(_ judge: Int, hop: Int = 256) -> String {
      let detectors = [
        "type: test.peak, library: \(library)", "type: test.judge, library: \(otherLibrary), weight: 2, thread: worker",
        "type: test.judge, library: \(otherLibrary), weight: 3",
      ]
      return """
        graph: live
        nodes:
          mic:    { type: source, channels: 2, connect: ["player:out_1", "player:out_2"] }
          stft:   { type: stft, length: 512, hop: \(hop) }
          mel:    { type: mel, bands: 16 }
          slices: { type: slicer, length: 4 frames, hop: 2 frames }
          judge:  { \(detectors[judge]) }
          log:    { type: sink.jsonl, path: "${env:OUT}/log.jsonl", append: false }
        links:
          - mic -> stft -> mel -> slices -> judge -> log
        """
    }

    private static let swaps = ProcessInfo.processInfo.environment["AUSCULT_SWAPS"].flatMap { Int($0) } ?? 25

    /// Changes a graph again and again while it runs. Called on the control thread.
    private final class Changer {
      private var random: SeededRandom
      private let folder: String
      private(set) var exchanges: [(position: Int, graph: String)] = []
      /// Frame position at which there were enough; later sound may contain the client's end.
      private(set) var end = 0
      private var next: String?
      private let options: SwapOptions

      init(_ random: SeededRandom, folder: String) {
        self.random = random
        self.folder = folder
        var options = SwapOptions()
        options.probation = 0
        options.budget = .infinity
        self.options = options
      }

      /// Continues for a tenth of a second; true when there were enough changes.
      func work(_ engine: Engine, changesFrontEnd: Bool) throws -> Bool {
        let deadline = ContinuousClock.now + .milliseconds(100)
        while ContinuousClock.now < deadline {
          engine.service()
          if engine.isSwapping {
            usleep(500)
            continue
          }
          if let next {
            let status = try #require(engine.swapStatus)
            #expect(status.stage == .done, "\(status.reason ?? "")")
            exchanges.append((Int(try #require(status.position)), next))
            self.next = nil
            if exchanges.count >= SwapTests.swaps {
              if self.end == 0 { self.end = Int(engine.realtime.position) }
              return true
            }
          }
          try begin(engine, changesFrontEnd)
        }
        return false
      }

      private func begin(_ engine: Engine, _ changesFrontEnd: Bool) throws {
        var text: String
        repeat {
          text = SwapTests.graph(
            Int.random(in: 0...2, using: &random),
            hop: changesFrontEnd ? [128, 256].randomElement(using: &random)! : 256)
        } while text == exchanges.last?.graph || (exchanges.isEmpty && text == SwapTests.graph(0))
        let graph = try Graph.load(
          text: text, catalog: TestPlugins.catalog, options: GraphOptions(environment: ["OUT": folder])
        ).graph
        try engine.apply(graph, options: options)
        next = text
      }
    }

    /// The records of a live run are those of its graphs by hand, each from its exchange to the next.
    @Test func everySliceIsJudgedOnceByTheRightDetector() throws {
      var random = SeededRandom.fresh()
      print("seed \(random.seed)")
      let samples = random.noise(channels: 2, frames: 48_000 * 20)
      var changer: Changer?
      var folder = ""
      let live = try withServer(
        .init(period: 64, isSynchronous: true, isRealtime: true), seconds: 60 + SwapTests.swaps
      ) { server in
        try runLive(
          Self.graph(0), server: server, samples: samples, frames: 48_000, connections: 2, queueSeconds: 30
        ) { _, engine in
          if changer == nil {
            folder =
              engine.graph.nodes.first { $0.name == "log" }.flatMap { $0.argument("path") }.map { path in
                if case .text(let text) = path.value {
                  return URL(fileURLWithPath: text).deletingLastPathComponent().path
                }
                return ""
              } ?? ""
            changer = Changer(random, folder: folder)
          }
          return try changer!.work(engine, changesFrontEnd: true)
        }
      }
      let exchanges = try #require(changer).exchanges
      #expect(exchanges.count >= SwapTests.swaps)
      #expect(live.statistics.droppedTokens == 0)
      #expect(live.jumps == 0, "the server went on without its clients")
      try expectRecords(live, exchanges, samples, until: try #require(changer).end)
    }

    private func expectRecords(
      _ live: LiveResult, _ exchanges: [(position: Int, graph: String)], _ samples: [[Float]], until last: Int
    ) throws {
      let total = Int(live.statistics.frames)
      let padded = samples.map {
        $0 + Array(repeating: 0, count: max(0, total + Int(live.statistics.lostFrames) - $0.count))
      }
      var parts: [Feed] = []
      var done = 0
      for gap in live.gaps {
        parts.append(.samples(padded.map { Array($0[done..<gap.position]) }))
        parts.append(.gap(gap.frames))
        done = gap.position + gap.frames
      }
      let end = total + Int(live.statistics.lostFrames)
      if done < end { parts.append(.samples(padded.map { Array($0[done..<end]) })) }
      let steps = [(position: 0, graph: Self.graph(0))] + exchanges
      let texts = Set(steps.map(\.graph))
      let alone = Dictionary(
        uniqueKeysWithValues: try texts.map { ($0, try runByHand($0, feed: parts).lines("log.jsonl").map(comparable)) })
      var expected: [String] = []
      for (index, step) in steps.enumerated() {
        let next = index + 1 < steps.count ? steps[index + 1].position : Int.max
        expected += alone[step.graph]!.filter { self.end($0) > step.position && self.end($0) <= next }
      }
      let records = String(decoding: live.files["log.jsonl"] ?? Data(), as: UTF8.self).split(separator: "\n")
        // The server decides when the connections are made.
        .filter { !$0.contains("\"kind\":\"connection\"") }.map { comparable(String($0)) }.filter {
          self.end($0) <= last
        }
      expected.removeAll { self.end($0) > last }
      #expect(records.count == expected.count, "gaps \(live.gaps)")
      let different = zip(records, expected).first { $0 != $1 }
      #expect(different == nil, "gaps \(live.gaps), jumps \(live.jumps)")
    }

    private func comparable(_ line: String) -> String {
      line.replacing(#/"(time|id)":"[^"]*",/#, with: "").replacing(#/"generation":[0-9]+,/#, with: "")
    }

    private func end(_ line: String) -> Int { Int(line.firstMatch(of: #/"end":(-?[0-9]+)/#)!.1)! }

    /// One detector after the other: nothing is dropped, and no memory, thread or file is left behind.
    @Test func nothingIsLeftBehind() throws {
      var random = SeededRandom.fresh()
      let samples = random.noise(channels: 2, frames: 48_000)
      var changer: Changer?
      var before: ProcessFigures?
      let live = try withServer(.init(period: 64, isRealtime: true), seconds: 60 + SwapTests.swaps) { server in
        let probe = try JACKProbe(server: server.name)
        defer { probe.close() }
        let live = try runLive(Self.graph(0), server: server, samples: samples, frames: 48_000, connections: 2) {
          _, engine in
          if changer == nil {
            changer = Changer(random, folder: "/dev")
            before = ProcessFigures()
          }
          let log = engine.graph.nodes.first { $0.name == "log" }?.argument("path")
          guard case .text(let path)? = log?.value else { return true }
          if changer!.exchanges.isEmpty {
            changer = Changer(random, folder: URL(fileURLWithPath: path).deletingLastPathComponent().path)
          }
          return try changer!.work(engine, changesFrontEnd: false)
        }
        let after = ProcessFigures()
        print(
          "\(changer!.exchanges.count) swaps, \(live.statistics.cycles) cycles, late \(live.overruns)",
          "(the empty client \(probe.overruns)), resident \(before!.resident / 1024) -> \(after.resident / 1024) MB,",
          "threads \(before!.threads) -> \(after.threads), files \(before!.files) -> \(after.files)")
        #expect(after.files <= before!.files)
        #expect(after.threads <= before!.threads)
        return live
      }
      #expect(live.statistics.droppedTokens == 0)
    }

    /// The resources of the process, from Linux.
    private struct ProcessFigures {
      let resident: Int
      let threads: Int
      let files: Int

      init() {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let number = { (name: String) in
          status.split(separator: "\n").first { $0.hasPrefix(name) }.flatMap {
            $0.split(whereSeparator: \.isWhitespace).dropFirst().first
          }
          .flatMap { Int($0) } ?? 0
        }
        resident = number("VmRSS:")
        threads = number("Threads:")
        files = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).count
      }
    }
  }
}
