import Foundation
import Testing
import Training

/// Folders in practice: with links in them, some of which lead back.
@Suite struct FolderTests {
  private func workshop() throws -> CommandFolder {
    let workshop = try CommandFolder()
    for name in ["normal/a.wav", "normal/deep/b.wav", "abnormal/c.wav"] { try workshop.record(name, [0.1, 0.2]) }
    return workshop
  }

  private func link(_ workshop: CommandFolder, _ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: "\(workshop.path)/\(name)", withDestinationPath: target)
  }

  private func names(_ set: RecordingSet, in workshop: CommandFolder) -> [String] {
    set.recordings.map { "\($0.label) \($0.path.dropFirst(workshop.path.count + 1))" }
  }

  @Test func aFolderThatContainsItselfIsVisitedOnce() throws {
    let workshop = try workshop()
    try link(workshop, "normal/self", to: ".")
    try link(workshop, "normal/deep/up", to: "..")
    try link(workshop, "normal/deep/top", to: "../..")
    try link(workshop, "abnormal/x", to: "..")
    try link(workshop, "abnormal/y", to: "..")
    let normal = try RecordingSet.folder("\(workshop.path)/abnormal", label: "normal")
    #expect(Set(normal.recordings.map { $0.path.split(separator: "/").last }) == ["a.wav", "b.wav", "c.wav"])
    #expect(normal.recordings.count == 3)
    #expect(
      names(try .dataset(workshop.path), in: workshop) == [
        "anomalous abnormal/c.wav", "normal normal/a.wav", "normal normal/deep/b.wav",
      ])
  }

  @Test func aRecordingCountsOnceWhateverItsNames() throws {
    let workshop = try workshop()
    try link(workshop, "normal/again.wav", to: "a.wav")
    try FileManager.default.linkItem(
      atPath: "\(workshop.path)/normal/a.wav", toPath: "\(workshop.path)/normal/hard.wav")
    try link(workshop, "more", to: "normal/deep")
    #expect(
      names(try .folder("\(workshop.path)/normal", label: "x"), in: workshop) == [
        "x normal/a.wav", "x normal/deep/b.wav",
      ])
    try workshop.write("m.csv", "file,label\nnormal/a.wav,normal\nnormal/hard.wav,normal\n")
    #expect {
      try RecordingSet.manifest("\(workshop.path)/m.csv")
    } throws: {
      "\($0)".contains("m.csv:3: ") && "\($0)".contains("normal/hard.wav is named twice: it is the same file as ")
    }
  }

  /// A label must not depend on which name is read first.
  @Test func oneRecordingUnderTwoLabelsIsRefused() throws {
    let workshop = try workshop()
    try link(workshop, "normal/c.wav", to: "../abnormal/c.wav")
    #expect {
      try RecordingSet.dataset(workshop.path)
    } throws: {
      "\($0)".contains(
        "normal/c.wav: is the same file as \(workshop.path)/abnormal/c.wav, but 'normal', not 'anomalous'")
    }
    try FileManager.default.removeItem(atPath: "\(workshop.path)/normal/c.wav")
    try link(workshop, "again", to: "normal")
    #expect { try RecordingSet.dataset(workshop.path) } throws: { "\($0)".contains("is the same folder as another") }
  }

  /// Root can read everything, so the test uses a place where not even root can read a folder.
  @Test func aFolderThatCannotBeReadIsNamed() throws {
    guard
      let process = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.first(where: {
        Int($0) != nil && (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\($0)/map_files")) == nil
          && FileManager.default.fileExists(atPath: "/proc/\($0)/map_files")
      })
    else {
      let workshop = try workshop()
      chmod("\(workshop.path)/normal/deep", 0)
      defer { chmod("\(workshop.path)/normal/deep", 0o700) }
      guard geteuid() != 0 else { return }
      #expect { try RecordingSet.folder("\(workshop.path)/normal", label: "normal") } throws: {
        "\($0)".contains("normal/deep: this folder cannot be read; check its permissions")
      }
      return
    }
    let workshop = try workshop()
    try link(workshop, "normal/closed", to: "/proc/\(process)/map_files")
    #expect { try RecordingSet.folder("\(workshop.path)/normal", label: "normal") } throws: {
      "\($0)".contains("normal/closed: this folder cannot be read; check its permissions")
    }
  }

  @Test func theCommandsEndAndCountEachRecordingOnce() throws {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph("type: detector.kmeans, model: model.safetensors"))
    for index in 0..<4 {
      try workshop.record("l2/a/n\(index).wav", machineSound(seconds: 4, seed: UInt64(index)))
      try workshop.record("l1/normal/n\(index).wav", machineSound(seconds: 2, seed: UInt64(10 + index)))
      try workshop.record("l1/abnormal/n\(index).wav", machineSound(seconds: 2, seed: UInt64(20 + index), whistle: 0.2))
    }
    for name in ["x", "y"] { try link(workshop, "l2/a/\(name)", to: "..") }
    try link(workshop, "l1/normal/self", to: ".")
    let trained = try workshop.auscult(
      "train", "watch.yaml", "--normal", "l2", "--output", "model.safetensors", "--json")
    #expect(trained.status == 0, "\(trained.err)")
    let judged = try workshop.auscult("evaluate", "watch.yaml", "--dataset", "l1", "--json")
    #expect(judged.status == 0, "\(judged.err)")
    #expect(judged.out.contains("normal/n0.wav") == false || !judged.out.contains("self"))
    let report = try json(trained.out)
    #expect("\(report)".contains("self") == false)
  }
}
