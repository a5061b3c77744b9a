import CSndFile
import Foundation
import JSONText
import Records
import TestSupport
import Testing

/// A graph that raises an alarm when a machine becomes loud, and writes its records and clips.
private func graph(_ clip: String, channels: Int = 1) -> String {
  """
  graph: watch
  nodes:
    mic:    { type: source, channels: \(channels) }
    stft:   { type: stft, length: 256, hop: 128 }
    mel:    { type: mel, bands: 16 }
    level:  { type: normalize, mode: decibel }
    slices: { type: slicer, length: 4 frames, hop: 50 % }
    judge:  { type: detector.level, learn: 1 s }
    alarm:  { type: alarm, on: 0.1 s, off: 0.2 s, inhibit: [] }
    log:    { type: sink.jsonl, path: "${env:OUT}/log.jsonl" }
    clip:   { type: sink.clip, path: "${env:OUT}/clips", \(clip) }
  links:
    - mic -> stft -> mel -> level -> slices -> judge -> alarm -> log
    - mic -> clip.audio
    - alarm -> clip.event
  """
}

private let rate = 8000

/// Noise of 16 bits that is loud in these stretches, in seconds.
private func sound(_ seconds: Double, loud: [ClosedRange<Double>], seed: UInt64 = 7) -> [Float] {
  var random = SeededRandom(seed: seed)
  return (0..<Int(seconds * Double(rate))).map { frame in
    let isLoud = loud.contains { $0.contains(Double(frame) / Double(rate)) }
    return Float(Int.random(in: isLoud ? -20000...20000 : -200...200, using: &random)) / 32768
  }
}

/// A clip of a run: its note and its samples, interleaved.
private struct WrittenClip {
  var note: JSONValue
  var samples: [Float]
  var name: String

  var begin: Int { Int(note["begin"]?.integer ?? -1) }
  var end: Int { Int(note["end"]?.integer ?? -1) }

  static func all(_ run: HandRun) throws -> [WrittenClip] {
    let folder = run.folder + "/clips"
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { $0.hasSuffix(".json") }.map { name in
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
        let note = try JSONValue(parsing: data)
        let sound = try #require(note["clip"]?.text)
        return WrittenClip(note: note, samples: try read("\(folder)/\(sound)"), name: sound)
      }.sorted { $0.begin < $1.begin }
  }

  private static func read(_ path: String) throws -> [Float] {
    var info = SF_INFO()
    let file = try #require(sf_open(path, Int32(SFM_READ), &info), "\(path)")
    defer { sf_close(file) }
    var samples = [Float](repeating: 0, count: Int(info.frames) * Int(info.channels))
    try #require(sf_readf_float(file, &samples, info.frames) == info.frames)
    return samples
  }
}

@Suite struct ClipTests {
  /// Runs sound through the graph. Gaps are [after frame, length].
  private func run(
    _ clip: String, _ channels: [[Float]], gap: (at: Int, frames: Int)? = nil, period: @escaping () -> Int = { 256 }
  ) throws -> HandRun {
    let run = try HandRun(graph(clip, channels: channels.count), rate: rate)
    if let gap {
      run.driver.feed(channels.map { Array($0[..<gap.at]) }, period: period)
      run.driver.gap(gap.frames)
      run.driver.feed(channels.map { Array($0[(gap.at + gap.frames)...]) }, period: period)
    } else {
      run.driver.feed(channels, period: period)
    }
    run.driver.finish()
    return run
  }

  /// The alarms of a run by their records: begin of each, and where it ends.
  private func alarms(_ run: HandRun) throws -> [(begin: Int, end: Int, id: String)] {
    let records = try run.records("log.jsonl").map { try JSONValue(parsing: Array($0.utf8)) }
    return try records.filter { $0["kind"] == "alarm" && ($0["state"] == "cleared" || $0["state"] == "open") }.map {
      (Int(try #require($0["begin"]?.integer)), Int(try #require($0["end"]?.integer)), try #require($0["id"]?.text))
    }.sorted { $0.begin < $1.begin }
  }

  @Test(arguments: ["flac", "wav"]) func theSamplesAreTheSources(_ format: String) throws {
    let source = sound(8, loud: [3...4, 6...6.5])
    var first: [[Float]]?
    for period in [64, 256, 1000, 17] {
      let run = try run("before: 0.5 s, after: 0.75 s, format: \(format)", [source], period: { period })
      let (clips, alarms) = (try WrittenClip.all(run), try alarms(run))
      #expect(alarms.count == 2 && clips.count == 2, "period \(period)")
      for (clip, alarm) in zip(clips, alarms) {
        #expect(clip.begin == alarm.begin - 4000 && clip.end == alarm.end + 6000)
        #expect(clip.samples == Array(source[clip.begin..<clip.end]), "period \(period)")
        #expect(clip.note["id"]?.text == alarm.id && clip.note["event"]?["id"]?.text == alarm.id)
        #expect(clip.note["cut"] == false && clip.note["gaps"] == [])
        #expect(clip.name.hasPrefix("mic-\(alarm.begin).") || clip.name.contains("-\(alarm.begin)."))
      }
      if let first { #expect(first == clips.map(\.samples)) } else { first = clips.map(\.samples) }
    }
  }

  @Test func theBeginAndTheEndOfTheStreamBoundAClip() throws {
    let source = sound(5, loud: [1.6...5])
    let run = try run("before: 3 s, after: 3 s", [source])
    let clip = try #require(try WrittenClip.all(run).first)
    #expect(clip.begin == 0 && clip.end == source.count)
    #expect(clip.samples == source)
    #expect(clip.note["ended"]?["state"] == "open")
  }

  @Test func aGapIsSilenceAndMarked() throws {
    let source = sound(8, loud: [3...5])
    let run = try run("before: 1 s, after: 1 s", [source], gap: (at: 29000, frames: 1500))
    let clips = try WrittenClip.all(run)
    let clip = try #require(clips.first { $0.begin < 29000 && $0.end > 30500 })
    var expected = source
    for frame in 29000..<30500 { expected[frame] = 0 }
    #expect(clip.samples == Array(expected[clip.begin..<clip.end]))
    #expect(clip.note["gaps"] == [["begin": 29000, "end": 30500]])
  }

  @Test func alarmsOfTwoMachinesOverlap() throws {
    let sources = [sound(8, loud: [3...4.5]), sound(8, loud: [3.5...5], seed: 8)]
    let run = try run("before: 0.5 s, after: 0.5 s", sources)
    let clips = try WrittenClip.all(run)
    let channels: [Int64] = clips.compactMap { $0.note["channel"]?.integer }
    #expect(clips.count == 2 && channels.sorted() == [0, 1])
    for clip in clips {
      let channel = Int(try #require(clip.note["channel"]?.integer))
      #expect(clip.samples == Array(sources[channel][clip.begin..<clip.end]))
    }
    #expect(clips[0].end > clips[1].begin)
  }

  @Test func aLongAlarmIsCut() throws {
    let source = sound(9, loud: [3...7])
    let run = try run("before: 0.5 s, after: 0.5 s, longest: 2 s", [source])
    let clips = try WrittenClip.all(run)
    #expect(clips.count == 1)
    let clip = try #require(clips.first)
    #expect(clip.end - clip.begin == 2 * rate && clip.note["cut"] == true)
    #expect(clip.samples == Array(source[clip.begin..<clip.end]))
  }

  @Test func momentsOfNormalSoundAreKept() throws {
    // Quiet noise, a little quieter from 5 s to 6 s (much quieter is an alarm), and loud at the end.
    var source = sound(10, loud: [8...8.5])
    for frame in (5 * rate)..<(6 * rate) { source[frame] = (source[frame] * 32768 * 0.95).rounded() / 32768 }
    let run = try HandRun(
      graph("before: 0.1 s, after: 0.1 s, moments: [quietest, typical], moment: 0.5 s")
        + "\n  - judge -> clip.score", rate: rate)
    run.driver.feed([source]) { 256 }
    run.driver.finish()
    let clips = try WrittenClip.all(run)
    #expect(clips.compactMap { $0.note["reason"]?.text }.sorted() == ["alarm", "quietest", "typical"])
    for clip in clips where clip.note["reason"] != "alarm" {
      #expect(clip.end - clip.begin == rate / 2 && clip.end <= 8 * rate && clip.begin % (rate / 2) == 0)
      #expect(clip.samples == Array(source[clip.begin..<clip.end]))
    }
    let quietest = try #require(clips.first { $0.note["reason"] == "quietest" })
    #expect((5 * rate)..<(6 * rate) ~= quietest.begin, "\(clips.map { "\($0.begin) \($0.note)" })")
    #expect(quietest.name.contains("-quietest."))
    #expect { try HandRun(graph("moments: typical"), rate: rate) } throws: { "\($0)".contains("input `score`") }
  }

  /// Also of the graph after a change: the note names the one that judged.
  @Test func theNoteNamesItsGraph() throws {
    let failing = sound(5, loud: [3...4])
    let settings = "before: 0.1 s, after: 0.1 s, format: wav"
    let plain = try WrittenClip.all(run(settings, [failing])).map { $0.note["graph_hash"]?.text }
    #expect(plain.count == 1 && plain[0]?.hasPrefix("sha256:") == true)
    let run = try HandRun(graph(settings), rate: rate)
    run.driver.feed([failing], period: 256)
    _ = try run.engine.apply(run.graph(graph(settings).replacing("learn: 1 s", with: "learn: 0.5 s")))
    try waitUntil {
      run.driver.feed([sound(0.1, loud: [])], period: 200)
      run.engine.service()
      return !run.engine.isSwapping
    }
    run.driver.feed([sound(3, loud: [1...2])], period: 256)
    run.driver.finish()
    let changed = try WrittenClip.all(run).map { $0.note["graph_hash"]?.text }
    #expect(changed.count == 2 && changed[0] == plain[0] && changed[1] != plain[0])
    #expect(changed.last == run.engine.graphHash(of: run.engine.generation))
  }

  @Test func theOldestClipsGo() throws {
    let source = sound(12, loud: [2...2.5, 4...4.5, 6...6.5, 8...8.5, 10...10.5])
    let run = try run("before: 0.1 s, after: 0.1 s, format: wav, limit: 90 kB", [source])
    let clips = try WrittenClip.all(run)
    let alarms = try alarms(run)
    #expect(alarms.count == 5 && (1..<5).contains(clips.count))
    // The newest are there.
    #expect(clips.map { $0.note["id"]?.text } == alarms.suffix(clips.count).map { $0.id })
    let bytes = try FileManager.default.contentsOfDirectory(atPath: run.folder + "/clips").reduce(0) {
      let size = try FileManager.default.attributesOfItem(atPath: run.folder + "/clips/" + $1)[.size] as? Int
      return $0 + (size ?? 0)
    }
    #expect(bytes <= 90_000)
  }

  /// What a killed run has left is removed; what others wrote stays.
  @Test func draftsOfAKilledRunGo() throws {
    let run = try HandRun(graph("before: 0.1 s"), rate: rate, folders: ["clips"])
    let foreign = run.folder + "/clips/mic-99.flac"
    try Data("not ours".utf8).write(to: URL(fileURLWithPath: foreign))
    run.driver.finish()
    let draft = run.folder + "/clips/.mic-5.flac.draft"
    try Data("half".utf8).write(to: URL(fileURLWithPath: draft))
    let next = try HandRun(graph("before: 0.1 s").replacing("${env:OUT}", with: run.folder), rate: rate)
    next.driver.finish()
    #expect(!FileManager.default.fileExists(atPath: draft))
    #expect(FileManager.default.contents(atPath: foreign) == Data("not ours".utf8))
  }

  @Test func aLimitBelowOneClipIsReported() throws {
    let run = try run("before: 0.1 s, limit: 1 kB", [sound(4, loud: [2...2.5])])
    #expect(try WrittenClip.all(run).isEmpty)
    #expect(run.messages.contains { $0.contains("alone is larger than `limit` (1000 bytes) and was deleted") })
  }

  /// The copy of a note, a note that names another file, and hidden files of others.
  @Test func foreignFilesStay() throws {
    let parameters = "before: 0.1 s, after: 0.1 s, format: wav, limit: 90 kB"
    let source = sound(12, loud: [2...2.5, 4...4.5, 6...6.5, 8...8.5, 10...10.5])
    let first = try run(parameters, [source])
    let newest = try #require(try WrittenClip.all(first).last)
    let folder = first.folder + "/clips/"
    let manager = FileManager.default
    let stem = String(newest.name.split(separator: ".").dropLast().joined(separator: "."))
    for (name, text) in [
      ("a.json", String(decoding: try #require(manager.contents(atPath: folder + stem + ".json")), as: UTF8.self)),
      ("b.json", #"{"kind":"clip","clip":"b.txt","graph":"watch","node":"clip"}"#), ("b.txt", "mine"),
      (".notes.draft", "mine"),
    ] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + name))
      // The oldest files go first.
      try manager.setAttributes([.modificationDate: Date(timeIntervalSince1970: 0)], ofItemAtPath: folder + name)
    }
    #expect(try ClipNote.all(in: folder).count { $0.path.hasSuffix(newest.name) } == 1, "a copy is no other clip")
    let next = try HandRun(graph(parameters).replacing("${env:OUT}", with: first.folder), rate: rate)
    next.driver.feed([source]) { 256 }
    next.driver.finish()
    for name in ["a.json", "b.json", "b.txt", ".notes.draft", newest.name] {
      #expect(manager.fileExists(atPath: folder + name), "\(name)")
    }
  }

  @Test func namesAreSafeAndDistinct() {
    let time: Int64 = 1_795_253_401_664_000_000
    #expect(
      ClipName.stem(machine: "fan-03", time: time, file: nil, begin: 5) == "fan-03-20261121T093001.664Z")
    #expect(ClipName.stem(machine: "fan-03", time: nil, file: "week/a.b.wav", begin: 5) == "fan-03-a.b-5")
    #expect(ClipName.stem(machine: "fan-03", time: nil, file: nil, begin: 5) == "fan-03-5")
    let hostile = ["../../etc/x", "a/b", "a%2Fb", ".hidden", "-rf", "a b", "\u{1b}[2J", "", "a\u{0}b", "ü"]
    let names = hostile.map { ClipName.escaped($0, most: 120) }
    #expect(Set(names).count == hostile.count)
    for name in names {
      #expect(!name.contains("/") && name.first != "." && name.first != "-" && !name.isEmpty)
      #expect(name.utf8.allSatisfy { (0x21...0x7e).contains($0) })
    }
    let long = ClipName.escaped(String(repeating: "ü", count: 400), most: 120)
    #expect(long.utf8.count == 120 && long != ClipName.escaped(String(repeating: "ü", count: 401), most: 120))
  }

  @Test func whatCannotBeAClipIsSaidAtOnce() {
    for (parameters, words) in [
      ("keep: 10 GB", "is no age"), ("limit: 1 d", "is no size"),
      ("longest: 1 s", "`longest` must be more than `before`"),
    ] {
      #expect { try HandRun(graph(parameters), rate: rate) } throws: { "\($0)".contains(words) }
    }
  }
}
